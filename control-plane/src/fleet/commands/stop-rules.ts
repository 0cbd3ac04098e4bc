import type { CommandRow } from '../../infra/database/tables/commands.ts'
import type { ItemRow, ItemStatus } from '../../infra/database/tables/tasks.ts'
import type { StopReason } from '../../ports.ts'

// How a stop ends commands and items that no phone has. No I/O, no clock.

export const CANCELLED_BY_OPERATOR: StopReason = { code: 'CANCELLED', reason: 'an operator cancelled the task' }
export const PAUSED_BY_OPERATOR: StopReason = { code: 'PAUSED', reason: 'an operator paused the task' }
export const DEVICE_DELETED: StopReason = { code: 'CANCELLED', reason: 'the device was deleted' }

type Asked = Pick<CommandRow, 'cancelRequestedAt' | 'cancelCode' | 'cancelReason'>
type Ending = Pick<
  CommandRow,
  'status' | 'provisional' | 'leaseUntil' | 'startedAt' | 'finishedAt' | 'resultCode' | 'resultReason'
>

/** The stop that was asked of a command, if any. */
export function stopOf(command: Asked): StopReason | undefined {
  if (command.cancelRequestedAt === null) return undefined
  return { code: (command.cancelCode ?? 'CANCELLED') as StopReason['code'], reason: command.cancelReason ?? '' }
}

/** The stop columns of a command. @param nowMs milliseconds since 1970 */
export const asked = (why: StopReason, nowMs: number): Asked => ({
  cancelRequestedAt: nowMs,
  cancelCode: why.code,
  cancelReason: why.reason,
})

/** No phone has it: it waits in the queue again, or ends where a stop was asked of it. */
export function returnedCommand<C extends Asked & Ending>(command: C, nowMs: number): C {
  const stop = stopOf(command)
  const open = {
    provisional: false,
    leaseUntil: null,
    startedAt: null,
    finishedAt: null,
    resultCode: null,
    resultReason: null,
  }
  if (!stop) return { ...command, ...open, status: 'QUEUED' }
  return {
    ...command,
    ...open,
    status: 'CANCELLED',
    finishedAt: nowMs,
    resultCode: stop.code,
    resultReason: stop.reason,
  }
}

/** The columns of an item that a stop reads and changes. */
export type ItemState = Pick<
  ItemRow,
  | 'status'
  | 'code'
  | 'reason'
  | 'provisional'
  | 'commandId'
  | 'startedAt'
  | 'finishedAt'
  | 'cancelCode'
  | 'cancelReason'
>

/** The item of a command no phone has: it waits, goes back to its task after a pause, or ends as its stop says. */
export function returnedItem<I extends ItemState>(item: I, stop: StopReason | undefined, nowMs: number): I {
  const own = item.cancelCode === null ? undefined : { code: item.cancelCode, reason: item.cancelReason }
  if (!own && stop?.code === 'PAUSED') return givenBack(item)
  const end = own ?? stop
  const waiting = {
    ...item,
    status: 'PENDING',
    provisional: false,
    code: null,
    reason: null,
    finishedAt: null,
  } as const
  return end
    ? { ...waiting, status: statusAfter(end.code), code: end.code, reason: end.reason, finishedAt: nowMs }
    : waiting
}

/** Waits for its task to go on, as if it had never been given to a phone. */
export const givenBack = <I extends ItemState>(item: I): I => ({
  ...item,
  status: 'PENDING',
  provisional: false,
  code: null,
  reason: null,
  commandId: null,
  startedAt: null,
  finishedAt: null,
})

/** An item that is stopped because of its receiver was skipped, not cancelled by a person. */
const statusAfter = (code: string): ItemStatus => (code === 'OPTED_OUT' ? 'SKIPPED' : 'CANCELLED')
