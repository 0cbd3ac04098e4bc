import { Op, type Transaction } from 'sequelize'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { row, rows } from '../../infra/database/table.ts'
import { conflict, MusterError, notFound } from '../../infra/errors.ts'
import type { FaultPoints } from '../../infra/fault-points.ts'
import { authorsOf, revisionOf, type Approval } from './approval.ts'
import { allDeleted, deletedDevices } from './deleted-devices.ts'
import { FINAL_TASK, isRetryable, mayDo, statesFor, type TaskVerb } from './lifecycle.ts'
import type { ItemRow, TaskRow } from '../../infra/database/tables/tasks.ts'
import type { TaskRollUp } from './roll-up.ts'
import type { ItemLedger } from '../../fleet/commands/items.ts'
import { CANCELLED_BY_OPERATOR, PAUSED_BY_OPERATOR } from '../../fleet/commands/stop-rules.ts'
import type { TaskStops } from './stops.ts'
import type { TaskStore } from './store.ts'

export interface OperationsDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'tasks'>
  readonly clock: Clock
  readonly faults: FaultPoints
  readonly store: TaskStore
  readonly items: ItemLedger
  readonly rollUp: TaskRollUp
  readonly stops: TaskStops
  readonly approval: Approval
}

/** The result of a retry. */
export interface Retried {
  readonly retried: number
  /** Left alone: a phone that is silent may still say that it did them. */
  readonly unsure: number
  /** Left alone: their device was deleted. */
  readonly deviceDeleted: number
}

/** The verbs an operator has for a task. */
export class TaskOperations {
  readonly #deps: OperationsDeps

  constructor(deps: OperationsDeps) {
    this.#deps = deps
  }

  /** Starts a task whose time has come. Only one caller's claim succeeds; any other does nothing. */
  async start(taskId: number): Promise<void> {
    const { db, tables, clock, faults, store, rollUp } = this.#deps
    faults.hit('task.plan.before')
    await db.write(async (tx) => {
      const startedAt = clock.now().getTime()
      // Somebody may have moved its time since it was found to be due.
      const scheduledTime = { [Op.or]: [null, { [Op.lte]: startedAt }] }
      const [claimed] = await tables.tasks.update(
        { status: 'PROCESSING', startedAt },
        { where: { id: taskId, status: 'SCHEDULED', cancelled: false, scheduledTime }, transaction: tx },
      )
      if (claimed === 0) return
      await store.changeTask(tx, taskId, { status: 'PROCESSING' })
      await this.#plan(tx, taskId)
      await rollUp.itemsChanged(tx, [taskId])
    })
    faults.hit('task.plan.after')
  }

  /** Ends it; what a phone is doing now it finishes. Also for a task a silent phone may still bring back to life. */
  async cancel(taskId: number): Promise<void> {
    const { db, tables, faults, rollUp, stops } = this.#deps
    faults.hit('cancel.commit.before')
    await db.write(async (tx) => {
      const task = await this.#task(tx, taskId, 'cancel')
      await tables.tasks.update({ cancelled: true }, { where: { id: taskId }, transaction: tx })
      await stops.ask(tx, { taskId }, CANCELLED_BY_OPERATOR)
      if (FINAL_TASK.includes(task.status)) await rollUp.itemsChanged(tx, [taskId])
    })
    faults.hit('cancel.commit.after')
    await stops.finish()
  }

  /** Nobody sees it any more, and what has not begun is not done. What was done stays on record. */
  async delete(taskId: number): Promise<void> {
    const { db, clock, store, stops } = this.#deps
    await db.write(async (tx) => {
      const { status } = await this.#task(tx, taskId, 'delete')
      await store.changeTask(tx, taskId, { status, cancelled: true, deletedAt: clock.now().getTime() })
      // A silent phone may still have something of one that has ended.
      await stops.ask(tx, { taskId }, CANCELLED_BY_OPERATOR)
    })
    await stops.finish()
  }

  /** Takes back what the phones have not done; what they are doing now they finish. */
  async pause(taskId: number): Promise<void> {
    const { db, faults, store, stops } = this.#deps
    faults.hit('pause.commit.before')
    await db.write(async (tx) => {
      await this.#task(tx, taskId, 'pause')
      await store.changeTask(tx, taskId, { status: 'PAUSED' })
      await stops.ask(tx, { taskId }, PAUSED_BY_OPERATOR)
    })
    faults.hit('pause.commit.after')
    await stops.finish()
  }

  async resume(taskId: number): Promise<void> {
    const { db, clock, faults, store, rollUp, stops, approval } = this.#deps
    // Items that an interrupted pause has not given back yet are planned with the others.
    await stops.finish()
    faults.hit('resume.commit.before')
    await db.write(async (tx) => {
      const task = await this.#task(tx, taskId, 'resume')
      if (task.startedAt === null) {
        // A draft was copied or rejected: nobody but its author has said that it may go on.
        const review = task.status === 'DRAFT' ? await approval.neededFor(tx, task) : undefined
        await store.changeTask(tx, taskId, {
          status: review === undefined ? 'SCHEDULED' : 'IN_REVIEW',
          reason: review ?? null,
          scheduledTime: task.scheduledTime ?? clock.now().getTime(),
        })
        return
      }
      await store.changeTask(tx, taskId, { status: 'PROCESSING' })
      await this.#plan(tx, taskId)
      await rollUp.itemsChanged(tx, [taskId])
    })
    faults.hit('resume.commit.after')
    await this.startIfDue(taskId)
  }

