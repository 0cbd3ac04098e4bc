import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { Empty, IdParams, pageOf, Paging } from '../../http/schemas.ts'
import { Tag } from './schema.ts'
import type { Tags } from './tags.ts'

const TagBody = z.strictObject({ name: z.string().trim().min(1).max(100) })

/** Tags of customers. */
export function tagRoutes(tags: Tags): Route[] {
  return [...readAndAddRoutes(tags), ...changeRoutes(tags)]
}

function readAndAddRoutes(tags: Tags): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/tags',
      summary: 'List tags',
      tag: 'people',
      role: 'viewer',
      query: Paging,
      data: pageOf(Tag),
      handle: ({ query }) => tags.list(query),
    }),
    defineRoute({
      method: 'post',
      path: '/tags',
      summary: 'Add a tag',
      tag: 'people',
      role: 'operator',
      body: TagBody,
      data: Tag,
      handle: ({ body }) => tags.add(body.name),
    }),
    defineRoute({
      method: 'get',
      path: '/tags/{id}',
      summary: 'One tag',
      tag: 'people',
      role: 'viewer',
      params: IdParams,
      data: Tag,
      handle: ({ params }) => tags.get(params.id),
    }),
  ]
}

function changeRoutes(tags: Tags): Route[] {
  return [
    defineRoute({
      method: 'patch',
      path: '/tags/{id}',
      stateOf: '/tags/{id}',
      summary: 'Rename a tag',
      tag: 'people',
      role: 'operator',
      params: IdParams,
      body: TagBody,
      data: Tag,
      handle: ({ params, body }) => tags.rename(params.id, body.name),
    }),
    defineRoute({
      method: 'delete',
      path: '/tags/{id}',
      stateOf: '/tags/{id}',
      summary: 'Delete a tag no unfinished task names, and take it off its customers',
      tag: 'people',
      role: 'operator',
      params: IdParams,
      data: Empty,
      handle: async ({ params }) => {
        await tags.remove(params.id)
        return null
      },
    }),
  ]
}
