import { datefields, toJobId, type JobParameters } from 'agenda'
import type { JobRow } from '../database/tables/jobs.ts'

// Between Agenda's job and the row it is kept in. Columns are what the queue is searched by; the rest is JSON.

export type JobColumns = Omit<JobRow, 'id'>

const ownColumns = new Set(['_id', 'name', 'type', 'priority', 'nextRunAt', 'lockedAt', 'disabled'])

export function toColumns(job: JobParameters, uniqueKey: string | null): JobColumns {
  const rest = Object.entries(job).filter(([name, value]) => !ownColumns.has(name) && value !== undefined)
  return {
    name: job.name,
    type: job.type,
    priority: job.priority,
    nextRunAt: job.nextRunAt?.getTime() ?? null,
    lockedAt: job.lockedAt?.getTime() ?? null,
    disabled: job.disabled ?? false,
    uniqueKey,
    attributes: Object.fromEntries(rest),
  }
}

export function toJob(row: JobRow): JobParameters {
  const attributes = { ...(row.attributes as Record<string, unknown>) }
  for (const name of datefields) {
    const value = attributes[name]
    if (typeof value === 'string') attributes[name] = new Date(value)
  }
  return {
    data: undefined,
    ...attributes,
    _id: toJobId(String(row.id)),
    name: row.name,
    type: row.type === 'single' ? 'single' : 'normal',
    priority: row.priority,
    nextRunAt: row.nextRunAt === null ? null : new Date(row.nextRunAt),
    ...(row.lockedAt === null ? {} : { lockedAt: new Date(row.lockedAt) }),
    ...(row.disabled ? { disabled: true } : {}),
  }
}

/** The same object gives the same key, whatever the order of its members. */
export function uniqueKeyOf(unique: Record<string, unknown>): string {
  return JSON.stringify(Object.entries(unique).sort(([a], [b]) => (a < b ? -1 : 1)))
}
