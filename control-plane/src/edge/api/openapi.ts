import { z, type ZodType } from 'zod'
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import type { Route } from '../../http/route.ts'

const ErrorEnvelope = z
  .strictObject({
    code: z.number().int().meta({ description: 'The HTTP status' }),
    msg: z.string().meta({ description: 'What is wrong and what to do' }),
    data: z.null(),
    timestamp: z.number().int(),
    errorCode: z.string(),
    requestId: z.string(),
  })
  .meta({ id: 'Error' })
const BYTES = { schema: { type: 'string' as const, format: 'binary' } }
const IdempotencyKey = z.strictObject({
  'Idempotency-Key': z.string().min(1).max(128).optional().meta({
    description:
      'A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again',
  }),
})

/** The answer of every refusal. */
export const refusal = {
  description: 'Refused; nothing was changed',
  content: { 'application/json': { schema: ErrorEnvelope } },
}

/** Paths and schemas of answers that no route describes. */
export interface OpenApiExtras {
  readonly paths: ZodOpenApiPathsObject
  readonly schemas: Readonly<Record<string, ZodType>>
}

/** Returns the OpenAPI 3.1 document of these routes and of what the server answers besides them. */
export function openApiDocument(routes: readonly Route[], extras?: OpenApiExtras): ReturnType<typeof createDocument> {
  const paths: ZodOpenApiPathsObject = {}
  for (const route of routes) {
    const path = (paths[route.path] ??= {})
    path[route.method] = operation(route)
  }
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Muster',
      version: '1.0.0',
      description: 'Device-fleet control plane. Answers are in one envelope; times carry the offset of the workspace.',
    },
    servers: [{ url: '/api/v1' }],
    components: {
      schemas: { ...extras?.schemas },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
    security: [{ bearer: [] }],
    paths: { ...paths, ...extras?.paths },
  })
}

function operation(route: Route): ZodOpenApiOperationObject {
  const isKept = route.method === 'post' && route.role !== 'public'
  return {
    operationId: `${route.method}${route.path.replaceAll(/[^a-zA-Z]+(.)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? '')}`,
    summary: route.summary,
    tags: [route.tag],
    ...(route.role === 'public' ? { security: [] } : {}),
    requestParams: {
      path: route.params as z.ZodObject,
      query: route.query as z.ZodObject,
      ...(isKept ? { header: IdempotencyKey } : {}),
    },
    ...(route.body || route.upload ? { requestBody: requestBody(route) } : {}),
    responses: { ...(route.data ? enveloped(route.data) : bytes(route.fileTypes)), default: refusal },
  }
}

function enveloped(data: ZodType): ZodOpenApiOperationObject['responses'] {
  const envelope = z.strictObject({
    code: z.literal(200),
    msg: z.string(),
    data,
    timestamp: z.number().int(),
    requestId: z.string(),
  })
  return { 200: { description: 'Done', content: { 'application/json': { schema: envelope } } } }
}

function bytes(types: readonly string[]): ZodOpenApiOperationObject['responses'] {
  const content = Object.fromEntries(types.map((type) => [type, BYTES]))
  return {
    200: { description: 'The bytes; ETag is their SHA-256 where they never change', content },
    206: { description: 'The part that Range asked for', content },
    304: { description: 'The client has them already: If-None-Match named their ETag' },
  }
}

function requestBody(route: Route) {
  const fields = route.body ?? z.strictObject({})
  if (!route.upload)
    return { required: !fields.safeParse({}).success, content: { 'application/json': { schema: fields } } }
  const form = (fields as z.ZodObject).extend({ file: z.string().meta({ format: 'binary' }) })
  return { required: true, content: { 'multipart/form-data': { schema: form } } }
}
