import type { Command } from '@muster/proto'
import type { Logger } from 'pino'
import type { CommandHandler, CommandHandlers, Refusal } from './handlers.ts'
import type { FrameBody } from './session.ts'

const QUEUE_FULL_RETRY_MS = 5000
const CHECK_RETRY_MS = 5000

/** What an agent can take in. */
export interface Intake {
  readonly handlers: CommandHandlers
  /** Most commands held at once. */
  readonly queueSize: number
  readonly log: Logger
}

/** Where a command stands that has just come. */
export interface Arrival {
  /** Commands the agent has already. */
  readonly held: number
  /** How long it has waited for those that came before it. */
  waitedMs(): number
}

type Handler = CommandHandler<unknown>

export const handlerOf = (command: Command, handlers: CommandHandlers): Handler | undefined =>
  command.payload && (handlers[command.payload.$case] as Handler | undefined)

/** What is said to a command the agent does not take; undefined when it does. */
export async function refusalOf(command: Command, arrival: Arrival, intake: Intake): Promise<FrameBody | undefined> {
  const { commandId, payload } = command
  const { handlers, queueSize } = intake
  const handler = handlerOf(command, handlers)
  if (!payload || !handler) {
    const reason = payload
      ? `this agent has no handler for ${payload.$case}`
      : 'this agent does not know this kind of command; update it'
    return frameOf(commandId, { kind: 'rejected', code: 'UNSUPPORTED', reason })
  }
  if (arrival.held >= queueSize) {
    const reason = `the agent holds ${queueSize} commands`
    return frameOf(commandId, { kind: 'not-now', retryAfterMs: QUEUE_FULL_RETRY_MS, code: 'QUEUE_FULL', reason })
  }
  const refusal = (await checked(handler, command, intake.log)) ?? lateFor(command, arrival.waitedMs())
  return refusal && frameOf(commandId, refusal)
}

/** A check that breaks down is no reason to lose the command, nor those that came with it. */
async function checked(handler: Handler, command: Command, log: Logger): Promise<Refusal | undefined> {
  try {
    return await handler.check?.(command.payload?.value, command)
  } catch (error) {
    log.warn({ err: error, commandId: command.commandId }, 'a command could not be checked')
    const reason = error instanceof Error ? error.message : String(error)
    return { kind: 'not-now', retryAfterMs: CHECK_RETRY_MS, code: 'APP_NOT_READY', reason }
  }
}

/** The time to deliver runs on while a command waits for the ones that came before it. */
function lateFor({ deliverWithinMs }: Command, waitedMs: number): Refusal | undefined {
  if (deliverWithinMs === 0 || waitedMs <= deliverWithinMs) return undefined
  return { kind: 'rejected', code: 'DELIVERY_EXPIRED', reason: 'its delivery deadline passed before it was taken in' }
}

function frameOf(commandId: string, refusal: Refusal): FrameBody {
  const { code, reason } = refusal
  if (refusal.kind === 'rejected') return { $case: 'rejected', value: { commandId, code, reason } }
  return { $case: 'notNow', value: { commandId, retryAfterMs: refusal.retryAfterMs, code, reason } }
}
