import { OPEN_ITEM, type ItemStatus, type TaskStatus } from '../../infra/database/tables/tasks.ts'

// The life of tasks and items as data: no I/O, no clock.

export const FINAL_TASK: readonly TaskStatus[] = ['COMPLETED', 'PARTIAL', 'FAILED', 'CANCELLED']

export type ItemCounts = Readonly<Partial<Record<ItemStatus, number>>>

/** What an operator may ask of a task. */
export type TaskVerb = 'pause' | 'resume' | 'cancel' | 'retry' | 'approve' | 'reject' | 'delete'

const ALLOWED: Readonly<Record<TaskVerb, readonly TaskStatus[]>> = {
  pause: ['SCHEDULED', 'PROCESSING'],
  resume: ['PAUSED', 'DRAFT'],
  cancel: ['DRAFT', 'IN_REVIEW', 'SCHEDULED', 'PROCESSING', 'PAUSED'],
  retry: ['PROCESSING', 'PARTIAL', 'FAILED', 'COMPLETED', 'CANCELLED'],
  approve: ['IN_REVIEW'],
  reject: ['IN_REVIEW'],
  // What has not begun is taken back whole; what has begun is cancelled first, for a phone may be at it.
  delete: ['DRAFT', 'IN_REVIEW', 'SCHEDULED', ...FINAL_TASK],
}

/** Whether the verb fits the state; the states it fits are in the message of the refusal. */
export const mayDo = (verb: TaskVerb, status: TaskStatus): boolean => ALLOWED[verb].includes(status)
export const statesFor = (verb: TaskVerb): readonly TaskStatus[] => ALLOWED[verb]

const sum = (counts: ItemCounts, statuses: readonly ItemStatus[]): number =>
  statuses.reduce((n, status) => n + (counts[status] ?? 0), 0)

/**
 * The state of a task that has started, from its items. COMPLETED only when all succeeded; PARTIAL when some did;
 * CANCELLED when an operator cancelled it, once nothing is open.
 */
export function rollUp(status: TaskStatus, counts: ItemCounts, cancelled: boolean): TaskStatus {
  if (status === 'DRAFT' || status === 'IN_REVIEW' || status === 'SCHEDULED') return status
  if (sum(counts, OPEN_ITEM) > 0) return status === 'PAUSED' ? 'PAUSED' : 'PROCESSING'
  if (cancelled) return 'CANCELLED'
  const total = Object.values(counts).reduce((n, count) => n + count, 0)
  const succeeded = counts.SUCCEEDED ?? 0
  if (succeeded === total) return 'COMPLETED'
  return succeeded > 0 ? 'PARTIAL' : 'FAILED'
}

/** One sentence that says why a task ended as it did; null while it has not or when all is well. */
export function reasonFor(status: TaskStatus, counts: ItemCounts): string | null {
  if (status !== 'PARTIAL' && status !== 'FAILED') return null
  const parts = Object.entries(counts).filter(([, count]) => count > 0)
  return parts.map(([name, count]) => `${count} ${name}`).join(', ')
}

/** An item that may be tried again: it failed for sure, and nothing the phone may still say can change that. */
export const isRetryable = (item: { status: ItemStatus; provisional: boolean }): boolean =>
  item.status === 'FAILED' || (item.status === 'EXPIRED' && !item.provisional)
