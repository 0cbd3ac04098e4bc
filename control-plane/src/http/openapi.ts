import { z } from 'zod'
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import type { Route } from './route.ts'

const ErrorEnvelope = z
  .strictObject({
    code: z.number().int(),
    msg: z.string().meta({ description: 'What is wrong and what to do' }),
    data: z.null(),
    timestamp: z.number().int(),
    errorCode: z.string(),
    requestId: z.string(),
  })
  .meta({ id: 'Error' })

/** The OpenAPI 3.1 document of these routes. */
export function openApiDocument(routes: readonly Route[]): ReturnType<typeof createDocument> {
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
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    security: [{ bearer: [] }],
    paths,
  })
}

function operation(route: Route): ZodOpenApiOperationObject {
  const answer = route.data
    ? {
        'application/json': {
          schema: z.strictObject({
            code: z.literal(200),
            msg: z.string(),
            data: route.data,
            timestamp: z.number().int(),
          }),
        },
      }
    : { 'application/octet-stream': { schema: { type: 'string' as const, format: 'binary' } } }
  return {
    operationId: `${route.method}${route.path.replaceAll(/[^a-zA-Z]+(.)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? '')}`,
    summary: route.summary,
    tags: [route.tag],
    ...(route.role === 'public' ? { security: [] } : {}),
    requestParams: { path: route.params as z.ZodObject, query: route.query as z.ZodObject },
    ...(route.body ? { requestBody: requestBody(route, route.body) } : {}),
    responses: {
      200: { description: 'Done', content: answer },
      default: {
        description: 'Refused; nothing was changed',
        content: { 'application/json': { schema: ErrorEnvelope } },
      },
    },
  }
}

function requestBody(route: Route, body: z.ZodType) {
  if (!route.upload) return { required: true, content: { 'application/json': { schema: body } } }
  const fields = (body as z.ZodObject).extend({ file: z.string().meta({ format: 'binary' }) })
  return { required: true, content: { 'multipart/form-data': { schema: fields } } }
}
