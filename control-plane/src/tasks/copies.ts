import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { insert, row, rows } from '../database/table.ts'
import { notFound } from '../errors.ts'
import type { EventLog } from '../ports.ts'
import type { ItemRow } from './model.ts'
import { newItem, type TaskStore } from './store.ts'

/** Makes drafts of tasks that were. */
export class TaskCopies {
  readonly #db: Database
  readonly #clock: Clock
  readonly #store: TaskStore
  readonly #events: EventLog

  constructor(deps: { db: Database; clock: Clock; store: TaskStore; events: EventLog }) {
    this.#db = deps.db
    this.#clock = deps.clock
    this.#store = deps.store
    this.#events = deps.events
  }

  /** A draft with the same content and receivers; `resume` starts it. Answers its id. */
  async copy(taskId: number, userId: number): Promise<number> {
    const { tasks, items, taskDevices } = this.#db.models
    const task = await row(tasks, { where: { id: taskId } })
    if (!task) throw notFound('task', taskId)
    const old = await rows(items, { where: { taskId }, order: [['id', 'ASC']] })
    const devices = await rows(taskDevices, { where: { taskId } })
    return await this.#db.write(async (tx) => {
      const { kind, params, deliverWithinSeconds } = task
      const values = {
        kind,
        params,
        deliverWithinSeconds,
        name: `${task.name} (copy)`.slice(0, 200),
        status: 'DRAFT' as const,
        createdBy: userId,
      }
      const id = await insert(tasks, { ...values, createdAt: this.#clock.now().getTime() }, tx)
      await taskDevices.bulkCreate(devices.map(({ deviceId }) => ({ taskId: id, deviceId })) as never[], {
        transaction: tx,
      })
      const first = old.filter((item) => item.dependsOnItemId === null)
      await this.#store.insertItems(
        tx,
        first.map((item) => fresh(item, id, null)),
      )
      const made = await rows(items, { where: { taskId: id }, order: [['id', 'ASC']], transaction: tx })
      const newIdOf = new Map(first.map((item, at) => [item.id, made[at]?.id ?? null]))
      const others = old.filter((item) => item.dependsOnItemId !== null)
      await this.#store.insertItems(
        tx,
        others.map((item) => fresh(item, id, newIdOf.get(item.dependsOnItemId ?? 0) ?? null)),
      )
      await this.#events.append(tx, [{ type: 'task.updated', refId: id, taskId: id, status: 'DRAFT' }])
      return id
    })
  }
}

/** As before anything was done; what could never be sent stays skipped. */
function fresh(item: ItemRow, taskId: number, dependsOnItemId: number | null): Omit<ItemRow, 'id'> {
  const { deviceId, accountId, customerId, groupId, action, receiver, payload } = item
  const unsendable = item.status === 'SKIPPED' && item.code === 'MISSING_VARIABLE'
  return newItem({
    taskId,
    deviceId,
    accountId,
    customerId,
    groupId,
    action,
    receiver,
    payload,
    dependsOnItemId,
    ...(unsendable ? { status: item.status, code: item.code, reason: item.reason, finishedAt: item.finishedAt } : {}),
  })
}
