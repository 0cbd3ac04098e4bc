import type { ItemRow } from '../../../infra/database/tables/tasks.ts'

/** An item before its task has a row. */
export type ItemDraft = Omit<ItemRow, 'id' | 'taskId' | 'result'>
export type DraftWithId = ItemDraft & Pick<ItemRow, 'id'>

type Given = Pick<ItemRow, 'deviceId' | 'receiver'> &
  Partial<Omit<ItemRow, 'id' | 'taskId' | 'action' | 'payload'>> & { readonly payload: { readonly action: string } }

/** An item to be done, with its payload as the row keeps it; what is not given is empty. */
export const draftItem = ({ payload, ...item }: Given): ItemDraft => ({
  accountId: null,
  customerId: null,
  groupId: null,
  status: 'PENDING',
  code: null,
  reason: null,
  provisional: false,
  commandId: null,
  dependsOnItemId: null,
  attempts: 0,
  startedAt: null,
  finishedAt: null,
  evidenceId: null,
  cancelCode: null,
  cancelReason: null,
  ...item,
  action: payload.action,
  payload: JSON.stringify(payload),
})

/** Columns of an item that is skipped from the start for a reason; none without one. */
export const skippedFor = (
  why: Pick<ItemRow, 'code' | 'reason'> | undefined,
  nowMs: number,
): Partial<Pick<ItemRow, 'status' | 'code' | 'reason' | 'finishedAt'>> =>
  why ? { status: 'SKIPPED', code: why.code, reason: why.reason, finishedAt: nowMs } : {}
