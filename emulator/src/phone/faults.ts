import { z } from 'zod'
import { strictFields } from '../schema.ts'

/** What can strike at any WebDriver command, before or after it ran. */
export const COMMAND_FAULTS = ['SLOW_SCREEN', 'HANG', 'STREAM_CUT', 'AGENT_KILLED', 'HTTP_ERROR'] as const

/** What can go wrong on a phone on purpose. */
export const FAULT_KINDS = [
  ...COMMAND_FAULTS,
  'STALE_ELEMENT',
  'LIST_REORDER',
  'DIALOG',
  'INCOMING_CALL',
  'KEYBOARD_COVERS',
  'APP_KILLED',
  'TREE_EMPTY',
  'TREE_PARTIAL',
  'TOO_FREQUENT',
  'LOGGED_OUT',
  'SCREEN_UNEXPECTED',
  'INVITEE_REFUSED',
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

export const FaultOrder = strictFields({
  kind: z.enum(FAULT_KINDS),
  /** How often it happens. */
  times: z.int().min(1).max(1_000_000).default(1),
  /** How many chances pass before the first time. */
  after: z.int().min(0).max(1_000_000).default(0),
  /** Chance of each opportunity, drawn from `seed`. */
  probability: z.number().min(0).max(1).default(1),
  seed: z.int().default(1),
  /** Whether what strikes at a command strikes before it runs or before its answer leaves. */
  when: z.enum(['BEFORE', 'AFTER']).default('BEFORE'),
  /** Length of SLOW_SCREEN and HANG in milliseconds. */
  ms: z.int().min(0).max(600_000).default(1000),
  /** Words of a DIALOG. */
  text: z.string().max(500).default('发现新版本，是否立即更新？'),
})
export type FaultOrder = z.infer<typeof FaultOrder>

/** A fault that happens now, with the numbers its seed decides. */
export interface Strike extends FaultOrder {
  readonly random: () => number
}

interface Armed {
  readonly order: FaultOrder
  readonly random: () => number
  after: number
  times: number
}

/** The faults of one phone. The same orders and the same touches give the same faults. */
export class Faults {
  readonly #armed: Armed[] = []

  add(order: FaultOrder): void {
    this.#armed.push({ order, random: seeded(order.seed), after: order.after, times: order.times })
  }

  clear(): void {
    this.#armed.length = 0
  }

  list(): readonly (FaultOrder & { left: number })[] {
    return this.#armed.map(({ order, times }) => ({ ...order, left: times }))
  }

  /** Called at each chance for a fault of this kind; answers it when it happens now. */
  take(kind: FaultKind): Strike | undefined {
    const index = this.#armed.findIndex(({ order }) => order.kind === kind)
    const armed = this.#armed[index]
    if (!armed) return undefined
    if (armed.after > 0) {
      armed.after--
      return undefined
    }
    if (armed.random() >= armed.order.probability) return undefined
    if (--armed.times === 0) this.#armed.splice(index, 1)
    return { ...armed.order, random: armed.random }
  }
}

/** Numbers in [0, 1) that a seed decides (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
