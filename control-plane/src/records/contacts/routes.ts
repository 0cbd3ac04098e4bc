import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { Empty, Id, IdParams, ids, pageOf, paging } from '../../http/schemas.ts'
import { Tag } from './schema.ts'
import type { Contacts } from './service.ts'

const Customer = z
  .strictObject({
    id: z.number().int(),
    accountId: z.number().int(),
    wechatId: z.string().nullable(),
    nickname: z.string(),
    remark: z.string(),
    region: z.string(),
    source: z.string(),
    optOut: z.boolean(),
    tags: z.array(Tag),
  })
  .meta({ id: 'Customer' })
const LARGEST_IMPORT_BYTES = 5 * 1024 * 1024
const text = (most: number) => z.string().max(most).optional()
const CustomerBody = z.strictObject({
  accountId: z.number().int().positive(),
  wechatId: z.string().trim().min(1).max(64).nullable().optional(),
  nickname: z.string().trim().min(1).max(200),
  remark: text(200),
  region: text(100),
  source: text(40),
  optOut: z.boolean().optional(),
})

/** Customers, alone and many at once. */
export function contactRoutes(contacts: Contacts): Route[] {
  return [...readAndAddRoutes(contacts), ...bulkRoutes(contacts), ...singleRoutes(contacts)]
}

function readAndAddRoutes(contacts: Contacts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/customers',
      summary: 'List customers',
      tag: 'people',
      role: 'viewer',
      query: z.strictObject({
        ...paging,
        accountId: Id.optional(),
        tagId: Id.optional(),
        keyword: z.string().max(100).optional(),
      }),
      data: pageOf(Customer),
      handle: ({ query }) => contacts.list(query, query),
    }),
    defineRoute({
      method: 'post',
      path: '/customers',
      summary: 'Add a customer of an account',
      tag: 'people',
      role: 'operator',
      body: CustomerBody,
      data: Customer,
      handle: ({ body }) => contacts.create(body),
    }),
  ]
}

function bulkRoutes(contacts: Contacts): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/customers/import',
      summary: 'Import customers of one account from a CSV file',
      tag: 'people',
      role: 'operator',
      upload: true,
      largestUploadBytes: LARGEST_IMPORT_BYTES,
      body: z.strictObject({ accountId: Id }),
      data: z.strictObject({
        taken: z.number().int(),
        refused: z.array(z.strictObject({ line: z.number().int(), reason: z.string() })),
      }),
      handle: ({ body, file }) => contacts.importFile(body.accountId, file),
    }),
    defineRoute({
      method: 'post',
      path: '/customers/tags',
      summary: 'Add and remove tags of many customers',
      tag: 'people',
      role: 'operator',
      body: z.strictObject({
        customerIds: ids.min(1).max(100_000),
        add: ids.max(100).default([]),
        remove: ids.max(100).default([]),
      }),
      data: z.strictObject({ customers: z.number().int() }),
      handle: async ({ body }) => ({ customers: await contacts.assignTags(body.customerIds, body.add, body.remove) }),
    }),
  ]
}

function singleRoutes(contacts: Contacts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/customers/{id}',
      summary: 'One customer',
      tag: 'people',
      role: 'viewer',
      params: IdParams,
      data: Customer,
      handle: ({ params }) => contacts.get(params.id),
    }),
    defineRoute({
      method: 'patch',
      path: '/customers/{id}',
      stateOf: '/customers/{id}',
      summary: 'Change a customer; optOut stops every message to it at once',
      tag: 'people',
      role: 'operator',
      params: IdParams,
      body: CustomerBody.omit({ accountId: true }).partial(),
      data: Customer,
      handle: ({ params, body }) => contacts.update(params.id, body),
    }),
    defineRoute({
      method: 'delete',
      path: '/customers/{id}',
      stateOf: '/customers/{id}',
      summary: 'Delete a customer no unfinished task needs',
      tag: 'people',
      role: 'operator',
      params: IdParams,
      data: Empty,
      handle: async ({ params }) => {
        await contacts.remove(params.id)
        return null
      },
    }),
  ]
}
