import { QueryTypes, type Transaction } from 'sequelize'
import type { Database } from '../../infra/database/database.ts'
import type { EventLog } from '../../ports.ts'
import type { ItemCounts } from './lifecycle.ts'
import type { ItemStatus, TaskRow } from '../../infra/database/tables/tasks.ts'

/** Rows of tasks; each change of a status appends its event. */
export class TaskStore {
  readonly #db: Database
  readonly #events: EventLog

  constructor(deps: { db: Database; events: EventLog }) {
    this.#db = deps.db
    this.#events = deps.events
  }

  async changeTask(tx: Transaction, taskId: number, change: Partial<TaskRow> & Pick<TaskRow, 'status'>): Promise<void> {
    await this.#db.models.tasks.update(change, { where: { id: taskId }, transaction: tx })
    await this.#events.append(tx, [{ type: 'task.updated', refId: taskId, taskId, status: change.status }])
  }

  async counts(taskId: number, tx?: Transaction): Promise<ItemCounts> {
    const found = await this.#db.sequelize.query<{ status: ItemStatus; n: number }>(
      'SELECT status, COUNT(*) AS n FROM items WHERE task_id = :taskId GROUP BY status',
      { replacements: { taskId }, type: QueryTypes.SELECT, ...(tx ? { transaction: tx } : {}) },
    )
    return Object.fromEntries(found.map(({ status, n }) => [status, n]))
  }
}
