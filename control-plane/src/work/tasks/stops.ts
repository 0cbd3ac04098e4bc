import type { Transaction } from 'sequelize'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { row, rows } from '../../infra/database/table.ts'
import { TASK_STATUSES } from '../../infra/database/tables/tasks.ts'
import type { CommandStops, StoppedCommand } from '../../fleet/commands/stops.ts'
import { CANCELLED_BY_OPERATOR, DEVICE_DELETED } from '../../fleet/commands/stop-rules.ts'
import type { StopReason, StopScope, WorkStops } from '../../ports.ts'
import { actionRules } from './kinds/action-rules.ts'
import { FINAL_TASK } from './lifecycle.ts'
import type { TaskRollUp } from './roll-up.ts'
import type { TaskStore } from './store.ts'

/** Items ended in one write: enough to share its cost, few enough to let acks and claims in between. */
const ITEMS_PER_WRITE = 1000

export interface StopsDeps {
  readonly db: Database
  readonly clock: Clock
  readonly store: TaskStore
  readonly rollUp: TaskRollUp
  readonly commandStops: CommandStops
}

/**
 * Takes work back. Asking is one short write, so that phones are told at once however long the queue is. What no phone
 * has is ended after it, in many writes, by the caller or by the next sweep: the row of each command holds the stop that
 * was asked of it.
 */
export class TaskStops implements WorkStops {
  readonly #deps: StopsDeps

  constructor(deps: StopsDeps) {
    this.#deps = deps
  }

  /** Part of the caller's write; see `CommandStops.ask`. Call `finish` after it. */
  async ask(tx: Transaction, scope: StopScope, why: StopReason): Promise<void> {
    await this.#deps.commandStops.ask(tx, scope, why)
  }

  /** Part of the caller's write: no message reaches a customer who does not want any more, or is gone. */
  async customerUnwanted(tx: Transaction, customerId: number, reason: string): Promise<void> {
    const { commandStops, rollUp } = this.#deps
    const customer = { customerId, actions: actionRules.toPeople }
    const taskIds = await commandStops.skipCustomer(tx, customer, { code: 'OPTED_OUT', reason })
    await rollUp.itemsChanged(tx, taskIds)
  }

  /** Part of the caller's write: what the device has not begun is not done. Call `finish` after it. */
  async deviceDeleted(tx: Transaction, deviceId: number): Promise<void> {
    const { commandStops, rollUp } = this.#deps
    await commandStops.ask(tx, { deviceId }, DEVICE_DELETED)
    const ended = await commandStops.endWaiting(tx, { deviceId }, DEVICE_DELETED)
    await rollUp.itemsChanged(
      tx,
      ended.map((item) => item.taskId),
    )
  }

  /** Ends what a stop was asked of and no phone has, and what waits in tasks that were cancelled. */
  async finish(): Promise<void> {
    const { db, rollUp, commandStops } = this.#deps
    const stopped = await commandStops.stoppedInQueue()
    const lastOf = new Map(stopped.map(({ taskId, id }) => [taskId, id]))
    for (const some of chunks(stopped))
      await db.write(async (tx) => {
        await commandStops.endQueued(tx, some)
        // Once for each task, with the last of it: looking at a long task after every piece would cost more than the pieces.
        const whole = some.filter(({ taskId, id }) => lastOf.get(taskId) === id).map(({ taskId }) => taskId)
        await rollUp.itemsChanged(tx, whole)
      })
    const open = TASK_STATUSES.filter((status) => !FINAL_TASK.includes(status))
    const cancelled = await rows(db.models.tasks, { where: { cancelled: true, status: open }, attributes: ['id'] })
    for (const { id } of cancelled) await this.#endCancelled(id)
  }

  /** Ends what waits in a cancelled task, in as many writes as it takes. */
  async #endCancelled(taskId: number): Promise<void> {
    let more = true
    while (more) more = await this.#deps.db.write((tx) => this.#endWaiting(tx, taskId))
  }

  /** Returns whether there may be more. */
  async #endWaiting(tx: Transaction, taskId: number): Promise<boolean> {
    const { db, clock, store, rollUp, commandStops } = this.#deps
    const task = await row(db.models.tasks, { where: { id: taskId }, transaction: tx })
    if (!task?.cancelled || FINAL_TASK.includes(task.status)) return false
    const ended = await commandStops.endWaiting(tx, { taskId }, CANCELLED_BY_OPERATOR, ITEMS_PER_WRITE)
    if (ended.length === ITEMS_PER_WRITE) return true
    const finishedAt = clock.now().getTime()
    if (task.startedAt === null) await store.changeTask(tx, taskId, { status: 'CANCELLED', finishedAt })
    else await rollUp.itemsChanged(tx, [taskId])
    return false
  }
}

/** Commands, as many together as have about the items of one write. */
function* chunks(commands: readonly StoppedCommand[]): Generator<StoppedCommand[]> {
  let some: StoppedCommand[] = []
  let weight = 0
  for (const command of commands) {
    some.push(command)
    weight += Math.max(1, command.items)
    if (weight < ITEMS_PER_WRITE) continue
    yield some
    some = []
    weight = 0
  }
  if (some.length > 0) yield some
}
