import type { Clock } from '../clock.ts'
import type { Database } from './database.ts'
import { destroyByIds, rows, type Table } from './table.ts'

/** Rows dropped in one write: few enough that nobody waits for it. */
const ROWS_PER_WRITE = 500

/** Drops some of what has been kept long enough; answers whether there may be more. */
export type Chore = () => Promise<boolean>

export interface Retention<Row> {
  /** When a row came to be, or lost its use; it rises with the ids. */
  readonly column: keyof Row & string
  readonly keptMs: number
  /** Called with the ids of the rows before they are dropped. */
  readonly before?: (ids: readonly number[]) => Promise<void>
}

/** The chore of a table's own room that drops rows older than they are kept. They are found by their ids, so that no index on time is needed. */
export function dropOld<Row extends { id: number }>(
  { db, clock }: { readonly db: Database; readonly clock: Clock },
  table: Table<Row>,
  { column, keptMs, before }: Retention<Row>,
): Chore {
  return async () => {
    const oldest = await rows(table, { attributes: ['id', column], order: [['id', 'ASC']], limit: ROWS_PER_WRITE })
    const limit = clock.now().getTime() - keptMs
    const ids = oldest.filter((row) => Number(row[column]) < limit).map((row) => row.id)
    if (ids.length === 0) return false
    await before?.(ids)
    await db.write((tx) => destroyByIds(table, ids, tx))
    return ids.length === ROWS_PER_WRITE
  }
}
