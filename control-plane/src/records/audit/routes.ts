import { Readable } from 'node:stream'
import { z } from 'zod'
import { defineRoute, FileAnswer, type Route } from '../../http/route.ts'
import { pageOf, paging, Timestamp } from '../../http/schemas.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'
import type { AuditReader } from './reader.ts'

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

/** Reading the audit log. */
export function auditRoutes({ reader, time }: { reader: AuditReader; time: WorkspaceTime }): Route[] {
  const filter = {
    username: z.string().max(64).optional(),
    action: z.string().max(100).optional(),
    startTime: time.schema.optional(),
    endTime: time.schema.optional(),
  }
  return [
    defineRoute({
      method: 'get',
      path: '/audit',
      summary: 'Who changed what, newest first',
      tag: 'audit',
      role: 'admin',
      query: z.strictObject({ ...paging, ...filter }),
      data: pageOf(Entry),
      handle: ({ query }) => reader.list(query, query),
    }),
    defineRoute({
      method: 'get',
      path: '/audit/export',
      summary: 'The audit log as a file, oldest first: one JSON object a line',
      tag: 'audit',
      role: 'admin',
      query: z.strictObject(filter),
      fileTypes: [EXPORT_TYPE],
      handle: async ({ query }) =>
        new FileAnswer({
          mimeType: EXPORT_TYPE,
          filename: 'audit.ndjson',
          open: async () => Readable.from(reader.lines(query)),
        }),
    }),
  ]
}
