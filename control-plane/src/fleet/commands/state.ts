import type { FinalCommandStatus, FinalItemStatus } from '@muster/proto'
import type { CommandRow, CommandStatus } from '../../infra/database/tables/commands.ts'
import type { ItemStatus } from '../../infra/database/tables/tasks.ts'
import { returnedCommand, stopOf } from './stop-rules.ts'

// How frames and time change a command's state. No I/O, no clock.

const RANK: Readonly<Record<CommandStatus, number>> = {
  QUEUED: 0,
  DISPATCHED: 1,
  RECEIVED: 2,
  ACCEPTED: 3,
  RUNNING: 4,
  SUCCEEDED: 9,
  FAILED: 9,
  PARTIAL: 9,
  CANCELLED: 9,
  EXPIRED: 9,
  UNKNOWN_EFFECT: 9,
}
const FINAL_RANK = 9
const OVERDUE = 'TOO_LATE'
/** How long a phone has for ending what ran too long, before the plane does. */
export const OVERTIME_MS = 2 * 60_000

export type CommandState = Pick<
  CommandRow,
  | 'status'
  | 'provisional'
  | 'effectClass'
  | 'leaseMs'
  | 'leaseUntil'
  | 'receivedAt'
  | 'startedAt'
  | 'finishedAt'
  | 'resultCode'
  | 'resultReason'
  | 'notBefore'
  | 'holdCode'
  | 'cancelRequestedAt'
  | 'cancelCode'
  | 'cancelReason'
>

export const isFinal = (status: CommandStatus): boolean => RANK[status] === FINAL_RANK
/** Nothing an agent says changes it any more. */
export const isSettled = (command: Pick<CommandState, 'status' | 'provisional'>): boolean =>
  isFinal(command.status) && !command.provisional
/** Written to a phone and not ended. */
export const isOnPhone = (status: CommandStatus): boolean => RANK[status] >= RANK.DISPATCHED && !isFinal(status)

export type Level = 'RECEIVED' | 'ACCEPTED' | 'RUNNING'

/** It ran longer than it may: alive or not, only its result counts from then on. */
export const isOverdue = (command: Pick<CommandState, 'provisional' | 'resultCode'>): boolean =>
  command.provisional && command.resultCode === OVERDUE

/** An agent said how far it is: never backwards, and it reopens what the reaper closed in the meantime. */
export function reachedLevel<C extends CommandState>(command: C, level: Level, nowMs: number): C {
  if (isSettled(command) || isOverdue(command)) return command
  const reopened: C = command.provisional
    ? {
        ...command,
        status: 'RECEIVED',
        provisional: false,
        // The time to run starts again, as on a phone that was off: a silent command was not hanging.
        startedAt: command.startedAt === null ? null : nowMs,
        finishedAt: null,
        resultCode: null,
        resultReason: null,
      }
    : command
  return {
    ...reopened,
    status: RANK[level] > RANK[reopened.status] ? level : reopened.status,
    leaseUntil: nowMs + command.leaseMs,
    receivedAt: reopened.receivedAt ?? nowMs,
    startedAt: level === 'RUNNING' ? (reopened.startedAt ?? nowMs) : reopened.startedAt,
  }
}

/** The agent's own word on how it ended. It replaces what the reaper wrote, and nothing replaces it. */
export function finished<C extends CommandState>(
  command: C,
  result: { status: FinalCommandStatus; code: string; reason: string },
  nowMs: number,
): C {
  if (isSettled(command)) return command
  return {
    ...command,
    status: result.status,
    provisional: false,
    leaseUntil: null,
    finishedAt: nowMs,
    resultCode: result.code || null,
    resultReason: result.reason.slice(0, 500) || null,
  }
}

/** The agent has not kept it and asks for it again later; what was stopped meanwhile is not given to it again. */
export function notNow<C extends CommandState>(command: C, retryAfterMs: number, code: string, nowMs: number): C {
  if (isSettled(command)) return command
  return returnedCommand({ ...command, notBefore: nowMs + Math.max(0, retryAfterMs), holdCode: code || null }, nowMs)
}

