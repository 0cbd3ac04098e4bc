import { Op, type WhereOptions } from 'sequelize'
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { row, rows } from '../database/table.ts'
import { notFound } from '../errors.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { Id, IdParams, pageOf, paging, Timestamp, window, type WorkspaceTime } from '../http/schemas.ts'
import { ITEM_STATUSES, TASK_KINDS, TASK_STATUSES, type ItemRow, type TaskKind, type TaskRow } from './model.ts'
import type { TaskCopies } from './copies.ts'
import { holdsOf, taskHold } from './holds.ts'
import type { TaskOperations } from './operations.ts'
import type { TaskStore } from './store.ts'

const Counts = z
  .record(z.string(), z.number().int())
  .meta({ description: '`total`, and the number of items in each state there are any in' })
const Task = z
  .strictObject({
    id: z.number().int(),
    kind: z.enum(TASK_KINDS),
    name: z.string(),
    status: z.enum(TASK_STATUSES),
    scheduledTime: Timestamp.nullable(),
    createTime: Timestamp,
    startedAt: Timestamp.nullable(),
    finishedAt: Timestamp.nullable(),
    counts: Counts,
    reason: z.string().nullable(),
  })
  .meta({ id: 'Task' })
const Item = z
  .strictObject({
    id: z.number().int(),
    taskId: z.number().int(),
    deviceId: z.number().int(),
    accountId: z.number().int().nullable(),
    customerId: z.number().int().nullable(),
    groupId: z.number().int().nullable(),
    action: z.string(),
    receiver: z.string(),
    status: z.enum(ITEM_STATUSES),
    code: z.string().nullable(),
    reason: z.string().nullable(),
    provisional: z.boolean().meta({ description: 'A silent phone may still replace this state' }),
    commandId: z.string().nullable(),
    attempts: z.number().int(),
    startedAt: Timestamp.nullable(),
    finishedAt: Timestamp.nullable(),
    evidenceUrl: z.string().nullable(),
  })
  .meta({ id: 'Item' })
const Retried = Task.extend({
  retried: z.number().int().meta({ description: 'Items that are tried again' }),
  unsure: z.number().int().meta({ description: 'Failed items left alone: a silent phone may still say it did them' }),
}).meta({ id: 'RetriedTask' })
/** Paths of the specification that list tasks of one kind. */
const KIND_PATHS: readonly (readonly [string, TaskKind, string])[] = [
  ['/wechat/moments/tasks', 'MOMENTS', 'moments'],
  ['/message/tasks', 'MESSAGE', 'messages'],
]

export interface TaskRoutesDeps {
  readonly db: Database
  readonly time: WorkspaceTime
  readonly store: TaskStore
  readonly operations: TaskOperations
  readonly copies: TaskCopies
  readonly clock: Clock
}

/** Every task of every kind, by one id space. */
export function taskRoutes(deps: TaskRoutesDeps): Route[] {
  const views = new TaskViews(deps)
  return [
    listRoute(views, '/tasks', undefined, 'tasks'),
    getRoute(views, '/tasks/{id}', undefined, 'tasks'),
    itemsRoute(views, '/tasks/{id}/items', undefined, 'tasks'),
    ...KIND_PATHS.flatMap(([path, kind, tag]) => [
      listRoute(views, path, kind, tag),
      getRoute(views, `${path}/{id}`, kind, tag),
      itemsRoute(views, `${path}/{id}/items`, kind, tag),
    ]),
    ...verbRoutes(deps, views),
  ]
}

function listRoute(views: TaskViews, path: string, kind: TaskKind | undefined, tag: string): Route {
  return defineRoute({
    method: 'get',
    path,
    summary: kind ? `List ${kind} tasks, newest first` : 'List tasks of every kind, newest first',
    tag,
    role: 'viewer',
    query: z.strictObject({
      ...paging,
      ...(kind ? {} : { kind: z.enum(TASK_KINDS).optional() }),
      status: z.enum(TASK_STATUSES).optional(),
      deviceId: Id.optional(),
      startTime: views.time.schema.optional(),
      endTime: views.time.endSchema.optional(),
    }),
    data: pageOf(Task),
    handle: async ({ query }) =>
      await views.list({
        ...query,
        kind: kind ?? ('kind' in query ? (query.kind as TaskKind | undefined) : undefined),
      }),
  })
}

const getRoute = (views: TaskViews, path: string, kind: TaskKind | undefined, tag: string): Route =>
  defineRoute({
    method: 'get',
    path,
    summary: 'One task',
    tag,
    role: 'viewer',
    params: IdParams,
    data: Task,
    handle: async ({ params }) => await views.one(params.id, kind),
  })

