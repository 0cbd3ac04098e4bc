import { z } from 'zod'
import { defineRoute, FileAnswer, type Route } from '../../http/route.ts'
import { Empty, Id, IdParams, pageOf, paging, Timestamp } from '../../http/schemas.ts'
import { LONGEST_NAME, MEDIA_TYPES, type Materials } from './service.ts'

const TypeSchema = z.enum(['IMAGE', 'VIDEO', 'FILE'])
const Material = z
  .strictObject({
    id: z.number().int(),
    name: z.string(),
    type: TypeSchema,
    mimeType: z.string(),
    size: z.number().int(),
    sha256: z.string(),
    url: z.string(),
    categoryId: z.number().int().nullable(),
    createTime: Timestamp,
  })
  .meta({ id: 'Material' })
const Name = z.string().min(1).max(LONGEST_NAME)

/** Media files. */
export function materialRoutes(materials: Materials): Route[] {
  return [uploadRoute(materials), ...readRoutes(materials), ...changeRoutes(materials)]
}

function uploadRoute(materials: Materials): Route {
  return defineRoute({
    method: 'post',
    path: '/materials',
    summary: 'Upload a file; the same bytes answer the same id',
    tag: 'materials',
    role: 'operator',
    upload: true,
    body: z.strictObject({ name: Name.optional(), categoryId: Id.optional() }),
    data: Material,
    handle: ({ body, file }) => materials.upload(file, body),
  })
}

function readRoutes(materials: Materials): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/materials',
      summary: 'List materials',
      tag: 'materials',
      role: 'viewer',
      query: z.strictObject({
        ...paging,
        type: TypeSchema.optional(),
        categoryId: Id.optional(),
        keyword: z.string().max(100).optional(),
      }),
      data: pageOf(Material),
      handle: ({ query }) => materials.list(query, query),
    }),
    defineRoute({
      method: 'get',
      path: '/materials/{id}',
      summary: 'One material',
      tag: 'materials',
      role: 'viewer',
      params: IdParams,
      data: Material,
      handle: ({ params }) => materials.get(params.id),
    }),
    defineRoute({
      method: 'get',
      path: '/materials/{id}/file',
      summary: 'The bytes',
      tag: 'materials',
      role: 'viewer',
      params: IdParams,
      fileTypes: MEDIA_TYPES,
      handle: async ({ params }) => new FileAnswer(await materials.file(params.id)),
    }),
  ]
}

function changeRoutes(materials: Materials): Route[] {
  return [
    defineRoute({
      method: 'patch',
      path: '/materials/{id}',
      stateOf: '/materials/{id}',
      summary: 'Rename a material or move it to another category',
      tag: 'materials',
      role: 'operator',
      params: IdParams,
      body: z.strictObject({ name: Name.optional(), categoryId: z.number().int().positive().nullable().optional() }),
      data: Material,
      handle: ({ params, body }) => materials.change(params.id, body),
    }),
    defineRoute({
      method: 'delete',
      path: '/materials/{id}',
      stateOf: '/materials/{id}',
      summary: 'Delete a material no unfinished task or template uses',
      tag: 'materials',
      role: 'operator',
      params: IdParams,
      data: Empty,
      handle: async ({ params }) => {
        await materials.remove(params.id)
        return null
      },
    }),
  ]
}
