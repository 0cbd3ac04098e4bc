import type { SpendKind } from './handlers.ts'

/** What the phone says about a last tap: it counted, it did not, or it cannot be told. */
export type Settled = 'done' | 'not-done' | 'unknown'

/**
 * Something that happens at most once. It has one or more parts, each with a last tap of its own (a text, then a
 * picture, to the same person).
 */
export interface Effect<B> {
  /** What the account's caps count it as; absent: nothing. */
  readonly spend?: SpendKind
  readonly parts: number
  /**
   * Drives the phone up to just before the last tap, and reads what it shows now.
   * @param signal aborts when the command has to stop or the item was cancelled
   */
  prepare(part: number, signal: AbortSignal): Promise<B>
  /** The last tap, and nothing else. Throws NotTapped where it is certain that nothing was touched. */
  commit(part: number, baseline: B): Promise<void>
  /** Reads the screen right after the tap. */
  confirm(part: number, baseline: B): Promise<Settled>
  /** Reads the phone back from any screen, long after the tap, and compares it with the baseline. */
  probe(part: number, baseline: B): Promise<Settled>
  /** Checks a baseline that was read from the journal. Throws when it is none of its own. */
  readBaseline(json: unknown): B
  /** JSON of what the part answered, asked once its effect is certain, to be kept with that. */
  answer?(): string | undefined
  /** For people: what there is to say of an item that succeeded. */
  note?(): string | undefined
  /** For people: which parts took effect, and that the next one did not, once the first `done` of them did. */
  soFar?(done: number): string
}

export interface EffectItem<B> {
  readonly itemId: string
  effect(): Effect<B>
}

/** The last tap did not happen: what stands in its cause came before it. */
export class NotTapped extends Error {
  override readonly name = 'NotTapped'
  constructor(cause: unknown) {
    super('nothing was touched', { cause })
  }
}
