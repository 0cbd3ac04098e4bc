import { ERROR_CODES } from '@muster/proto'
import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { Empty, Id, IdParams, pageOf, paging, nonBlankText } from '../../http/schemas.ts'
import type { TaskChanges } from './changes.ts'
import type { TaskCopies } from './copies.ts'
import type { TaskCreation } from './creation.ts'
import { ALL_KINDS, TASK_KINDS, type AnyKind, type TaskKind } from './kinds/index.ts'
import { ParamsChange } from './kinds/schemas.ts'
import type { TaskOperations } from './operations.ts'
import { changeableFields, commonFields, CreatedOrDryRun, DryRunQuery, type CommonRequest } from './task-requests.ts'
import { ChangedTask, Item, ItemStatus, Retried, Task, TaskDetail, TaskStatus } from './task-schemas.ts'
import { TaskViews, type TaskViewsDeps } from './views.ts'

export interface TaskRoutesDeps extends TaskViewsDeps {
  readonly operations: TaskOperations
  readonly copies: TaskCopies
  readonly changes: TaskChanges
  readonly creation: TaskCreation
}

/** A route that creates tasks for each kind, and those for every task of every kind, by one id space. */
export function taskRoutes(deps: TaskRoutesDeps): Route[] {
  const views = new TaskViews(deps)
  return [
    ...ALL_KINDS.map((kind) => createRoute(deps, kind)),
    listRoute(views, '/tasks', undefined, 'tasks'),
    getRoute(views, '/tasks/{id}', undefined, 'tasks'),
    itemsRoute(views, '/tasks/{id}/items', undefined, 'tasks'),
    ...ALL_KINDS.filter(({ listed }) => listed).flatMap(({ path, kind, tag }) => [
      listRoute(views, path, kind, tag),
      getRoute(views, `${path}/{id}`, kind, tag),
      itemsRoute(views, `${path}/{id}/items`, kind, tag),
    ]),
    ...verbRoutes(deps, views),
    changeRoute(deps, views),
    deleteRoute(deps),
  ]
}

const createRoute = ({ creation, time }: TaskRoutesDeps, kind: AnyKind): Route =>
  defineRoute({
    method: 'post',
    path: kind.path,
    summary: kind.summary,
    tag: kind.tag,
    role: 'operator',
    limit: 'task-creation',
    query: DryRunQuery,
    body: z.strictObject({ ...commonFields(time), ...kind.fields }),
    data: CreatedOrDryRun,
    handle: ({ body, query, caller }) =>
      // The fields of a kind are known to it alone.
      creation.request(kind, body as CommonRequest, { userId: caller.userId, dryRun: query.dryRun === 'true' }),
  })

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
      status: TaskStatus.optional(),
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
    summary: 'One task, with what it is to do',
    tag,
    role: 'viewer',
    params: IdParams,
    data: TaskDetail,
    handle: async ({ params }) => await views.detail(params.id, kind),
  })

const itemsRoute = (views: TaskViews, path: string, kind: TaskKind | undefined, tag: string): Route =>
  defineRoute({
    method: 'get',
    path,
    summary: 'What became of each receiver or device',
    tag,
    role: 'viewer',
    params: IdParams,
    query: z.strictObject({
      ...paging,
      status: ItemStatus.optional(),
      code: z.enum(ERROR_CODES).optional(),
    }),
    data: pageOf(Item),
    handle: async ({ params, query }) => await views.items(params.id, kind, query),
  })

const changeRoute = ({ changes, time }: TaskRoutesDeps, views: TaskViews): Route =>
  defineRoute({
    method: 'patch',
    path: '/tasks/{id}',
    stateOf: '/tasks/{id}',
    summary:
      'Change a task that has not begun; whom it goes to is looked up again, and what needs approval needs it anew',
    tag: 'tasks',
    role: 'operator',
    params: IdParams,
    body: z.strictObject({ ...changeableFields(time), params: ParamsChange.optional() }),
    data: ChangedTask,
    handle: async ({ params, body, caller }) => {
      const warnings = await changes.change(params.id, body, caller.userId)
      return { ...(await views.detail(params.id, undefined)), warnings: [...warnings] }
    },
  })

const deleteRoute = ({ operations }: TaskRoutesDeps): Route =>
  defineRoute({
    method: 'delete',
    path: '/tasks/{id}',
    stateOf: '/tasks/{id}',
    summary: 'Take back a task that has not begun, or put away one that has ended; cancel any other first',
    tag: 'tasks',
    role: 'operator',
    params: IdParams,
    data: Empty,
    handle: async ({ params }) => {
      await operations.delete(params.id)
      return null
    },
  })

function verbRoutes({ operations, copies }: TaskRoutesDeps, views: TaskViews): Route[] {
  const route = (verb: string, summary: string, work: (id: number, userId: number) => Promise<number | void>): Route =>
    defineRoute({
      limit: verb === 'copy' ? 'task-creation' : undefined,
      method: 'post',
      path: `/tasks/{id}/${verb}`,
      stateOf: '/tasks/{id}',
      summary,
      tag: 'tasks',
      role: 'operator',
      params: IdParams,
      data: Task,
      handle: async ({ params, caller }) => {
        await views.existing(params.id, undefined)
        return await views.brief((await work(params.id, caller.userId)) ?? params.id)
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
    route('copy', 'Make a draft that does the same', async (id, userId) => await copies.copy(id, userId)),
    defineRoute({
      method: 'post',
      path: '/tasks/{id}/retry-failed',
      stateOf: '/tasks/{id}',
      summary: 'Try again what failed for sure',
      tag: 'tasks',
      role: 'operator',
      params: IdParams,
      data: Retried,
      handle: async ({ params }) => {
        const counts = await operations.retryFailed(params.id)
        return { ...(await views.brief(params.id)), ...counts }
      },
    }),
    defineRoute({
      method: 'post',
      path: '/tasks/{id}/approve',
      stateOf: '/tasks/{id}',
      summary: 'Let a task in review go on; not for its author',
      tag: 'tasks',
      role: 'operator',
      params: IdParams,
      body: z.strictObject({
        revision: z
          .number()
          .int()
          .min(0)
          .optional()
          .meta({ description: 'The one that was looked at; needed once the task was changed' }),
      }),
      data: Task,
      handle: async ({ params, body, caller }) => {
        await operations.approve(params.id, caller.userId, body.revision)
        return await views.brief(params.id)
      },
    }),
    defineRoute({
      method: 'post',
      path: '/tasks/{id}/reject',
      stateOf: '/tasks/{id}',
      summary: 'Send a task in review back to its author as a draft',
      tag: 'tasks',
      role: 'operator',
      params: IdParams,
      body: z.strictObject({ reason: nonBlankText(500).default('rejected') }),
      data: Task,
      handle: async ({ params, body }) => {
        await operations.reject(params.id, body.reason)
        return await views.brief(params.id)
      },
    }),
  ]
}