/** The status of an item that its command's result does not mention. */
export function itemStatusWithoutOutcome(status: FinalCommandStatus): FinalItemStatus {
  switch (status) {
    case 'FAILED':
    case 'CANCELLED':
    case 'EXPIRED':
      return status
    case 'SUCCEEDED':
    case 'PARTIAL':
    case 'UNKNOWN_EFFECT':
      // The agent forgot to say: claiming success or failure would be a guess.
      return 'UNKNOWN_EFFECT'
    default:
      return status satisfies never
  }
}

export type ReaperVerdict = {
  readonly status: 'EXPIRED' | 'UNKNOWN_EFFECT' | 'FAILED' | 'CANCELLED'
  readonly code: string
  readonly reason: string
  /** The phone may still speak. */
  readonly provisional: boolean
}

type Reapable = Pick<
  CommandRow,
  | 'status'
  | 'effectClass'
  | 'deliverBy'
  | 'leaseUntil'
  | 'startedAt'
  | 'maxRunMs'
  | 'afterCommandId'
  | 'cancelRequestedAt'
  | 'cancelCode'
  | 'cancelReason'
> &
  Partial<Pick<CommandRow, 'holdCode' | 'holdReason'>>

/** Whether one of a command's two clocks has run out, and what that means. */
export function reap(command: Reapable, online: boolean, nowMs: number): ReaperVerdict | undefined {
  const stop = stopOf(command)
  if (command.status === 'QUEUED') {
    // A stopped command in the queue is ended by its stop.
    if (stop) return undefined
    if (command.afterCommandId !== null || command.deliverBy > nowMs) return undefined
    const [code, reason] = online
      ? [command.holdCode ?? 'TOO_LATE', command.holdReason ?? 'it could not begin before its delivery deadline']
      : ['DEVICE_OFFLINE', 'the device was offline until the delivery deadline']
    return { status: 'EXPIRED', code, reason, provisional: false }
  }
  if (command.status === 'DISPATCHED') {
    if (command.deliverBy > nowMs) return undefined
    // The phone may have it all the same; after a pause its items must not be given out again before it has spoken.
    if (stop && stop.code !== 'PAUSED') return { status: 'CANCELLED', ...stop, provisional: true }
    // The reason says why the phone did not confirm it.
    const [code, reason] = online
      ? ['DELIVERY_EXPIRED', 'it was written to the device, which did not confirm it in time']
      : ['DEVICE_OFFLINE', 'the device went offline before it confirmed it, and did not return in time']
    return { status: 'EXPIRED', code, reason, provisional: true }
  }
  if (isFinal(command.status)) return undefined
  const status = command.effectClass === 'ONCE' ? 'UNKNOWN_EFFECT' : 'FAILED'
  // Checked first: a phone that was silent, or asleep with the plane, was not hanging and may go on when it speaks again.
  if (command.leaseUntil !== null && command.leaseUntil <= nowMs)
    return { status, code: 'LEASE_LOST', reason: 'the device fell silent while it had the command', provisional: true }
  if (!isTooLong(command, nowMs)) return undefined
  return { status, code: OVERDUE, reason: 'the device did not end it in the time it may run', provisional: true }
}

/** The backstop for a phone whose own limit does not work: a handler that hangs renews its lease for ever. */
const isTooLong = ({ startedAt, maxRunMs }: Reapable, nowMs: number): boolean =>
  startedAt !== null && maxRunMs > 0 && startedAt + maxRunMs + OVERTIME_MS <= nowMs

const OPEN_ITEMS: ReadonlySet<ItemStatus> = new Set(['PENDING', 'DISPATCHED', 'RUNNING'])

/** The item has or may have reached somebody, and must never be done again. */
export const EFFECTS: ReadonlySet<ItemStatus> = new Set(['SUCCEEDED', 'UNKNOWN_EFFECT'])

/** Whether an agent's word on an item counts: it is open, or was closed by the reaper alone. */
export const itemTakesOutcome = (item: { status: ItemStatus; provisional: boolean }): boolean =>
  OPEN_ITEMS.has(item.status) || item.provisional
