import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { Empty, IdParams, pageOf, Paging } from '../../http/schemas.ts'
import type { Categories } from './categories.ts'

const Category = z
  .strictObject({ id: z.number().int(), name: z.string(), parentId: z.number().int().nullable() })
  .meta({ id: 'MaterialCategory' })
const Name = z.string().min(1).max(100)
const ParentId = z.number().int().positive().nullable().meta({ description: 'null is the root' })

/** A tree of categories for materials. */
export function categoryRoutes(categories: Categories): Route[] {
  return [...readRoutes(categories), ...writeRoutes(categories)]
}

function readRoutes(categories: Categories): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/material-categories',
      summary: 'List categories',
      tag: 'materials',
      role: 'viewer',
      query: Paging,
      data: pageOf(Category),
      handle: ({ query }) => categories.list(query),
    }),
    defineRoute({
      method: 'get',
      path: '/material-categories/{id}',
      summary: 'One category',
      tag: 'materials',
      role: 'viewer',
      params: IdParams,
      data: Category,
      handle: ({ params }) => categories.get(params.id),
    }),
  ]
}

function writeRoutes(categories: Categories): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/material-categories',
      summary: 'Add a category',
      tag: 'materials',
      role: 'operator',
      body: z.strictObject({ name: Name, parentId: ParentId.default(null) }),
      data: Category,
      handle: ({ body }) => categories.add(body),
    }),
    defineRoute({
      method: 'patch',
      path: '/material-categories/{id}',
      stateOf: '/material-categories/{id}',
      summary: 'Rename or move a category',
      tag: 'materials',
      role: 'operator',
      params: IdParams,
      body: z.strictObject({ name: Name.optional(), parentId: ParentId.optional() }),
      data: Category,
      handle: ({ params, body }) => categories.change(params.id, body),
    }),
    defineRoute({
      method: 'delete',
      path: '/material-categories/{id}',
      stateOf: '/material-categories/{id}',
      summary: 'Delete an empty category',
      tag: 'materials',
      role: 'operator',
      params: IdParams,
      data: Empty,
      handle: async ({ params }) => {
        await categories.remove(params.id)
        return null
      },
    }),
  ]
}
