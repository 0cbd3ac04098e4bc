import { join } from 'node:path'
import type { AccountState, DeviceInfo } from '@muster/proto'
import { pino, type Logger } from 'pino'
import type { BackoffOptions } from './backoff.ts'
import { systemClock, type AgentClock } from './clock.ts'
import { customHandler, type CustomDefinition } from './custom-commands.ts'
import { Dispatcher } from './dispatcher.ts'
import { noFaults, type FaultPoints } from './fault-points.ts'
import type { CommandHandlers } from './handlers.ts'
import { clientFor, type Identity } from './identity.ts'
import { Journal } from './journal.ts'
import { MaterialCache } from './media.ts'
import { Session } from './session.ts'

const QUEUE_SIZE = 256
const CREDITS = 16

export interface AgentOptions {
  readonly identity: Identity
  /** host:port of the gateway. */
  readonly address: string
  /** Where journal and materials are kept; absent: in memory only, for load tests. */
  readonly directory?: string
  readonly agentVersion: string
  readonly device: DeviceInfo
  /** Of the built-in kinds of commands. @default none */
  readonly handlers?: CommandHandlers
  /** Commands of one's own, made with `defineCommand`. @default none */
  readonly custom?: readonly CustomDefinition[]
  /** @default lines of JSON on the standard output */
  readonly log?: Logger
  /**
   * What is known of the account, asked before each connection. A command may be running, so the screen may be in use.
   * @default there is no account
   */
  describe?(): Promise<AccountState | undefined>
  readonly capabilities?: readonly string[]
  readonly clock?: AgentClock
  readonly faults?: FaultPoints
  readonly backoff?: BackoffOptions
  /** Most commands held at once. @default 256 */
  readonly queueSize?: number
  /** Commands taken before the first of them has its result. @default 16 */
  readonly credits?: number
  onConnected?(epoch: number): void
  onDisconnected?(): void
}

/** An agent that runs. */
export interface RunningAgent {
  /** Resolves at the first session. */
  readonly connected: Promise<void>
  /** Whether there is a session now. */
  readonly isConnected: boolean
  readonly journalId: string
  /**
   * Resolves when the agent cannot go on, such as with a full disk or a handler that does not end: the process has to end
   * and be started again.
   */
  readonly failed: Promise<Error>
  /** Says Hello anew, after what `describe` answers has changed. Commands that run go on. */
  introduce(): void
  /** Finishes or leaves off the item in hand, says goodbye, closes the journal. */
  stop(): Promise<void>
}

/**
 * Starts an agent: opens its journal, goes on with what is in it, and keeps a session with the plane.
 * Throws when another process uses the directory, and InvalidCommandDefinition when custom commands do not go together.
 */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { clock = systemClock, faults = noFaults, log = pino(), directory, custom = [] } = options
  const handlers = handlersOf(options)
  const journal = directory === undefined ? Journal.inMemory(clock) : await Journal.open(directory, clock)
  const connected = Promise.withResolvers<void>()
  const cache = new MaterialCache(join(directory ?? '.', 'materials'), clock, () => session.client)
  if (directory !== undefined) cache.prune(clock.now())
  const dispatcher: Dispatcher = new Dispatcher({
    journal,
    clock,
    log,
    faults,
    handlers,
    queueSize: options.queueSize ?? QUEUE_SIZE,
    connected: () => session.connected,
    heardAt: () => session.heardAt,
    epoch: () => session.epoch,
    client: () => session.client,
    send: (frame) => session.send(frame),
    fetchMaterial: async (material, signal) => await cache.fetch(material, signal),
  })
  const session: Session = new Session(
    {
      connect: () => clientFor(options.address, options.identity),
      deviceId: options.identity.deviceId,
      journal,
      clock,
      log,
      agentVersion: options.agentVersion,
      capabilities: options.capabilities ?? Object.keys(handlers),
      custom: custom.map(({ capability }) => capability),
      credits: options.credits ?? CREDITS,
      device: options.device,
      describe: async () => await options.describe?.(),
      ...(options.backoff ? { backoff: options.backoff } : {}),
    },
    {
      takenIn: async () => await dispatcher.takenIn(),
      inFlight: () => dispatcher.inFlight(),
      welcomed: (resume, budget) => {
        dispatcher.setBudget(budget)
        dispatcher.resume(resume)
        connected.resolve()
        options.onConnected?.(session.epoch)
      },
      commands: (commands) => dispatcher.receive(commands),
      cancel: (commandId, itemIds, code, reason) => dispatcher.cancel(commandId, itemIds, code, reason),
      acked: (commandIds, error) => dispatcher.acked(commandIds, error),
      budget: (budget) => dispatcher.setBudget(budget),
      beat: () => dispatcher.beat(),
      closed: () => options.onDisconnected?.(),
    },
  )
  dispatcher.start()
  const running = session.run()
  return {
    connected: connected.promise,
    get isConnected() {
      return session.connected
    },
    journalId: journal.id,
    failed: Promise.race([journal.failed, dispatcher.hung]),
    introduce: () => session.introduce(),
    stop: async () => {
      await dispatcher.stop()
      await journal.flush().catch(() => undefined)
      await session.stop('the agent is stopping')
      await running
      await journal.close()
    },
  }
}

const handlersOf = ({ handlers = {}, custom = [] }: AgentOptions): CommandHandlers =>
  custom.length === 0 ? handlers : { ...handlers, custom: customHandler(custom) }
