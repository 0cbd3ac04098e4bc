import type { Transaction } from 'sequelize'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { row } from '../../infra/database/table.ts'
import type { DeviceRow } from '../../infra/database/tables/devices.ts'
import type { ItemLedger } from '../../fleet/commands/items.ts'
import { conflict, notFound } from '../../infra/errors.ts'
import type { Approval } from './approval.ts'
import type { TaskCreation } from './creation.ts'
import { kindOf, type TaskParams } from './kinds/index.ts'
import type { Prepared } from './kinds/kind.ts'
import { changeOf, type ParamsChange } from './kinds/schemas.ts'
import type { TaskRow, TaskStatus } from '../../infra/database/tables/tasks.ts'
import type { TaskStore } from './store.ts'

const CHANGEABLE: readonly TaskStatus[] = ['DRAFT', 'IN_REVIEW', 'SCHEDULED']

export interface ChangesDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'taskDevices'>
  readonly store: TaskStore
  readonly items: ItemLedger
  readonly creation: TaskCreation
  readonly approval: Approval
  now(): number
  /** Moves the alarm of a scheduled task. */
  schedule(taskId: number, at: number): Promise<void>
}

/** What is to become of a task; what is not given stays. */
export interface TaskChange {
  readonly name?: string | undefined
  readonly scheduledTime?: number | undefined
  readonly deliverWithinSeconds?: number | undefined
  readonly devices?: readonly number[] | undefined
  readonly params?: ParamsChange | undefined
}

interface Remade {
  readonly prepared: Prepared<TaskParams>
  readonly devices: readonly DeviceRow[]
}

/** Changes tasks that have not begun. */
export class TaskChanges {
  readonly #deps: ChangesDeps

  constructor(deps: ChangesDeps) {
    this.#deps = deps
  }

  /** Answers what its author should know. Throws CONFLICT once the task has begun, and what creation throws. */
  async change(taskId: number, change: TaskChange, userId: number): Promise<readonly string[]> {
    const { db, store, creation } = this.#deps
    const before = await this.#changeable(taskId)
    creation.checkTime(change.scheduledTime)
    const remade = await this.#remade(before, change)
    const { name, scheduledTime, deliverWithinSeconds } = change
    const params = remade?.prepared.params
    const look = params && kindOf(params).look(params)
    const values = Object.fromEntries(
      Object.entries({ name, scheduledTime, deliverWithinSeconds, params, look }).filter(
        ([, value]) => value !== undefined,
      ),
    )
    if (Object.keys(values).length === 0) return []
    const after = await db.write(async (tx) => {
      const task = await this.#changeable(taskId, tx)
      if (remade && JSON.stringify(task.params) !== JSON.stringify(before.params))
        throw conflict(`task ${taskId} was changed by somebody else meanwhile; read it and change it again`)
      if (remade) await this.#replaceParts(tx, taskId, remade)
      // A name changes nothing of what is done.
      const onlyNamed = Object.keys(values).join() === 'name'
      const judged = onlyNamed ? { status: task.status } : await this.#judged(tx, task, userId)
      await store.changeTask(tx, taskId, { ...values, ...judged })
      return { ...task, ...values, ...judged }
    })
    const startMs = after.scheduledTime ?? this.#deps.now()
    if (after.status === 'SCHEDULED' && scheduledTime !== undefined) await this.#deps.schedule(taskId, startMs)
    if (!remade) return []
    const task = { params: remade.prepared.params, deliverWithinSeconds: after.deliverWithinSeconds }
    return [...(remade.prepared.warnings ?? []), ...(await creation.deviceWarnings(task, remade.devices, startMs))]
  }

  /** The task as the change makes it; undefined when it leaves what is to be done as it is. */
  async #remade(task: TaskRow, { devices: deviceIds, params = {} }: TaskChange): Promise<Remade | undefined> {
    const { creation } = this.#deps
    if (!deviceIds && Object.values(params).every((value) => value === undefined)) return undefined
    const before = task.params as TaskParams
    const kind = kindOf(before)
    const devices = await creation.devices(deviceIds ?? before.devices, kind)
    // By the same checks as at its creation, and for the receivers there are now.
    const request = kind.changed(before, changeOf(kind, params))
    return { prepared: await creation.prepare(kind, request, devices), devices }
  }

  /** Nothing of them has been on a phone, or counts for anything. */
  async #replaceParts(tx: Transaction, taskId: number, { prepared, devices }: Remade): Promise<void> {
    await this.#deps.items.destroyOf(tx, taskId)
    await this.#deps.tables.taskDevices.destroy({ where: { taskId }, transaction: tx })
    await this.#deps.creation.writeParts(tx, taskId, prepared, devices)
  }

  /** A changed task goes back to review when it needs one, because the approval was for another version. */
  async #judged(tx: Transaction, task: TaskRow, userId: number) {
    const { approval } = this.#deps
    const changedBy = [...(task.changedBy ?? []), userId]
    if (task.status === 'DRAFT') return { status: task.status, changedBy }
    const changed = { ...task, changedBy }
    const review = await approval.neededFor(tx, changed)
    if (review === undefined && task.status === 'SCHEDULED') return { status: task.status, changedBy, reason: null }
    return { status: 'IN_REVIEW' as const, changedBy, reason: review ?? (await approval.anew(tx, changed)) }
  }

  async #changeable(id: number, tx?: Transaction): Promise<TaskRow> {
    const where = { id, deletedAt: null }
    const task = await row(this.#deps.db.models.tasks, { where, ...(tx ? { transaction: tx } : {}) })
    if (!task) throw notFound('task', id)
    if (CHANGEABLE.includes(task.status) && !task.cancelled) return task
    const status = task.cancelled ? 'CANCELLED' : task.status
    throw conflict(
      `task ${id} is ${status}, and only one that has not begun can be changed (${CHANGEABLE.join(', ')}); copy it with POST /tasks/${id}/copy and change the copy`,
    )
  }
}
