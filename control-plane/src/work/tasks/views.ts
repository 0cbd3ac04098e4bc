import { Op, type WhereOptions } from 'sequelize'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { pick } from '../../infra/database/statements.ts'
import { row, rows } from '../../infra/database/table.ts'
import { deviceStatus } from '../../fleet/devices/status.ts'
import { notFound } from '../../infra/errors.ts'
import { limitOffset } from '../../http/schemas.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'
import { revisionOf } from './approval.ts'
import { holdsOf, taskHold } from './holds.ts'
import type { ItemRow, TaskRow } from '../../infra/database/tables/tasks.ts'
import type { TaskKind, TaskParams } from './kinds/index.ts'
import { paramsView } from './kinds/schemas.ts'
import type { TaskStore } from './store.ts'

export interface TaskViewsDeps {
  readonly db: Database
  readonly time: WorkspaceTime
  readonly store: TaskStore
  readonly clock: Clock
}

interface TaskFilter {
  readonly page: number
  readonly size: number
  readonly kind: TaskKind | undefined
  readonly status?: TaskRow['status'] | undefined
  readonly deviceId?: number | undefined
  readonly startTime?: number | undefined
  readonly endTime?: number | undefined
}

/** Reads tasks as the API shows them. */
export class TaskViews {
  readonly time: WorkspaceTime
  readonly #db: Database
  readonly #store: TaskStore
  readonly #clock: Clock

  constructor(deps: TaskViewsDeps) {
    this.time = deps.time
    this.#db = deps.db
    this.#store = deps.store
    this.#clock = deps.clock
  }

  async existing(id: number, kind: TaskKind | undefined): Promise<TaskRow> {
    const task = await row(this.#db.models.tasks, { where: { id, deletedAt: null, ...(kind ? { kind } : {}) } })
    if (!task) throw notFound('task', id)
    return task
  }

  async brief(id: number) {
    return await this.#view(await this.existing(id, undefined))
  }

  /** With what it is to do, as those see it who have to judge it. */
  async detail(id: number, kind: TaskKind | undefined) {
    const task = await this.existing(id, kind)
    return {
      ...(await this.#view(task)),
      deliverWithinSeconds: task.deliverWithinSeconds,
      revision: revisionOf(task),
      params: paramsView(task.params as TaskParams),
      devices: await this.#devices(id),
    }
  }

  async #devices(taskId: number) {
    // Not their whole rows: who waits for a task asks often, and it may have all phones of a fleet.
    const columns = ['id', 'name', 'disabled', 'online', 'deletedAt'] as const
    const where = 'id IN (SELECT device_id FROM task_devices WHERE task_id = :taskId) ORDER BY id'
    const found = await pick(this.#db, this.#db.models.devices, columns, { where, taskId })
    return found.map((device) => ({
      id: device.id,
      name: device.name,
      status: device.deletedAt === null ? deviceStatus(device) : ('DISABLED' as const),
      deleted: device.deletedAt !== null,
    }))
  }

  async list(filter: TaskFilter) {
    const { page, size, kind, status, deviceId, startTime, endTime } = filter
    const onDevice =
      deviceId === undefined ? undefined : await rows(this.#db.models.taskDevices, { where: { deviceId } })
    const where: WhereOptions<TaskRow> = {
      deletedAt: null,
      ...(kind ? { kind } : {}),
      ...(status ? { status } : {}),
      ...(onDevice ? { id: onDevice.map((link) => link.taskId) } : {}),
      createdAt: { [Op.gte]: startTime ?? 0, [Op.lt]: endTime ?? Number.MAX_SAFE_INTEGER },
    }
    const found = await rows(this.#db.models.tasks, { where, ...limitOffset({ page, size }), order: [['id', 'DESC']] })
    const items = await Promise.all(found.map(async (task) => await this.#view(task)))
    return { items, page, size, total: await this.#db.models.tasks.count({ where }) }
  }

  async items(
    taskId: number,
    kind: TaskKind | undefined,
    query: { page: number; size: number; status?: ItemRow['status'] | undefined; code?: string | undefined },
  ) {
    await this.existing(taskId, kind)
    const { page, size, status, code } = query
    const holds = await holdsOf(this.#db, taskId, this.#clock.now().getTime())
    const holdOf = (item: ItemRow) => (item.status === 'PENDING' ? holds.get(item.commandId ?? '') : undefined)
    const held = [...holds].flatMap(([commandId, hold]) => (hold.code === code ? [commandId] : []))
    const where: WhereOptions<ItemRow> = {
      taskId,
      ...(status ? { status } : {}),
      ...(code ? { [Op.or]: [{ code }, { status: 'PENDING', commandId: held }] } : {}),
    }
    const found = await rows(this.#db.models.items, { where, ...limitOffset(query), order: [['id', 'ASC']] })
    return {
      items: found.map((item) => this.#item({ ...item, ...holdOf(item) })),
      page,
      size,
      total: await this.#db.models.items.count({ where }),
    }
  }

  async #view(task: TaskRow) {
    const counts = await this.#store.counts(task.id)
    const total = Object.values(counts).reduce((n, count) => n + count, 0)
    const onPhones = (counts.DISPATCHED ?? 0) + (counts.RUNNING ?? 0)
    const waits = task.status === 'PROCESSING' && task.reason === null
    const now = this.#clock.now().getTime()
    return {
      id: task.id,
      kind: task.kind as TaskKind,
      name: task.name,
      status: task.status,
      scheduledTime: this.time.format(task.scheduledTime),
      createTime: this.time.format(task.createdAt),
      startedAt: this.time.format(task.startedAt),
      finishedAt: this.time.format(task.finishedAt),
      counts: { total, ...counts },
      reason: waits ? await taskHold(this.#db, task.id, onPhones, now) : task.reason,
    }
  }

  #item(item: ItemRow) {
    return {
      id: item.id,
      taskId: item.taskId,
      deviceId: item.deviceId,
      accountId: item.accountId,
      customerId: item.customerId,
      groupId: item.groupId,
      action: item.action,
      receiver: item.receiver,
      status: item.status,
      code: item.code,
      reason: item.reason,
      provisional: item.provisional,
      commandId: item.commandId,
      attempts: item.attempts,
      startedAt: this.time.format(item.startedAt),
      finishedAt: this.time.format(item.finishedAt),
      evidenceUrl: evidenceUrl(item.evidenceId),
      result: resultOf(item),
    }
  }
}

/** Where the picture is that shows why an item failed. */
export const evidenceUrl = (evidenceId: number | null): string | null =>
  evidenceId === null ? null : `/api/v1/evidence/${evidenceId}`

/** What the handler of a custom command answered; null for nothing. */
export const resultOf = ({ result }: Pick<ItemRow, 'result'>): unknown => (result === null ? null : JSON.parse(result))
