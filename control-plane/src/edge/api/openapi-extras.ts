import { z } from 'zod'
import { refusal, type OpenApiExtras } from './openapi.ts'

const atRoot = { servers: [{ url: '/' }] }
const Health = z
  .strictObject({
    status: z.enum(['ok', 'unavailable']),
    checks: z.record(z.string(), z.strictObject({ ok: z.boolean(), reason: z.string().optional() })),
  })
  .meta({ id: 'Health' })
const health = { content: { 'application/json': { schema: Health } } }
const TaskEvent = z
  .strictObject({
    seq: z.number().int().meta({ description: 'Rises by the order of the database' }),
    type: z.enum(['task.updated', 'item.updated', 'device.updated']),
    id: z.number().int(),
    taskId: z.number().int().optional(),
    status: z.string(),
    at: z.string(),
  })
  .meta({ id: 'TaskEvent' })

const paths: OpenApiExtras['paths'] = {
  '/ws': {
    get: {
      operationId: 'getWs',
      summary: 'State changes as they happen, over a WebSocket; each message is a TaskEvent',
      description:
        'Closed with 1013 when the client reads too slowly, with 4401 when its token has ended, with 1001 when the server stops. Come back with `since` and miss nothing.',
      tags: ['events'],
      security: [],
      requestParams: {
        query: z.strictObject({
          token: z.string().optional().meta({ description: 'An access token; or send it as Authorization' }),
          since: z.number().int().min(0).optional().meta({ description: 'Replays everything after this seq first' }),
        }),
      },
      responses: { 101: { description: 'A WebSocket from now on' }, default: refusal },
    },
  },
  '/healthz': {
    ...atRoot,
    get: {
      operationId: 'getHealthz',
      summary: 'Alive?',
      tags: ['health'],
      security: [],
      responses: { 200: { description: 'Alive', ...health } },
    },
  },
  '/readyz': {
    ...atRoot,
    get: {
      operationId: 'getReadyz',
      summary: 'Do database, scheduler and gateway work?',
      tags: ['health'],
      security: [],
      responses: {
        200: { description: 'All of them work', ...health },
        503: { description: 'One does not, and why', ...health },
      },
    },
  },
  '/metrics': {
    ...atRoot,
    get: {
      operationId: 'getMetrics',
      summary: 'For Prometheus',
      tags: ['health'],
      security: [],
      responses: { 200: { description: 'Metrics', content: { 'text/plain': { schema: { type: 'string' } } } } },
    },
  },
}

/** The WebSocket, the health checks and the metrics, which are not routes. */
export const openApiExtras: OpenApiExtras = { paths, schemas: { TaskEvent } }
