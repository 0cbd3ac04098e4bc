import { z } from 'zod'
import type { Database } from '../../infra/database/database.ts'
import { insert, row, rows } from '../../infra/database/table.ts'
import { conflict, invalid, notFound } from '../../infra/errors.ts'
import { defineRoute, type Route } from '../../http/route.ts'
import { Empty, Id, IdParams, ids, pageOf, paging, Paging, limitOffset } from '../../http/schemas.ts'
import { activeTaskWithTag } from '../../work/tasks/references.ts'
import { importCustomers } from './import.ts'
import type { Contacts, CustomerWithTags } from './service.ts'

const Tag = z.strictObject({ id: z.number().int(), name: z.string() }).meta({ id: 'Tag' })
const TagBody = z.strictObject({ name: z.string().trim().min(1).max(100) })
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

/** Customers, tags, and import. */
export function contactRoutes({ db, contacts }: { db: Database; contacts: Contacts }): Route[] {
  return [...tagRoutes(db), ...customerRoutes(contacts)]
}

function customerRoutes(contacts: Contacts): Route[] {
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
      handle: async ({ query }) => {
        const { page, size, ...filter } = query
        const { customers, total } = await contacts.list({ ...filter, ...limitOffset(query) })
        return { items: customers.map(view), page, size, total }
      },
    }),
    defineRoute({
      method: 'post',
      path: '/customers',
      summary: 'Add a customer of an account',
      tag: 'people',
      role: 'operator',
      body: CustomerBody,
      data: Customer,
      handle: async ({ body }) => view(await contacts.create(body)),
    }),
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
      handle: async ({ body, file }) => {
        if (!file) throw invalid('file: is missing; send multipart/form-data with a CSV in "file"')
        return await importCustomers(contacts, body.accountId, file.path)
      },
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
    defineRoute({
      method: 'get',
      path: '/customers/{id}',
      summary: 'One customer',
      tag: 'people',
      role: 'viewer',
      params: IdParams,
      data: Customer,
      handle: async ({ params }) => view(await contacts.get(params.id)),
    }),
    defineRoute({
      method: 'patch',
      path: '/customers/{id}',
      summary: 'Change a customer; optOut stops every message to it at once',
      tag: 'people',
      role: 'operator',
      params: IdParams,
      body: CustomerBody.omit({ accountId: true }).partial(),
      data: Customer,
      handle: async ({ params, body }) => view(await contacts.update(params.id, body)),
    }),
    defineRoute({
      method: 'delete',
      path: '/customers/{id}',
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

function tagRoutes(db: Database): Route[] {
  const { tags, customerTags } = db.models
  const existing = async (id: number) => {
    const tag = await row(tags, { where: { id } })
    if (!tag) throw notFound('tag', id)
    return { id: tag.id, name: tag.name }
  }
  const freeName = async (name: string, id?: number): Promise<void> => {
    const same = await row(tags, { where: { name } })
    if (same && same.id !== id)
      throw conflict(`name: tag ${same.id} is called ${name} already; choose another name or use that tag`)
  }
  return [
    defineRoute({
      method: 'get',
      path: '/tags',
      summary: 'List tags',
      tag: 'people',
      role: 'viewer',
      query: Paging,
      data: pageOf(Tag),
      handle: async ({ query }) => {
        const found = await rows(tags, { ...limitOffset(query), order: [['id', 'ASC']] })
        return {
          items: found.map(({ id, name }) => ({ id, name })),
          page: query.page,
          size: query.size,
          total: await tags.count(),
        }
      },
    }),
    defineRoute({
      method: 'post',
      path: '/tags',
      summary: 'Add a tag',
      tag: 'people',
      role: 'operator',
      body: TagBody,
      data: Tag,
      handle: async ({ body }) => {
        await freeName(body.name)
        return { id: await db.write(async (tx) => await insert(tags, body, tx)), name: body.name }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/tags/{id}',
      summary: 'One tag',
      tag: 'people',
      role: 'viewer',
      params: IdParams,
      data: Tag,
      handle: async ({ params }) => await existing(params.id),
    }),
    defineRoute({
      method: 'patch',
      path: '/tags/{id}',
      summary: 'Rename a tag',
      tag: 'people',
      role: 'operator',
      params: IdParams,
      body: TagBody,
      data: Tag,
      handle: async ({ params, body }) => {
        await existing(params.id)
        await freeName(body.name, params.id)
        await db.write(async (tx) => await tags.update(body, { where: { id: params.id }, transaction: tx }))
        return { id: params.id, name: body.name }
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/tags/{id}',
      summary: 'Delete a tag no unfinished task names, and take it off its customers',
      tag: 'people',
      role: 'operator',
      params: IdParams,
      data: Empty,
      handle: async ({ params }) => {
        await existing(params.id)
        const user = await activeTaskWithTag(db, params.id)
        if (user) throw conflict(`tag ${params.id} is named by ${user}; finish or cancel that first`)
        await db.write(async (tx) => {
          await customerTags.destroy({ where: { tagId: params.id }, transaction: tx })
          await tags.destroy({ where: { id: params.id }, transaction: tx })
        })
        return null
      },
    }),
  ]
}

const view = ({ id, accountId, wechatId, nickname, remark, region, source, optOut, tags }: CustomerWithTags) => ({
  id,
  accountId,
  wechatId,
  nickname,
  remark,
  region,
  source,
  optOut,
  tags: tags.map((tag) => ({ ...tag })),
})
