import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { Empty, IdParams, ids, pageOf, paging, Timestamp } from '../../http/schemas.ts'
import { TEMPLATE_TYPES, type Templates } from './service.ts'

const TypeSchema = z.enum(TEMPLATE_TYPES)
const Template = z
  .strictObject({
    id: z.number().int(),
    name: z.string(),
    type: TypeSchema,
    content: z.string(),
    variables: z.array(z.string()),
    materialIds: z.array(z.number().int()),
    createTime: Timestamp,
  })
  .meta({ id: 'MessageTemplate' })
const Body = z.strictObject({
  name: z.string().trim().min(1).max(100),
  type: TypeSchema,
  content: z.string().max(5000).default(''),
  variables: z
    .array(z.string().regex(/^[\p{L}_][\p{L}\p{N}_]{0,49}$/u, 'is not a variable name'))
    .max(50)
    .default([]),
  materialIds: ids.max(9).default([]),
})

/** Message templates. */
export function templateRoutes(templates: Templates): Route[] {
  return [...readAndAddRoutes(templates), ...changeRoutes(templates)]
}

function readAndAddRoutes(templates: Templates): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/message/templates',
      summary: 'List templates',
      tag: 'messages',
      role: 'viewer',
      query: z.strictObject({ ...paging, keyword: z.string().max(100).optional(), type: TypeSchema.optional() }),
      data: pageOf(Template),
      handle: ({ query }) => templates.list(query, query),
    }),
    defineRoute({
      method: 'post',
      path: '/message/templates',
      summary: 'Add a template; every {variable} must be declared',
      tag: 'messages',
      role: 'operator',
      body: Body,
      data: Template,
      handle: ({ body }) => templates.add(body),
    }),
    defineRoute({
      method: 'get',
      path: '/message/templates/{id}',
      summary: 'One template',
      tag: 'messages',
      role: 'viewer',
      params: IdParams,
      data: Template,
      handle: ({ params }) => templates.get(params.id),
    }),
  ]
}

function changeRoutes(templates: Templates): Route[] {
  return [
    defineRoute({
      method: 'patch',
      path: '/message/templates/{id}',
      stateOf: '/message/templates/{id}',
      summary: 'Change a template; tasks keep it as it was',
      tag: 'messages',
      role: 'operator',
      params: IdParams,
      body: z.strictObject({
        name: Body.shape.name.optional(),
        type: TypeSchema.optional(),
        content: z.string().max(5000).optional(),
        variables: Body.shape.variables.unwrap().optional(),
        materialIds: ids.max(9).optional(),
      }),
      data: Template,
      handle: ({ params, body }) => templates.change(params.id, body),
    }),
    defineRoute({
      method: 'delete',
      path: '/message/templates/{id}',
      stateOf: '/message/templates/{id}',
      summary: 'Delete a template no unfinished task uses',
      tag: 'messages',
      role: 'operator',
      params: IdParams,
      data: Empty,
      handle: async ({ params }) => {
        await templates.remove(params.id)
        return null
      },
    }),
  ]
}
