import type { Logger } from 'pino'
import type { Settled } from './effect.ts'

/** What JSON can say. Fields that are undefined are left out. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined }

/** What a reading of the world says about an effect; `{ done }` also says what the command answers. */
export type Found = Settled | { readonly done: Json }

/** What a custom handler may use. */
export interface CustomContext {
  readonly commandId: string
  readonly itemId: string
  /**
   * Aborted when the agent shuts down or the command ran too long, and, except in `commit`, `confirm` and `probe`, when
   * it is cancelled.
   */
  readonly signal: AbortSignal
  readonly log: Logger
  /** Says what is being done, for people; also renews the command's lease. */
  readonly progress: (step: string) => void
}

interface CommandHeading {
  /** Lower-case words joined by dots and hyphens, such as `shop.print-label`; at most 100 characters. */
  readonly name: string
  /** A whole number from 1. Another payload or another effect class is another version. */
  readonly version: number
  /** For people; at most 500 characters. @default '' */
  readonly description?: string
  /**
   * JSON Schema 2020-12 of the payload, at most 16 KiB: plain, or what `z.toJSONSchema` answers. References lead into the
   * schema itself. The payload is checked by it in the plane and again here, before a handler sees it.
   */
  readonly schema: object
}

/** A command that may be run again at any time, also after a crash in the middle of it. */
export interface RepeatableCommand<P> extends CommandHeading {
  /** READ changes nothing; IDEMPOTENT may be done twice without harm. */
  readonly effectClass: 'READ' | 'IDEMPOTENT'
  /**
   * Answers the command's result, at most 16 KiB of JSON. What it throws makes the command FAILED, with the message as
   * the reason; an `AgentError` also says the code.
   */
  run(payload: P, context: CustomContext): Promise<Json | void>
}

/**
 * A command that takes effect at most once. Before `commit` is called this is written to the disk; whoever is killed
 * after that finds it in the next life and does not call `commit` again unless `probe` says `not-done`.
 */
export interface OnceCommand<P, B extends Json> extends CommandHeading {
  readonly effectClass: 'ONCE'
  /** Gets everything ready and answers what `probe` needs to compare with; nothing may have an effect yet. */
  prepare?(payload: P, context: CustomContext): Promise<B>
  /**
   * The effect, and nothing else. Answers the command's result, at most 16 KiB of JSON. Throws `NotTapped` where it is
   * certain that nothing happened; after any other error, `probe` decides.
   */
  commit(payload: P, before: B, context: CustomContext): Promise<Json | void>
  /** Looks whether it took effect, right after `commit`. @default it did, as `commit` did not throw */
  confirm?(payload: P, before: B, context: CustomContext): Promise<Found>
  /** Looks whether it took effect, in a later life or after an error. @default nobody knows: UNKNOWN_EFFECT */
  probe?(payload: P, before: B, context: CustomContext): Promise<Found>
}
