/**
 * For agent authors: tries a custom command in a test, without a plane and without a phone.
 * @module
 */
import { Command, itemStatusFromWire, ResumeAction, type CommandResult, type FinalItemStatus } from '@muster/proto'
import { pino, type Logger } from 'pino'
import { AgentStopping } from '../agent/agent-error.ts'
import { systemClock, type AgentClock } from '../agent/clock.ts'
import { customHandler, type CustomDefinition } from '../agent/custom-commands.ts'
import type { Json } from '../agent/custom-definition.ts'
import { Dispatcher } from '../agent/dispatcher.ts'
import { noFaults, type FaultPoints } from '../agent/fault-points.ts'
import { Journal } from '../agent/journal.ts'
import type { FrameBody } from '../agent/session.ts'

const COMMAND_ID = 'tried'
const HOUR_MS = 3_600_000

export interface TryOptions {
  /**
   * One of KIT_FAULT_POINTS, such as `item.commit.after`: the agent dies there and goes on in a second life, as far as
   * one process can play that.
   */
  readonly crashAt?: string
  readonly log?: Logger
  readonly clock?: AgentClock
}

/** What became of a command that was tried. */
export interface Tried {
  readonly status: FinalItemStatus | 'REJECTED'
  /** From the closed set; empty when there is none. */
  readonly code: string
  readonly reason: string
  /** What the handler answered; null when nothing. */
  readonly result: Json
}

/**
 * Runs a custom command as an agent with a plane would: checks the payload, keeps a journal (in memory) and, when told
 * so, dies once. Resolves with its end, whatever that is.
 */
export async function tryCommand(
  definition: CustomDefinition,
  payload: Json,
  options: TryOptions = {},
): Promise<Tried> {
  const { crashAt, log = pino({ level: 'silent' }), clock = systemClock } = options
  const { name, version, effectClass } = definition.capability
  const handlers = { custom: customHandler([definition]) }
  const journal = Journal.inMemory(clock)
  const end = Promise.withResolvers<Tried>()
  const command = Command.fromPartial({ commandId: COMMAND_ID, leaseMs: HOUR_MS, maxRunMs: HOUR_MS, effectClass })
  const value = { itemId: 'item', name, version, payloadJson: JSON.stringify(payload) }
  const begin = (faults: FaultPoints): Dispatcher => {
    const dispatcher = new Dispatcher({
      journal,
      clock,
      log,
      faults,
      handlers,
      queueSize: 1,
      connected: () => true,
      heardAt: () => clock.monotonicMs(),
      epoch: () => 1,
      client: () => undefined,
      send: (frame) => {
        const tried = endOf(frame)
        if (tried) end.resolve(tried)
      },
      fetchMaterial: async () => await Promise.reject(new Error('there is no plane to fetch a material from')),
    })
    dispatcher.resume([{ commandId: COMMAND_ID, action: ResumeAction.GO_ON }])
    dispatcher.receive([{ ...command, payload: { $case: 'custom', value } }])
    return dispatcher
  }
  let second: Dispatcher | undefined
  const first = begin(diesAt(crashAt, () => void first.stop().then(() => (second = begin(noFaults)))))
  try {
    return await end.promise
  } finally {
    await (second ?? first).stop()
  }
}

/** Fault points of a life that ends when the named one is reached. */
function diesAt(point: string | undefined, die: () => void): FaultPoints {
  let dead = point === undefined
  return {
    hit: (reached) => {
      if (dead || reached !== point) return
      dead = true
      die()
      throw new AgentStopping()
    },
  }
}

function endOf(frame: FrameBody): Tried | undefined {
  if (frame.$case === 'result') return triedOf(frame.value)
  if (frame.$case !== 'rejected') return undefined
  const { code, reason } = frame.value
  return { status: 'REJECTED', code, reason, result: null }
}

function triedOf({ items }: CommandResult): Tried {
  const [item] = items
  const status = item && itemStatusFromWire(item.status)
  if (!item || !status || status === 'RUNNING') throw new Error('the command ended without an outcome')
  const { code, reason, resultJson } = item
  return { status, code, reason, result: resultJson === undefined ? null : (JSON.parse(resultJson) as Json) }
}
