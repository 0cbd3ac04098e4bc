import type { Command } from '@muster/proto'
import type { CommandHandler, CommandHandlers, Refusal } from './handlers.ts'
import type { FrameBody } from './session.ts'

const QUEUE_FULL_RETRY_MS = 5000

/** What an agent can take in. */
export interface Intake {
  readonly handlers: CommandHandlers
  /** Most commands held at once. */
  readonly queueSize: number
}

export const handlerOf = (command: Command, handlers: CommandHandlers): CommandHandler<unknown> | undefined =>
  command.payload && (handlers[command.payload.$case] as CommandHandler<unknown> | undefined)

/** What is said to a command the agent does not take; undefined when it does. @param held commands it has already */
export async function refusalOf(
  command: Command,
  held: number,
  { handlers, queueSize }: Intake,
): Promise<FrameBody | undefined> {
  const { commandId, payload } = command
  const handler = handlerOf(command, handlers)
  if (!payload || !handler) {
    const reason = payload
      ? `this agent has no handler for ${payload.$case}`
      : 'this agent does not know this kind of command; update it'
    return frameOf(commandId, { kind: 'rejected', code: 'UNSUPPORTED', reason })
  }
  if (held >= queueSize) {
    const reason = `the agent holds ${queueSize} commands`
    return frameOf(commandId, { kind: 'not-now', retryAfterMs: QUEUE_FULL_RETRY_MS, code: 'QUEUE_FULL', reason })
  }
  const refusal = await handler.check?.(payload.value)
  return refusal && frameOf(commandId, refusal)
}

function frameOf(commandId: string, refusal: Refusal): FrameBody {
  const { code, reason } = refusal
  if (refusal.kind === 'rejected') return { $case: 'rejected', value: { commandId, code, reason } }
  return { $case: 'notNow', value: { commandId, retryAfterMs: refusal.retryAfterMs, code, reason } }
}
