import { Op, type Transaction } from 'sequelize'
import type { ErrorCode } from '@muster/proto'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { row, rows } from '../database/table.ts'
import { conflict, MusterError, notFound } from '../errors.ts'
import type { FaultPoints } from '../fault-points.ts'
import type { CancelSignal } from '../ports.ts'
import type { Approval } from './approval.ts'
import type { CommandRow } from './command-model.ts'
import { isRetryable, mayDo, statesFor, type TaskVerb } from './lifecycle.ts'
import type { TaskRow } from './model.ts'
import type { TaskRollUp } from './progress.ts'
import type { TaskStore } from './store.ts'

export interface OperationsDeps {
  readonly db: Database
  readonly clock: Clock
  readonly faults: FaultPoints
  readonly store: TaskStore
  readonly rollUp: TaskRollUp
  readonly cancelSignal: CancelSignal
  readonly approval: Approval
}

/** Why work is stopped; PAUSED is ours alone: its items come back when the task is resumed. */
export interface StopReason {
  readonly code: ErrorCode | 'PAUSED'
  readonly reason: string
}

/** What an operator does with a task once it exists. */
export class TaskOperations {
  readonly #deps: OperationsDeps

  constructor(deps: OperationsDeps) {
    this.#deps = deps
  }

  /** Starts a task whose time has come. Only one caller's claim succeeds; any other does nothing. */
  async start(taskId: number): Promise<void> {
    const { db, clock, faults, store, rollUp } = this.#deps
    faults.hit('task.plan.before')
    await db.write(async (tx) => {
      const startedAt = clock.now().getTime()
      const [claimed] = await db.models.tasks.update(
        { status: 'PROCESSING', startedAt },
        { where: { id: taskId, status: 'SCHEDULED' }, transaction: tx },
      )
      if (claimed === 0) return
      await store.changeTask(tx, taskId, { status: 'PROCESSING' })
      await this.#plan(tx, taskId)
      await rollUp.itemsChanged(tx, [taskId])
    })
    faults.hit('task.plan.after')
  }

  async cancel(taskId: number): Promise<void> {
    const { db, clock, faults, store, rollUp } = this.#deps
    faults.hit('cancel.commit.before')
    await db.write(async (tx) => {
      const task = await this.#task(tx, taskId, 'cancel')
      await db.models.tasks.update({ cancelled: true }, { where: { id: taskId }, transaction: tx })
      await this.stopCommands(tx, await store.openCommands(tx, { taskId }), {
        code: 'CANCELLED',
        reason: 'an operator cancelled the task',
      })
      const waiting = await rows(db.models.items, {
        where: { taskId, status: 'PENDING' },
        attributes: ['id'],
        transaction: tx,
      })
      const change = {
        status: 'CANCELLED',
        code: 'CANCELLED',
        reason: 'an operator cancelled the task',
        finishedAt: clock.now().getTime(),
      } as const
      await store.changeItems(
        tx,
        taskId,
        waiting.map((item) => item.id),
        change,
      )
      if (task.status === 'PROCESSING' || task.status === 'PAUSED') await rollUp.itemsChanged(tx, [taskId])
      else await store.changeTask(tx, taskId, { status: 'CANCELLED', finishedAt: clock.now().getTime() })
    })
    faults.hit('cancel.commit.after')
  }

  /** Takes back what the phones have not done; what they are doing now they finish. */
  async pause(taskId: number): Promise<void> {
    const { db, faults, store } = this.#deps
    faults.hit('pause.commit.before')
    await db.write(async (tx) => {
      await this.#task(tx, taskId, 'pause')
      await store.changeTask(tx, taskId, { status: 'PAUSED' })
      await this.stopCommands(tx, await store.openCommands(tx, { taskId }), {
        code: 'PAUSED',
        reason: 'an operator paused the task',
      })
    })
    faults.hit('pause.commit.after')
  }