  /**
   * New commands for what failed for sure; what a phone may still say that it did is left alone. Throws CONFLICT when
   * nothing is left to try.
   */
  async retryFailed(taskId: number): Promise<Retried> {
    const { db, tables, faults, store, items, rollUp, stops } = this.#deps
    await stops.finish()
    faults.hit('retry.commit.before')
    const answer = await db.write(async (tx) => {
      await this.#task(tx, taskId, 'retry')
      const ended = await rows(db.models.items, { where: { taskId, status: ['FAILED', 'EXPIRED'] }, transaction: tx })
      const failed = ended.filter((item) => isRetryable(item) && !item.provisional)
      const gone = await deletedDevices(
        db,
        tx,
        failed.map((item) => item.deviceId),
      )
      const again = failed.filter((item) => !gone.has(item.deviceId))
      const unsure = ended.filter((item) => item.provisional).length
      if (again.length === 0) throw nothingToRetry(taskId, unsure, gone)
      await items.change(tx, [...again, ...(await this.#followers(tx, again))], {
        status: 'PENDING',
        code: null,
        reason: null,
        commandId: null,
        startedAt: null,
        finishedAt: null,
        cancelCode: null,
        cancelReason: null,
      })
      await tables.tasks.update({ cancelled: false, finishedAt: null }, { where: { id: taskId }, transaction: tx })
      await store.changeTask(tx, taskId, { status: 'PROCESSING', reason: null })
      await this.#plan(tx, taskId)
      await rollUp.itemsChanged(tx, [taskId])
      return { retried: again.length, unsure, deviceDeleted: failed.length - again.length }
    })
    faults.hit('retry.commit.after')
    return answer
  }

  /** Items that were skipped because the item they follow had not been done. */
  async #followers(tx: Transaction, items: readonly Pick<ItemRow, 'id'>[]): Promise<ItemRow[]> {
    const dependsOnItemId = items.map(({ id }) => id)
    const where = { dependsOnItemId, status: 'SKIPPED', commandId: null } as const
    return await rows(this.#deps.db.models.items, { where, transaction: tx })
  }

  /**
   * Lets a task in review go on. Throws FORBIDDEN for its author.
   * @param seen the revision that was looked at; CONFLICT when the task has another
   */
  async approve(taskId: number, userId: number, seen = 0): Promise<void> {
    const { db, clock, store } = this.#deps
    await db.write(async (tx) => {
      const task = await this.#task(tx, taskId, 'approve')
      if (authorsOf(task).includes(userId))
        throw new MusterError(
          'FORBIDDEN',
          'a task is approved by somebody else than its author and those who changed it; ask another operator',
        )
      if (revisionOf(task) !== seen)
        throw conflict(
          `revision: task ${taskId} was changed; look at it again (GET /tasks/${taskId}) and approve the revision it shows there`,
        )
      await store.changeTask(tx, taskId, {
        status: 'SCHEDULED',
        reason: null,
        scheduledTime: task.scheduledTime ?? clock.now().getTime(),
      })
    })
    await this.startIfDue(taskId)
  }

  async reject(taskId: number, reason: string): Promise<void> {
    await this.#deps.db.write(async (tx) => {
      await this.#task(tx, taskId, 'reject')
      await this.#deps.store.changeTask(tx, taskId, { status: 'DRAFT', reason })
    })
  }

  async startIfDue(taskId: number): Promise<void> {
    const task = await row(this.#deps.db.models.tasks, { where: { id: taskId } })
    if (task?.status === 'SCHEDULED' && (task.scheduledTime ?? 0) <= this.#deps.clock.now().getTime())
      await this.start(taskId)
  }

  async #plan(tx: Transaction, taskId: number): Promise<void> {
    const task = await row(this.#deps.db.models.tasks, { where: { id: taskId }, transaction: tx })
    if (task) await this.#deps.rollUp.plan(tx, task)
  }

  async #task(tx: Transaction, taskId: number, verb: TaskVerb): Promise<TaskRow> {
    const task = await row(this.#deps.db.models.tasks, { where: { id: taskId, deletedAt: null }, transaction: tx })
    if (!task) throw notFound('task', taskId)
    if (task.cancelled && verb !== 'cancel' && !FINAL_TASK.includes(task.status))
      throw conflict(`task ${taskId} is being cancelled; wait until it has ended`)
    if (mayDo(verb, task.status) || (verb === 'cancel' && (await this.#mayComeBack(tx, taskId)))) return task
    if (verb === 'delete')
      throw conflict(`task ${taskId} is ${task.status}; cancel it, and delete it when it has ended`)
    throw conflict(`task ${taskId} is ${task.status}; ${verb} needs one of ${statesFor(verb).join(', ')}`)
  }

  /** A phone that is silent may still hold something of it. */
  async #mayComeBack(tx: Transaction, taskId: number): Promise<boolean> {
    const where = { taskId, provisional: true }
    return (await row(this.#deps.db.models.items, { where, attributes: ['id'], transaction: tx })) !== undefined
  }
}

function nothingToRetry(taskId: number, unsure: number, gone: ReadonlyMap<number, string>): MusterError {
  if (gone.size > 0)
    return allDeleted(`task ${taskId} has nothing to try again`, gone, 'create a new task with devices there are')
  if (unsure === 0) return conflict('no item failed; there is nothing to try again')
  return conflict(
    `${unsure} items may still be on a phone that is silent; wait until it is back, or until it has been cleared`,
  )
}
