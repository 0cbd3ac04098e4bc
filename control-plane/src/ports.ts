import type { Budget, CapKind, ErrorCode, SyncPage } from '@muster/proto'
import type { Transaction } from 'sequelize'
import type { CommandHead, CommandRow } from './infra/database/tables/commands.ts'
import type { EventType } from './infra/database/tables/events.ts'
import type { ItemHead } from './infra/database/tables/tasks.ts'

// The bus reaches the gateway that holds a device's session, on this node or on another. Nobody may wait for it with a
// database transaction open; who does not wait at all uses `unawaited`, which logs what fails.

/** Rung after a commit: there may be work for these devices. A lost ring costs one sweep. */
export interface DispatchBell {
  ring(deviceIds: readonly number[]): Promise<void>
}

/** Pushes a cancel to the phone now; the request is durable in the rows of the command and its items. */
export interface CancelSignal {
  cancel(request: CancelRequest): Promise<void>
}

/** What is asked of a device's live session; without one nothing happens. */
export interface LiveSession {
  /** Sends the account's budget to its phone. */
  pushBudget(accountId: number): Promise<void>
  /** Ends the device's stream at once. */
  disconnect(deviceId: number, reason: string): Promise<void>
}

/** Everything the plane asks of the gateways. */
export interface CommandBus extends DispatchBell, CancelSignal, LiveSession {}

/** Which devices have a live session. */
export interface DeviceDirectory {
  /** When the device's live session last said anything, in milliseconds since 1970; undefined without one. */
  heardAt(deviceId: number): Promise<number | undefined>
  isOnline(deviceId: number): Promise<boolean>
  /** How many devices have a live session. */
  onlineCount(): Promise<number>
}

/** Why work is stopped. PAUSED exists in the plane only: those items come back when the task is resumed. */
export interface StopReason {
  readonly code: ErrorCode | 'PAUSED'
  readonly reason: string
}

/** The commands that a stop covers. An empty scope covers all commands. */
export type StopScope = Partial<Pick<CommandRow, 'taskId' | 'deviceId' | 'accountId'>>

export interface CancelRequest {
  readonly deviceId: number
  readonly commandId: string
  /** None: the whole command. */
  readonly itemIds: readonly string[]
  readonly code: ErrorCode
  readonly reason: string
}

/** Takes work back. What is asked for is part of the caller's write; `finish` is called after it. */
export interface WorkStops {
  /** From the commit on nothing of the scope goes out any more, and the phones are told. */
  ask(tx: Transaction, scope: StopScope, why: StopReason): Promise<void>
  /** No message reaches the customer any more; needs no `finish`. */
  customerUnwanted(tx: Transaction, customerId: number, reason: string): Promise<void>
  /** What the device has not begun is not done. */
  deviceDeleted(tx: Transaction, deviceId: number): Promise<void>
  /** Ends what was stopped and no phone has. */
  finish(): Promise<void>
}

/** Records that something else names, by id. */
export interface References {
  readonly materials: readonly number[]
  readonly templates: readonly number[]
  readonly tags: readonly number[]
  readonly customers: readonly number[]
}

/** Asked before a record is deleted. */
export interface InUse {
  /** Names something that needs the record, like "task 7"; undefined when nothing does. */
  userOf(kind: keyof References, id: number): Promise<string | undefined>
}

/** What an item does to the world, by its action. */
export interface ActionEffect {
  /** The cap it counts against; undefined for one without an effect that is capped. */
  readonly cap: CapKind | undefined
  /** Whether it writes to people: they may have opted out, and a person is not written to too often. */
  readonly toPeople: boolean
  /** Whether it publishes what the `look` of its task tells apart. */
  readonly showsLook: boolean
}

/** What the rules below the tasks know of actions. */
export interface ActionRules {
  /** An action that nobody knows has no effect. */
  of(action: string): ActionEffect
  /** The actions that write to people. */
  readonly toPeople: readonly string[]
}

/** What the ledger tells the tasks, inside its own write. */
export interface TaskProgress {
  /** Rolls up the tasks' status, plans items that waited for others. */
  itemsChanged(tx: Transaction, taskIds: readonly number[]): Promise<void>
}

/** Takes what a sync found on a phone. */
export interface SyncSink {
  page(tx: Transaction, accountId: number, page: SyncPage): Promise<void>
}

export interface NewEvent {
  readonly type: EventType
  readonly refId: number
  readonly taskId?: number
  readonly status: string
}

/** As a subscriber sees it. */
export interface PublishedEvent {
  readonly seq: number
  /** `events.trimmed`: what was asked for is not kept any more; `id` is the first `seq` that is. */
  readonly type: EventType | 'events.trimmed'
  readonly id: number
  readonly taskId?: number
  readonly status: string
  readonly at: string
}

export interface Subscription {
  close(): void
}

/** Answers a promise while it cannot take more; until then nothing more is given to it, and nothing is lost. */
export type EventListener = (events: readonly PublishedEvent[]) => void | Promise<void>

/** One ordered log of state changes. */
export interface EventLog {
  /** Part of the caller's write; published after it is committed. */
  append(tx: Transaction, events: readonly NewEvent[]): Promise<void>
  /** Replays everything after `since`, then goes on live, without gap or repetition. */
  subscribe(since: number | undefined, listener: EventListener): Subscription
}

/** Whether and how much of a command may go to the phone now. */
export type Admission =
  | { readonly kind: 'send'; readonly skipped: readonly SkippedItem[] }
  | {
      readonly kind: 'hold'
      readonly untilMs: number
      readonly code: ErrorCode
      readonly reason: string
      /** Whether the delivery clock stands still meanwhile. */
      readonly clockStands: boolean
    }

export interface SkippedItem {
  readonly itemId: number
  readonly code: ErrorCode
  readonly reason: string
}

/** A command that could go out now, with the items of it that are still to be done. */
export interface DispatchCandidate {
  readonly command: CommandHead
  readonly open: readonly ItemHead[]
}

export interface CommandAdmission {
  /** Asked in the write that claims the commands; answers for each, in their order. */
  beforeDispatch(tx: Transaction, candidates: readonly DispatchCandidate[]): Promise<Admission[]>
}

/** The circuit breaker of accounts. */
export interface AccountGuard {
  /** A risk, login or tree error: nothing more goes out until a person clears it. */
  stop(tx: Transaction, accountId: number, code: ErrorCode, reason: string): Promise<void>
}

/** Keeps accounts inside their limits. */
export interface AccountBudgets {
  readonly actions: ActionRules
  /** What the phone may still do today. */
  budget(accountId: number): Promise<Budget | undefined>
  /** Counts effects by item id; a repetition counts nothing. */
  spend(
    tx: Transaction,
    items: readonly { readonly id: number; readonly action: string; readonly accountId: number | null }[],
  ): Promise<void>
}

export interface SignedCertificate {
  readonly certificatePem: string
  /** As a TLS connection shows it. */
  readonly serial: string
}

/** The authority behind the devices' certificates. */
export interface CertificateSigner {
  /** The authority's own certificate. */
  readonly certificatePem: string
  /** Signs a device's request. Throws INVALID_REQUEST for one that is malformed or not signed by its own key. */
  signDevice(csrPem: string, deviceId: number): Promise<SignedCertificate>
}

/** A named check of `/readyz`. */
export interface HealthCheck {
  readonly name: string
  /** Resolves when good; throws with the reason when not. */
  check(): Promise<void>
}
