import { pino } from 'pino'
import { Budget, Command, EffectClass, itemStatusFromWire, type CommandResult } from '@muster/proto'
import { Journal, runItems, type CommandHandlers, type Effect } from '@muster/sdk/agent'
import { Dispatcher } from '../../sdk/src/agent/dispatcher.ts'
import type { FrameBody } from '../../sdk/src/agent/session.ts'
import { messages } from './commands.ts'
import { FakeClock } from './fake-clock.ts'

export const PLENTY = { posts: 1000, messages: 1000, likes: 1000, comments: 1000, timeZone: 'UTC' }

/** The kit's dispatcher on a journal in memory, with an effect that a test writes and time that it moves. */
export class DispatcherBench {
  readonly clock: FakeClock
  readonly journal: Journal
  readonly dispatcher: Dispatcher
  /** Last taps: item id and when. */
  readonly taps: { readonly itemId: string; readonly at: number }[] = []
  readonly frames: FrameBody[] = []
  readonly #start: number
  readonly #waiting = new Map<string, PromiseWithResolvers<CommandResult>>()

  /** @param effect what differs from one that always counts */
  constructor(effect: Partial<Effect<unknown>> = {}, now = Date.UTC(2026, 2, 2, 12)) {
    this.clock = new FakeClock(now)
    this.#start = this.clock.monotonicMs()
    const clock = {
      now: () => this.clock.now().getTime(),
      monotonicMs: () => this.clock.monotonicMs(),
      setTimeout: (work: () => void, ms: number) => this.clock.setTimeout(work, ms),
    }
    this.journal = Journal.inMemory(clock)
    this.dispatcher = new Dispatcher({
      handlers: this.#handlers(effect),
      journal: this.journal,
      clock,
      log: pino({ level: 'silent' }),
      faults: { hit: () => undefined },
      queueSize: 256,
      connected: () => true,
      heardAt: () => 0,
      epoch: () => 1,
      client: () => undefined,
      send: (frame) => {
        this.frames.push(frame)
        if (frame.$case === 'result') this.#resultOf(frame.value.commandId).resolve(frame.value)
      },
      fetchMaterial: async () => '',
    })
    this.budget({})
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
    const command = Command.fromPartial({ commandId, leaseMs: 60_000, effectClass: EffectClass.ONCE })
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
