import type { Transaction } from 'sequelize'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import type { EventLog } from '../../ports.ts'
import type { ItemCounts } from './lifecycle.ts'
import type { ItemStatus, TaskRow } from '../../infra/database/tables/tasks.ts'

/** Rows of tasks; each change of a status appends its event. */
export class TaskStore {
  readonly #db: Database
  readonly #tables: Pick<Tables, 'tasks'>
  readonly #events: EventLog

  constructor(deps: { db: Database; tables: Pick<Tables, 'tasks'>; events: EventLog }) {
    this.#db = deps.db
    this.#tables = deps.tables
    this.#events = deps.events
  }

  async changeTask(tx: Transaction, taskId: number, change: Partial<TaskRow> & Pick<TaskRow, 'status'>): Promise<void> {
    await this.#tables.tasks.update(change, { where: { id: taskId }, transaction: tx })
    await this.#events.append(tx, [{ type: 'task.updated', refId: taskId, taskId, status: change.status }])
  }

  async counts(taskId: number, tx?: Transaction): Promise<ItemCounts> {
    const found = await this.#db.select<{ status: ItemStatus; n: number }>(
      'SELECT status, COUNT(*) AS n FROM items WHERE task_id = :taskId GROUP BY status',
      { taskId },
      tx,
    )
    return Object.fromEntries(found.map(({ status, n }) => [status, n]))
  }
}
