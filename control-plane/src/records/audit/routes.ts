import { Readable } from 'node:stream'
import { Op, type WhereOptions } from 'sequelize'
import { z } from 'zod'
import type { Database } from '../../infra/database/database.ts'
import { rows } from '../../infra/database/table.ts'
import { defineRoute, FileAnswer, type Route } from '../../http/route.ts'
import { pageOf, paging, Timestamp, limitOffset } from '../../http/schemas.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'
import type { AuditRow } from '../../infra/database/tables/audit.ts'

const EXPORT_BATCH = 500
const EXPORT_TYPE = 'application/x-ndjson'
const Entry = z
  .strictObject({
    id: z.number().int(),
    at: Timestamp,
    username: z.string(),
    ip: z.string(),
    action: z.string(),
    target: z.string(),
    request: z.unknown().meta({ description: 'What was asked for, without secrets' }),
    before: z.unknown().meta({ description: 'The state of what was changed, where there was one' }),
    after: z.unknown().meta({ description: 'The answer, without secrets' }),
    outcome: z
      .number()
      .int()
      .meta({ description: 'HTTP status; 0 when it took effect and the server ended before it could answer' }),
    requestId: z.string(),
  })
  .meta({ id: 'AuditEntry' })

export interface AuditRoutesDeps {
  readonly db: Database
  readonly time: WorkspaceTime
}

/** Reading the audit log. */
export function auditRoutes(deps: AuditRoutesDeps): Route[] {
  return [listRoute(deps), exportRoute(deps)]
}

const filter = (time: WorkspaceTime) => ({
  username: z.string().max(64).optional(),
  action: z.string().max(100).optional(),
  startTime: time.schema.optional(),
  endTime: time.schema.optional(),
})

function listRoute({ db, time }: AuditRoutesDeps): Route {
  return defineRoute({
    method: 'get',
    path: '/audit',
    summary: 'Who changed what, newest first',
    tag: 'audit',
    role: 'admin',
    query: z.strictObject({ ...paging, ...filter(time) }),
    data: pageOf(Entry),
    handle: async ({ query }) => {
      const where = whereOf(query)
      const found = await rows(db.models.auditLog, { where, ...limitOffset(query), order: [['id', 'DESC']] })
      const items = found.map((entry) => view(entry, time))
      return { items, page: query.page, size: query.size, total: await db.models.auditLog.count({ where }) }
    },
  })
}

function exportRoute({ db, time }: AuditRoutesDeps): Route {
  return defineRoute({
    method: 'get',
    path: '/audit/export',
    summary: 'The audit log as a file, oldest first: one JSON object a line',
    tag: 'audit',
    role: 'admin',
    query: z.strictObject(filter(time)),
    fileTypes: [EXPORT_TYPE],
    handle: async ({ query }) => {
      const lines = async function* (): AsyncGenerator<string> {
        for await (const entry of entries(db, whereOf(query))) yield `${JSON.stringify(view(entry, time))}\n`
      }
      return new FileAnswer({
        mimeType: EXPORT_TYPE,
        filename: 'audit.ndjson',
        open: async () => Readable.from(lines()),
      })
    },
  })
}

async function* entries(db: Database, where: WhereOptions<AuditRow>): AsyncGenerator<AuditRow> {
  for (let last = 0; ;) {
    const some = await rows(db.models.auditLog, {
      where: { [Op.and]: [where, { id: { [Op.gt]: last } }] },
      order: [['id', 'ASC']],
      limit: EXPORT_BATCH,
    })
    yield* some
    const { id } = some.at(-1) ?? {}
    if (id === undefined) return
    last = id
  }
}

/** Each call once: by how it ended. */
function whereOf(query: z.output<z.ZodObject<ReturnType<typeof filter>>>): WhereOptions<AuditRow> {
  const { username, action, startTime, endTime } = query
  return {
    kind: 'OUTCOME',
    ...(username === undefined ? {} : { username }),
    ...(action === undefined ? {} : { action }),
    ...(startTime === undefined && endTime === undefined
      ? {}
      : { at: { [Op.gte]: startTime ?? 0, [Op.lt]: endTime ?? Number.MAX_SAFE_INTEGER } }),
  }
}

function view(entry: AuditRow, time: WorkspaceTime) {
  const { id, at, username, ip, action, target, request, before, after, outcome, requestId } = entry
  return { id, at: time.format(at), username, ip, action, target, request, before, after, outcome, requestId }
}
