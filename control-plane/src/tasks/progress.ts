import { Op, type Transaction } from 'sequelize'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { row, rows } from '../database/table.ts'
import type { DispatchBell, TaskProgress } from '../ports.ts'
import { FINAL_TASK, OPEN_ITEM, reasonFor, rollUp } from './lifecycle.ts'
import type { ItemRow, TaskRow } from './model.ts'
import type { ItemPayload, TaskParams } from './params.ts'
import { planCommands } from './planner.ts'
import type { TaskStore } from './store.ts'

export interface ProgressDeps {
  readonly db: Database
  readonly clock: Clock
  readonly store: TaskStore
  readonly bell: DispatchBell
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
    for (const taskId of new Set(taskIds)) {
      const task = await row(this.#deps.db.models.tasks, { where: { id: taskId }, transaction: tx })
      if (!task) continue
      await this.#settleDependents(tx, task)
      if (task.status === 'PROCESSING') await this.#planReturned(tx, task)
      await this.#rollUp(tx, task)
    }
  }

  async commandsFinished(tx: Transaction, commandIds: readonly string[]): Promise<void> {
    const { commands } = this.#deps.db.models
    const followers = await rows(commands, {
      where: { afterCommandId: [...commandIds], status: 'QUEUED', cancelCode: null },
      transaction: tx,
    })
    if (followers.length === 0) return
    const before = await rows(commands, {
      where: { id: [...commandIds] },
      attributes: ['id', 'status', 'deliverBy'],
      transaction: tx,
    })
    const now = this.#deps.clock.now().getTime()
    for (const follower of followers) {
      const previous = before.find((command) => command.id === follower.afterCommandId)
      const notBefore = now + follower.pauseMs
      // A phone that stayed away for one batch is not waited for again with each that follows.
      const deliverBy = previous?.status === 'EXPIRED' ? previous.deliverBy : notBefore + follower.deliverWithinMs
      await commands.update(
        { afterCommandId: null, notBefore, deliverBy },
        { where: { id: follower.id }, transaction: tx },
      )
    }
    tx.afterCommit(() => this.#deps.bell.ring(followers.map((follower) => follower.deviceId)))
  }

  /** Commands for every item that waits for none. Answers the devices that have work. */
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
    const plannable = ready.map((item) => ({ ...item, payload: JSON.parse(item.payload) as ItemPayload }))
    const floorOf = (accountId: number | null): number => floors.get(accountId ?? 0) ?? 0
    const { commands, unplanned } = planCommands(task.params as TaskParams, plannable, floorOf)
    const finishedAt = this.#deps.clock.now().getTime()
    for (const { itemId, code, reason } of unplanned)
      await this.#deps.store.changeItems(tx, [{ id: itemId, taskId: task.id }], {
        status: 'SKIPPED',
        code,
        reason,
        finishedAt,
      })
    const deviceIds = await this.#deps.store.insertCommands(tx, task, commands)
    if (deviceIds.length > 0) tx.afterCommit(() => this.#deps.bell.ring(deviceIds))
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
  async #planReturned(tx: Transaction, task: TaskRow): Promise<void> {
    const returned = await row(this.#deps.db.models.items, {
      where: { taskId: task.id, status: 'PENDING', commandId: null, dependsOnItemId: null },
      attributes: ['id'],
      transaction: tx,
    })
    if (returned) await this.plan(tx, task)
  }

  /** Items that waited for one that has ended: they go on when it succeeded, and are skipped when it did not. */
  async #settleDependents(tx: Transaction, task: TaskRow): Promise<void> {
    const { items } = this.#deps.db.models
    const waiting = await rows(items, {
      where: { taskId: task.id, status: 'PENDING', commandId: null, dependsOnItemId: { [Op.ne]: null } },
      transaction: tx,
    })
    if (waiting.length === 0) return
    const parents = await rows(items, {
      where: { id: [...new Set(waiting.flatMap((item) => item.dependsOnItemId ?? []))] },
      transaction: tx,
    })
    let ready = false
    for (const parent of parents) {
      if (OPEN_ITEM.includes(parent.status)) continue
      if (parent.status === 'SUCCEEDED') {
        ready = true
        continue
      }
      const children = waiting.filter((item) => item.dependsOnItemId === parent.id)
      const reason = `item ${parent.id}, which it follows, ended ${parent.status}`
      await this.#deps.store.changeItems(tx, children, {
        status: 'SKIPPED',
        code: parent.code ?? 'CANCELLED',
        reason,
        finishedAt: this.#deps.clock.now().getTime(),
      })
    }
    if (ready && task.status === 'PROCESSING') await this.plan(tx, task)
  }

  async #rollUp(tx: Transaction, task: TaskRow): Promise<void> {
    // What a silent phone may still give back keeps a paused task waiting: it is not over while the operator holds it.
    const held = task.status === 'PAUSED' && !task.cancelled
    const isOpen = { [Op.or]: [{ status: [...OPEN_ITEM] }, ...(held ? [{ provisional: true }] : [])] }
    const open = await row(this.#deps.db.models.items, {
      where: { taskId: task.id, ...isOpen },
      attributes: ['id'],
      transaction: tx,
    })
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
