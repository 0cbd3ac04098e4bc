import { setImmediate as endOfTurn } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Clock, Timer } from '../infra/clock.ts'
import type { Database } from '../infra/database/database.ts'
import type { Lease } from '../infra/lease.ts'
import { destroyByIds, rows, type Table } from '../infra/database/table.ts'

const EVERY_MS = 60_000
/** Rows dropped in one write: few enough that nobody waits for it. */
const ROWS_PER_WRITE = 500

/** Drops some of what has been kept long enough; answers whether there may be more. */
export type Chore = () => Promise<boolean>

export interface HousekeepingDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly lease: Lease
  readonly chores: readonly Chore[]
}

/** Keeps tables that only grow from growing for ever. */
export class Housekeeping {
  readonly #deps: HousekeepingDeps
  #timer: Timer | undefined
  #running: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(deps: HousekeepingDeps) {
    this.#deps = deps
  }

  start(): void {
    if (this.#stopped) return
    this.#timer = this.#deps.clock.setTimeout(() => {
      this.#running = this.sweep().finally(() => this.start())
    }, EVERY_MS)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#running
  }

  /** Does every chore until nothing is left to drop, while this node owns them; others write in between. */
  async sweep(): Promise<void> {
    for (const chore of this.#deps.chores) {
      try {
        while (!this.#stopped && (await this.#deps.lease.owns('housekeeping')) && (await chore())) await endOfTurn()
      } catch (error) {
        this.#deps.log.error({ err: error }, 'housekeeping failed; it is tried again')
      }
    }
  }
}

export interface Retention<Row> {
  /** When a row came to be, or lost its use; it rises with the ids. */
  readonly column: keyof Row & string
  readonly keptMs: number
  /** Called with the ids of the rows before they are dropped. */
  readonly before?: (ids: readonly number[]) => Promise<void>
}

/** Drops rows that are older than they are kept. They are found by their ids, so that no index on time is needed. */
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