const itemsRoute = (views: TaskViews, path: string, kind: TaskKind | undefined, tag: string): Route =>
  defineRoute({
    method: 'get',
    path,
    summary: 'What became of each receiver or device',
    tag,
    role: 'viewer',
    params: IdParams,
    query: z.strictObject({ ...paging, status: z.enum(ITEM_STATUSES).optional(), code: z.string().max(32).optional() }),
    data: pageOf(Item),
    handle: async ({ params, query }) => await views.items(params.id, kind, query),
  })

function verbRoutes({ operations, copies }: TaskRoutesDeps, views: TaskViews): Route[] {
  const route = (verb: string, summary: string, work: (id: number, userId: number) => Promise<number | void>): Route =>
    defineRoute({
      createsTask: verb === 'copy',
      method: 'post',
      path: `/tasks/{id}/${verb}`,
      summary,
      tag: 'tasks',
      role: 'operator',
      params: IdParams,
      data: Task,
      handle: async ({ params, caller }) => {
        await views.existing(params.id, undefined)
        return await views.one((await work(params.id, caller.userId)) ?? params.id, undefined)
      },
    })
  return [
    route('pause', 'Take back what the phones have not done', async (id) => await operations.pause(id)),
    route(
      'resume',
      'Go on after a pause, or start a draft; one that needs approval waits for it',
      async (id) => await operations.resume(id),
    ),
    route('cancel', 'End it; what was not done is not done', async (id) => await operations.cancel(id)),
    route(
      'approve',
      'Let a task in review go on; not for its author',
      async (id, userId) => await operations.approve(id, userId),
    ),
    route('copy', 'Make a draft that does the same', async (id, userId) => await copies.copy(id, userId)),
    defineRoute({
      method: 'post',
      path: '/tasks/{id}/retry-failed',
      summary: 'Try again what failed for sure',
      tag: 'tasks',
      role: 'operator',
      params: IdParams,
      data: Retried,
      handle: async ({ params }) => {
        const counts = await operations.retryFailed(params.id)
        return { ...(await views.one(params.id, undefined)), ...counts }
      },
    }),
    defineRoute({
      method: 'post',
      path: '/tasks/{id}/reject',
      summary: 'Send a task in review back to its author as a draft',
      tag: 'tasks',
      role: 'operator',
      params: IdParams,
      body: z.strictObject({ reason: z.string().min(1).max(500).default('rejected') }),
      data: Task,
      handle: async ({ params, body }) => {
        await operations.reject(params.id, body.reason)
        return await views.one(params.id, undefined)
      },
    }),
  ]
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

class TaskViews {
  readonly time: WorkspaceTime
  readonly #db: Database
  readonly #store: TaskStore
  readonly #clock: Clock

  constructor(deps: TaskRoutesDeps) {
    this.time = deps.time
    this.#db = deps.db
    this.#store = deps.store
    this.#clock = deps.clock
  }

  async existing(id: number, kind: TaskKind | undefined): Promise<TaskRow> {
    const task = await row(this.#db.models.tasks, { where: { id, ...(kind ? { kind } : {}) } })
    if (!task) throw notFound('task', id)
    return task
  }

  async one(id: number, kind: TaskKind | undefined) {
    return await this.#view(await this.existing(id, kind))
  }

  async list(filter: TaskFilter) {
    const { page, size, kind, status, deviceId, startTime, endTime } = filter
    const onDevice =
      deviceId === undefined ? undefined : await rows(this.#db.models.taskDevices, { where: { deviceId } })
    const where: WhereOptions<TaskRow> = {
      ...(kind ? { kind } : {}),
      ...(status ? { status } : {}),
      ...(onDevice ? { id: onDevice.map((link) => link.taskId) } : {}),
      createdAt: { [Op.gte]: startTime ?? 0, [Op.lt]: endTime ?? Number.MAX_SAFE_INTEGER },
    }
    const found = await rows(this.#db.models.tasks, { where, ...window({ page, size }), order: [['id', 'DESC']] })
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
    const found = await rows(this.#db.models.items, { where, ...window(query), order: [['id', 'ASC']] })
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
      kind: task.kind,
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
    const {
      id,
      taskId,
      deviceId,
      accountId,
      customerId,
      groupId,
      action,
      receiver,
      status,
      code,
      reason,
      provisional,
      commandId,
      attempts,
    } = item
    return {
      id,
      taskId,
      deviceId,
      accountId,
      customerId,
      groupId,
      action,
      receiver,
      status,
      code,
      reason,
      provisional,
      commandId,
      attempts,
      startedAt: this.time.format(item.startedAt),
      finishedAt: this.time.format(item.finishedAt),
      evidenceUrl: item.evidenceId === null ? null : `/api/v1/evidence/${item.evidenceId}`,
    }
  }
}
