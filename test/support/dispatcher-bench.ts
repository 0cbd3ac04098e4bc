import { pino } from 'pino'
import { Budget, Command, EffectClass, itemStatusFromWire, type CommandResult } from '@muster/proto'
import { Journal, runItems, type CommandHandlers, type Effect } from '@muster/sdk/agent'
import { Dispatcher } from '../../sdk/src/agent/dispatcher.ts'
import type { FrameBody } from '../../sdk/src/agent/session.ts'
import { messages } from './commands.ts'
import { FakeClock } from './fake-clock.ts'

/** What a command of this bench may run. */
export const MAX_RUN_MS = 600_000
export const PLENTY = { posts: 1000, messages: 1000, likes: 1000, comments: 1000, timeZone: 'UTC' }

/** The kit's dispatcher on a journal in memory, with an effect that a test writes and time that it moves. */
export class DispatcherBench {
  readonly clock: FakeClock
  readonly journal: Journal
  dispatcher: Dispatcher
  /** Last taps: item id and when. */
  readonly taps: { readonly itemId: string; readonly at: number }[] = []
  readonly frames: FrameBody[] = []
  /** Whether there is a session. */
  connected = true
  /** Told each time that somebody wants to know whether there is one. */
  onAsked = (): void => undefined
  readonly #effect: Partial<Effect<unknown>>
  readonly #start: number
  readonly #waiting = new Map<string, PromiseWithResolvers<CommandResult>>()

  /** @param effect what differs from one that always counts */
  constructor(effect: Partial<Effect<unknown>> = {}, now = Date.UTC(2026, 2, 2, 12)) {
    this.clock = new FakeClock(now)
    this.#start = this.clock.monotonicMs()
    this.#effect = effect
    this.journal = Journal.inMemory(this.clock.forAgent())
    this.dispatcher = this.#life()
    this.budget({})
  }

  /** Ends this life and begins the next one with what is in the journal, before the plane has said a word to it. */
  async restart(): Promise<void> {
    await this.clock.passUntil(this.dispatcher.stop())
    this.dispatcher = this.#life()
    this.dispatcher.start()
  }

  #life(): Dispatcher {
    return new Dispatcher({
      handlers: this.#handlers(this.#effect),
      journal: this.journal,
      clock: this.clock.forAgent(),
      log: pino({ level: 'silent' }),
      faults: { hit: () => undefined },
      queueSize: 256,
      connected: () => {
        this.onAsked()
        return this.connected
      },
      heardAt: () => 0,
      epoch: () => 1,
      client: () => undefined,
      send: (frame) => {
        this.frames.push(frame)
        if (frame.$case === 'result') this.#resultOf(frame.value.commandId).resolve(frame.value)
      },
      fetchMaterial: async () => '',
    })
  }

  budget(budget: Partial<Budget>): void {
    this.dispatcher.setBudget(Budget.fromPartial({ ...PLENTY, ...budget }))
  }

  /** Messages to items of these ids. */
  receive(commandId: string, itemIds: readonly string[], intervalMs = 0): void {
    const payload = messages(
      itemIds.map((itemId) => ({ itemId, to: {}, parts: ['hello'] })),
      intervalMs,
    )
    const command = Command.fromPartial({
      commandId,
      leaseMs: 60_000,
      maxRunMs: MAX_RUN_MS,
      effectClass: EffectClass.ONCE,
    })
    this.dispatcher.receive([{ ...command, payload }])
  }

  /** The command's result, for which time passes. */
  async result(commandId: string): Promise<{ status: string; code: string; items: string[] }> {
    const { status, code, items } = await this.clock.passUntil(this.#resultOf(commandId).promise)
    return {
      status,
      code,
      items: items.map((item) => `${item.itemId} ${itemStatusFromWire(item.status)} ${item.code}`.trim()),
    }
  }

  #resultOf(commandId: string): PromiseWithResolvers<CommandResult> {
    const known = this.#waiting.get(commandId) ?? Promise.withResolvers<CommandResult>()
    this.#waiting.set(commandId, known)
    return known
  }

  #handlers(effect: Partial<Effect<unknown>>): CommandHandlers {
    const effectOf = (itemId: string): Effect<unknown> => ({
      spend: 'messages',
      parts: 1,
      prepare: async () => null,
      commit: async () => void this.taps.push({ itemId, at: this.clock.monotonicMs() - this.#start }),
      confirm: async () => 'done',
      probe: async () => 'done',
      readBaseline: (json) => json,
      ...effect,
    })
    return {
      sendMessages: {
        run: async ({ items, pace }, context) =>
          await runItems(
            context,
            items.map(({ itemId }) => ({ itemId, effect: () => effectOf(itemId) })),
            { intervalMs: pace?.intervalMs ?? 0, jitterMs: 0 },
          ),
      },
    }
  }
}
