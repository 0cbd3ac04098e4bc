import { z } from 'zod'
import type { Database } from '../database/database.ts'
import { rows } from '../database/table.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { pageOf, paging, Timestamp, window, type WorkspaceTime } from '../http/schemas.ts'

const Entry = z
  .strictObject({
    id: z.number().int(),
    at: Timestamp,
    username: z.string(),
    ip: z.string(),
    action: z.string(),
    target: z.string(),
    before: z.unknown(),
    after: z.unknown(),
    outcome: z.number().int(),
    requestId: z.string(),
  })
  .meta({ id: 'AuditEntry' })

/** Reading the audit log. */
export function auditRoutes({ db, time }: { db: Database; time: WorkspaceTime }): Route[] {
  const { auditLog } = db.models
  return [
    defineRoute({
      method: 'get',
      path: '/audit',
      summary: 'Who changed what, newest first',
      tag: 'audit',
      role: 'admin',
      query: z.strictObject({ ...paging, username: z.string().optional(), action: z.string().optional() }),
      data: pageOf(Entry),
      handle: async ({ query }) => {
        const where = {
          ...(query.username ? { username: query.username } : {}),
          ...(query.action ? { action: query.action } : {}),
        }
        const found = await rows(auditLog, { where, ...window(query), order: [['id', 'DESC']] })
        const items = found.map(({ id, at, username, ip, action, target, before, after, outcome, requestId }) => ({
          id,
          at: time.format(at),
          username,
          ip,
          action,
          target,
          before,
          after,
          outcome,
          requestId,
        }))
        return { items, page: query.page, size: query.size, total: await auditLog.count({ where }) }
      },
    }),
  ]
}
