import type { Transaction } from 'sequelize'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { pick } from '../../infra/database/statements.ts'
import { columnsBut, row, rows } from '../../infra/database/table.ts'
import type { ItemLedger } from '../../fleet/commands/items.ts'
import type { CommandQueue } from '../../fleet/commands/queue.ts'
import type { TaskProgress } from '../../ports.ts'
import { FINAL_TASK, reasonFor, rollUp } from './lifecycle.ts'
import { OPEN_ITEM } from '../../infra/database/tables/tasks.ts'
import type { ItemRow, TaskRow } from '../../infra/database/tables/tasks.ts'
import type { TaskParams } from './kinds/index.ts'
import { planCommands, plannable } from './planner.ts'
import type { TaskStore } from './store.ts'

/** The sign leads SQLite to the few that no command has, past all that are pending. */
const UNPLANNED = "task_id = :taskId AND command_id IS NULL AND +status = 'PENDING'"

type TaskHead = Omit<TaskRow, 'params'>

export interface ProgressDeps {
  readonly db: Database
  readonly clock: Clock
  readonly store: TaskStore
  readonly items: ItemLedger
  readonly queue: CommandQueue
  /** Floor under the pace of an account, in milliseconds. */
  minIntervalMs(tx: Transaction, accountIds: readonly number[]): Promise<ReadonlyMap<number, number>>
}

/** Moves tasks on when their items or commands have: inside the write that recorded it. */
export class TaskRollUp implements TaskProgress {
  readonly #deps: ProgressDeps

  constructor(deps: ProgressDeps) {
    this.#deps = deps
  }

  async itemsChanged(tx: Transaction, taskIds: readonly number[]): Promise<void> {
    const { db } = this.#deps
    const { tasks } = db.models
    for (const taskId of new Set(taskIds)) {
      // Without its parameters: they may name every receiver, and this comes with each write of a task.
      const [task] = await pick(db, tasks, columnsBut(tasks, 'params'), { where: 'id = :taskId', taskId }, tx)
      if (!task) continue
      const freed = await this.#settleDependents(tx, taskId)
      if (task.status === 'PROCESSING' && (freed || (await this.#hasReturned(tx, taskId)))) {
        const whole = await row(tasks, { where: { id: taskId }, transaction: tx })
        if (whole) await this.plan(tx, whole)
      }
      await this.#rollUp(tx, task)
    }
  }

  /** Makes commands for every item that waits for no other. */
  async plan(tx: Transaction, task: TaskRow): Promise<void> {
    if (task.cancelled) return
    const waiting = await rows(this.#deps.db.models.items, {
      where: { taskId: task.id, status: 'PENDING', commandId: null },
      order: [['id', 'ASC']],
      transaction: tx,
    })
    const ready = await this.#withoutOpenParents(tx, waiting)
    const accountIds = [...new Set(ready.flatMap((item) => item.accountId ?? []))]
    const floors = await this.#deps.minIntervalMs(tx, accountIds)
    const floorOf = (accountId: number | null): number => floors.get(accountId ?? 0) ?? 0
    const { commands, unplanned } = planCommands(task.params as TaskParams, ready.map(plannable), floorOf)
    const finishedAt = this.#deps.clock.now().getTime()
    for (const { itemId, code, reason } of unplanned)
      await this.#deps.items.change(tx, [{ id: itemId, taskId: task.id }], {
        status: 'SKIPPED',
        code,
        reason,
        finishedAt,
      })
    await this.#deps.queue.insert(tx, task, commands)
  }

  async #withoutOpenParents(tx: Transaction, waiting: readonly ItemRow[]): Promise<ItemRow[]> {
    const parentIds = [...new Set(waiting.flatMap((item) => item.dependsOnItemId ?? []))]
    if (parentIds.length === 0) return [...waiting]
    const parents = await rows(this.#deps.db.models.items, {
      where: { id: parentIds, status: 'SUCCEEDED' },
      attributes: ['id'],
      transaction: tx,
    })
    const done = new Set(parents.map((parent) => parent.id))
    return waiting.filter((item) => item.dependsOnItemId === null || done.has(item.dependsOnItemId))
  }

  /** Items a pause brought back from the phone after the task had been resumed: nobody else would plan them. */
  async #hasReturned(tx: Transaction, taskId: number): Promise<boolean> {
    const { db } = this.#deps
    const where = `${UNPLANNED} AND depends_on_item_id IS NULL LIMIT 1`
    return (await pick(db, db.models.items, ['id'], { where, taskId }, tx)).length > 0
  }

  /**
   * Skips items that waited for one that did not succeed. Returns whether there are items whose parent succeeded, which
   * may go on.
   */
  async #settleDependents(tx: Transaction, taskId: number): Promise<boolean> {
    const { db, clock } = this.#deps
    const { items } = db.models
    const where = `${UNPLANNED} AND depends_on_item_id IS NOT NULL`
    const waiting = await pick(db, items, ['id', 'taskId', 'dependsOnItemId'], { where, taskId }, tx)
    if (waiting.length === 0) return false
    const ids = [...new Set(waiting.flatMap((item) => item.dependsOnItemId ?? []))]
    const parents = await pick(db, items, ['id', 'status', 'code'], { where: 'id IN (:ids)', ids }, tx)
    for (const parent of parents) {
      if (OPEN_ITEM.includes(parent.status) || parent.status === 'SUCCEEDED') continue
      const children = waiting.filter((item) => item.dependsOnItemId === parent.id)
      const reason = `item ${parent.id}, which it follows, ended ${parent.status}`
      await this.#deps.items.change(tx, children, {
        status: 'SKIPPED',
        code: parent.code ?? 'CANCELLED',
        reason,
        finishedAt: clock.now().getTime(),
      })
    }
    return parents.some((parent) => parent.status === 'SUCCEEDED')
  }

  async #rollUp(tx: Transaction, task: TaskHead): Promise<void> {
    const { db } = this.#deps
    // Items that a silent phone may still give back keep a paused task waiting: it is not over while the operator holds it.
    const held = task.status === 'PAUSED' && !task.cancelled
    const isOpen = `status IN (:open)${held ? ' OR provisional = 1' : ''}`
    const where = `task_id = :taskId AND (${isOpen}) LIMIT 1`
    const [open] = await pick(db, db.models.items, ['id'], { where, taskId: task.id, open: OPEN_ITEM }, tx)
    const counts = open ? { PENDING: 1 } : await this.#deps.store.counts(task.id, tx)
    const status = rollUp(task.status, counts, task.cancelled)
    if (status === task.status) return
    const finished = FINAL_TASK.includes(status)
    await this.#deps.store.changeTask(tx, task.id, {
      status,
      reason: finished ? reasonFor(status, counts) : null,
      finishedAt: finished ? this.#deps.clock.now().getTime() : null,
    })
  }
}
