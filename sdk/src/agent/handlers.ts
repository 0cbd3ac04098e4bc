import type { CapKind, CommandKind, CommandPayload, EffectClass, ErrorCode, MaterialRef, SyncPage } from '@muster/proto'
import type { Logger } from 'pino'
import type { AgentError } from './agent-error.ts'
import type { AgentClock } from './clock.ts'
import type { FaultPoints } from './fault-points.ts'

/** Kinds of effects a budget counts. */
export type SpendKind = CapKind

/** How an item ended. */
export type FinalItemState = 'SUCCEEDED' | 'FAILED' | 'SKIPPED' | 'CANCELLED' | 'EXPIRED' | 'UNKNOWN_EFFECT'

export interface Outcome {
  readonly status: FinalItemState
  /** From the closed set. One that SUCCEEDED has a code only when the account has to stop all the same. */
  readonly code?: ErrorCode | undefined
  /** For people. */
  readonly reason?: string
  /** A PNG of the screen that shows why; uploaded as far as that is possible. */
  readonly evidence?: Uint8Array | undefined
  /** JSON of what a custom command answered. */
  readonly resultJson?: string | undefined
}

/** What the journal knows of an item. */
export interface ItemMemory {
  readonly finished: boolean
  /** Parts whose effect is certain. */
  readonly doneParts: number
  /** A part whose last tap was about to happen when the agent died. */
  readonly openIntent: { readonly part: number; readonly baseline: unknown } | undefined
  /** JSON of what the last part answered whose effect is certain. */
  readonly answer: string | undefined
}

/** Why an item may not begin. */
export interface Refused {
  readonly status: 'SKIPPED' | 'CANCELLED' | 'FAILED' | 'EXPIRED'
  readonly code: ErrorCode
  readonly reason: string
}

/** Which command it is and whom it is for. */
export interface CommandHead {
  readonly commandId: string
  /** The account it is for: under another one it has to be refused. Empty: for whichever account the phone shows. */
  readonly accountWechatId: string
  /** How often it may take effect, as the plane understands it. */
  readonly effectClass: EffectClass
}

/** What a handler may use while it runs one command. */
export interface CommandContext extends CommandHead {
  /** Aborted when the command has to stop: the agent shuts down, or the command ran too long. Never by a cancel. */
  readonly signal: AbortSignal
  readonly log: Logger
  readonly faults: FaultPoints
  readonly clock: AgentClock
  /** What an earlier life of the agent knew of the item. */
  recall(itemId: string): ItemMemory
  /** What the account has to stop for, as this or an earlier life of the agent saw it while the command ran. */
  readonly stop: AgentError | undefined
  /** On disk when it resolves: the phone showed what the account has to stop for, and may not show it again. */
  stopSeen(error: AgentError): Promise<void>
  /** Set once an operator cancelled the item or the whole command. */
  cancelled(itemId: string): Refused | undefined
  /** Aborts when the item is cancelled, and with `signal`. For what is done before a last tap, never behind it. */
  cancelSignal(itemId: string): AbortSignal
  /**
   * Asks whether an effect may begin, or in a new life of the agent go on. Waits while there is no session and the
   * lease is over, after a restart until the plane has said to go on, and until the account has rested since its last
   * effect, whichever command made that. Answers a refusal for cancel, kill, budget, quiet hours and a stopped account.
   * @param spend what it counts as; absent: it counts for no cap and no rest
   */
  admit(itemId: string, spend: SpendKind | undefined): Promise<Refused | undefined>
  /** The item is being worked on; told to the plane. */
  started(itemId: string): Promise<void>
  /** On disk when it resolves: the last tap of this part follows. Spends the budget once per item. */
  intent(itemId: string, part: number, baseline: unknown, spend: SpendKind | undefined): Promise<void>
  /** On disk when it resolves: the part's effect is certain. @param answer JSON of what it answered */
  done(itemId: string, part: number, answer?: string): Promise<void>
  /** On disk when it resolves: there was no effect; the part may be tried again. */
  withdraw(itemId: string, part: number): Promise<void>
  /** The item has ended; on disk and told to the plane. A second call for one item does nothing. */
  finish(itemId: string, outcome: Outcome): Promise<void>
  /** Says that the command is alive, which renews its lease. */
  progress(step: string): void
  /** Hands over one page of what a sync found. */
  page(page: SyncPage): Promise<void>
  /**
   * Path of a local file with the material's bytes, checked against its hash. Throws AgentError, or the reason of the
   * signal, which ends the waiting for a plane that is away. @default `signal` of the command
   */
  fetchMaterial(material: MaterialRef, signal?: AbortSignal): Promise<string>
  /** Waits before an item, keeping the lease alive. Ends early, without throwing, when the item is cancelled. */
  pause(itemId: string, ms: number): Promise<void>
}

/** Runs commands of one kind. */
export interface CommandHandler<P> {
  /** Refuses a command this phone cannot run now, before anything of it is begun. */
  check?(payload: P, command: CommandHead): Promise<Refusal | undefined>
  /**
   * Ends every item through `context.finish`, usually with `runItems` or `runRead`. What it throws ends the items that
   * have no outcome: an AgentError with its code, anything else as APP_NOT_READY.
   */
  run(payload: P, context: CommandContext): Promise<void>
}

export type Refusal =
  | { readonly kind: 'rejected'; readonly code: ErrorCode; readonly reason: string }
  | { readonly kind: 'not-now'; readonly retryAfterMs: number; readonly code: ErrorCode; readonly reason: string }

export type PayloadOf<K extends CommandKind> = Extract<CommandPayload, { $case: K }>['value']

/** A handler for each kind of command the agent supports. */
export type CommandHandlers = { readonly [K in CommandKind]?: CommandHandler<PayloadOf<K>> }