  async resume(taskId: number): Promise<void> {
    const { db, clock, faults, store, rollUp, approval } = this.#deps
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

  /** New commands for what failed for sure. Throws CONFLICT while a phone may still say that it did an item. */
  async retryFailed(taskId: number): Promise<void> {
    const { db, faults, store, rollUp } = this.#deps
    faults.hit('retry.commit.before')
    await db.write(async (tx) => {
      await this.#task(tx, taskId, 'retry')
      const ended = await rows(db.models.items, { where: { taskId, status: ['FAILED', 'EXPIRED'] }, transaction: tx })
      const unsure = ended.filter((item) => item.provisional)
      if (unsure.length > 0) {
        throw conflict(
          `${unsure.length} items may still be on a phone that is silent; wait until it is back, or until it has been cleared`,
        )
      }
      const again = ended.filter(isRetryable).map((item) => item.id)
      if (again.length === 0) throw conflict('no item failed; there is nothing to try again')
      await db.models.items.increment('attempts', { by: 1, where: { id: again }, transaction: tx })
      await store.changeItems(tx, taskId, again, {
        status: 'PENDING',
        code: null,
        reason: null,
        commandId: null,
        startedAt: null,
        finishedAt: null,
      })
      await db.models.tasks.update({ cancelled: false, finishedAt: null }, { where: { id: taskId }, transaction: tx })
      await store.changeTask(tx, taskId, { status: 'PROCESSING', reason: null })
      await this.#plan(tx, taskId)
      await rollUp.itemsChanged(tx, [taskId])
    })
    faults.hit('retry.commit.after')
  }

  /** Lets a task in review go on. Throws FORBIDDEN for its author. */
  async approve(taskId: number, userId: number): Promise<void> {
    const { db, clock, store } = this.#deps
    await db.write(async (tx) => {
      const task = await this.#task(tx, taskId, 'approve')
      if (task.createdBy === userId)
        throw new MusterError('FORBIDDEN', 'a task is approved by somebody else than its author; ask another operator')
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

  /**
   * Ends commands that are not on a phone, and asks the phones to end the others. Part of the caller's write; the phones
   * are told once it is committed, and again by the resume should the telling be lost.
   */
  async stopCommands(tx: Transaction, commands: readonly CommandRow[], why: StopReason): Promise<void> {
    const { db, clock, store } = this.#deps
    const now = clock.now().getTime()
    const queued = commands.filter((command) => command.status === 'QUEUED')
    const written = commands.filter((command) => command.status !== 'QUEUED')
    const ended = { status: 'CANCELLED' as const, resultCode: why.code, resultReason: why.reason, finishedAt: now }
    await db.models.commands.update(ended, { where: { id: queued.map((command) => command.id) }, transaction: tx })
    for (const command of queued) {
      const open = await rows(db.models.items, {
        where: { commandId: command.id, status: 'PENDING' },
        attributes: ['id'],
        transaction: tx,
      })
      const itemIds = open.map((item) => item.id)
      if (why.code === 'PAUSED')
        await db.models.items.update({ commandId: null }, { where: { id: itemIds }, transaction: tx })
      else
        await store.changeItems(tx, command.taskId, itemIds, {
          status: 'CANCELLED',
          code: why.code,
          reason: why.reason,
          finishedAt: now,
        })
    }
    const asked = { cancelRequestedAt: now, cancelCode: why.code, cancelReason: why.reason }
    await db.models.commands.update(asked, {
      where: { id: written.map((command) => command.id), cancelRequestedAt: null },
      transaction: tx,
    })
    const code = why.code === 'PAUSED' ? 'CANCELLED' : why.code
    tx.afterCommit(() => {
      for (const command of written) this.#deps.cancelSignal.cancel(command.id, undefined, code, why.reason)
    })
  }

  /** Stops what is on its way to a customer who does not want messages any more, or was deleted. */
  async customerOptedOut(customerId: number, reason: string): Promise<void> {
    const { db, clock, store, rollUp, cancelSignal } = this.#deps
    await db.write(async (tx) => {
      const open = await rows(db.models.items, {
        where: {
          customerId,
          action: 'SEND',
          status: { [Op.in]: ['PENDING', 'DISPATCHED', 'RUNNING'] as const as never },
        },
        transaction: tx,
      })
      const finishedAt = clock.now().getTime()
      for (const item of open) {
        const command = item.commandId
          ? await row(db.models.commands, { where: { id: item.commandId }, transaction: tx })
          : undefined
        if (item.status === 'PENDING' && (!command || command.status === 'QUEUED')) {
          await store.changeItems(tx, item.taskId, [item.id], {
            status: 'SKIPPED',
            code: 'OPTED_OUT',
            reason,
            finishedAt,
          })
        } else if (command)
          tx.afterCommit(() => cancelSignal.cancel(command.id, [String(item.id)], 'OPTED_OUT', reason))
      }
      await rollUp.itemsChanged(tx, [...new Set(open.map((item) => item.taskId))])
    })
  }

  async #plan(tx: Transaction, taskId: number): Promise<void> {
    const task = await row(this.#deps.db.models.tasks, { where: { id: taskId }, transaction: tx })
    if (task) await this.#deps.rollUp.plan(tx, task)
  }

  async #task(tx: Transaction, taskId: number, verb: TaskVerb): Promise<TaskRow> {
    const task = await row(this.#deps.db.models.tasks, { where: { id: taskId }, transaction: tx })
    if (!task) throw notFound('task', taskId)
    if (!mayDo(verb, task.status)) {
      throw conflict(`task ${taskId} is ${task.status}; ${verb} needs one of ${statesFor(verb).join(', ')}`)
    }
    return task
  }
}
