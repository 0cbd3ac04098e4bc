import type { WhereOptions } from 'sequelize'
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { contains, insert, row, rows } from '../database/table.ts'
import { conflict, invalid, notFound } from '../errors.ts'
import { defineRoute, FileAnswer, type Route } from '../http/route.ts'
import { Empty, Id, IdParams, pageOf, paging, Paging, Timestamp, window, type WorkspaceTime } from '../http/schemas.ts'
import { activeTaskWithMaterial } from '../tasks/references.ts'
import { contentTypeOf } from './content-type.ts'
import type { MaterialRow } from './model.ts'
import { sha256OfFile, type MediaStore } from './store.ts'

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
const Category = z
  .strictObject({ id: z.number().int(), name: z.string(), parentId: z.number().int().nullable() })
  .meta({ id: 'MaterialCategory' })
const Name = z.string().min(1).max(200)

export interface MaterialDeps {
  readonly db: Database
  readonly clock: Clock
  readonly time: WorkspaceTime
  readonly store: MediaStore
}

/** Media files and their categories. */
export function materialRoutes(deps: MaterialDeps): Route[] {
  return [uploadRoute(deps), ...readRoutes(deps), ...changeRoutes(deps), ...categoryRoutes(deps.db)]
}

function uploadRoute({ db, clock, time, store }: MaterialDeps): Route {
  const { materials } = db.models
  return defineRoute({
    method: 'post',
    path: '/materials',
    summary: 'Upload a file; the same bytes answer the same id',
    tag: 'materials',
    role: 'operator',
    upload: true,
    body: z.strictObject({ name: Name.optional(), categoryId: Id.optional() }),
    data: Material,
    handle: async ({ body, file }) => {
      if (!file || file.size === 0)
        throw invalid('file: is missing or empty; send multipart/form-data with a part "file"')
      const kind = await contentTypeOf(file.path, file.size)
      if (body.categoryId !== undefined) await existingCategory(db, body.categoryId)
      const sha256 = await sha256OfFile(file.path)
      await store.put(sha256, file.path)
      const made = await db.write(async (tx) => {
        const known = await row(materials, { where: { sha256 }, transaction: tx })
        if (known) {
          if (known.deletedAt !== null)
            await materials.update({ deletedAt: null }, { where: { id: known.id }, transaction: tx })
          return known
        }
        const material = {
          ...kind,
          name: body.name ?? (file.originalName.slice(0, 200) || sha256.slice(0, 12)),
          size: file.size,
          sha256,
          categoryId: body.categoryId ?? null,
          createdAt: clock.now().getTime(),
          deletedAt: null,
        }
        return { ...material, id: await insert(materials, material, tx) }
      })
      return view(made, time)
    },
  })
}

function readRoutes({ db, time, store }: MaterialDeps): Route[] {
  const { materials } = db.models
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
      handle: async ({ query }) => {
        const where: WhereOptions<MaterialRow> = {
          deletedAt: null,
          ...(query.type ? { type: query.type } : {}),
          ...(query.categoryId ? { categoryId: query.categoryId } : {}),
          ...(query.keyword ? contains(['name'], query.keyword) : {}),
        }
        const found = await rows(materials, { where, ...window(query), order: [['id', 'DESC']] })
        return {
          items: found.map((material) => view(material, time)),
          page: query.page,
          size: query.size,
          total: await materials.count({ where }),
        }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/materials/{id}',
      summary: 'One material',
      tag: 'materials',
      role: 'viewer',
      params: IdParams,
      data: Material,
      handle: async ({ params }) => view(await existing(db, params.id), time),
    }),
    defineRoute({
      method: 'get',
      path: '/materials/{id}/file',
      summary: 'The bytes',
      tag: 'materials',
      role: 'viewer',
      params: IdParams,
      handle: async ({ params }) => {
        const material = await existing(db, params.id)
        const { stream, size } = await store.open(material.sha256)
        return new FileAnswer(stream, material.mimeType, size)
      },
    }),
  ]
}

function changeRoutes({ db, clock, time }: MaterialDeps): Route[] {
  const { materials } = db.models
  return [
    defineRoute({
      method: 'patch',
      path: '/materials/{id}',
      summary: 'Rename a material or move it to another category',
      tag: 'materials',
      role: 'operator',
      params: IdParams,
      body: z.strictObject({ name: Name.optional(), categoryId: z.number().int().positive().nullable().optional() }),
      data: Material,
      handle: async ({ params, body }) => {
        await existing(db, params.id)
        if (typeof body.categoryId === 'number') await existingCategory(db, body.categoryId)
        const changes = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
        await db.write(async (tx) => await materials.update(changes, { where: { id: params.id }, transaction: tx }))
        return view(await existing(db, params.id), time)
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/materials/{id}',
      summary: 'Delete a material no unfinished task or template uses',
      tag: 'materials',
      role: 'operator',
      params: IdParams,
      data: Empty,
      handle: async ({ params }) => {
        await existing(db, params.id)
        const user = await activeTaskWithMaterial(db, params.id)
        if (user) throw conflict(`material ${params.id} is used by ${user}; finish or delete that first`)
        await db.write(
          async (tx) =>
            await materials.update({ deletedAt: clock.now().getTime() }, { where: { id: params.id }, transaction: tx }),
        )
        return null
      },
    }),
  ]
}

function categoryRoutes(db: Database): Route[] {
  const { materialCategories, materials } = db.models
  const Body = z.strictObject({
    name: z.string().min(1).max(100),
    parentId: z.number().int().positive().nullable().default(null),
  })
  return [
    defineRoute({
      method: 'get',
      path: '/material-categories',
      summary: 'List categories',
      tag: 'materials',
      role: 'viewer',
      query: Paging,
      data: pageOf(Category),
      handle: async ({ query }) => {
        const found = await rows(materialCategories, { ...window(query), order: [['id', 'ASC']] })
        const items = found.map(({ id, name, parentId }) => ({ id, name, parentId }))
        return { items, page: query.page, size: query.size, total: await materialCategories.count() }
      },
    }),
    defineRoute({
      method: 'post',
      path: '/material-categories',
      summary: 'Add a category',
      tag: 'materials',
      role: 'operator',
      body: Body,
      data: Category,
      handle: async ({ body }) => {
        if (body.parentId !== null) await existingCategory(db, body.parentId, 'parentId')
        return { ...body, id: await db.write(async (tx) => await insert(materialCategories, body, tx)) }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/material-categories/{id}',
      summary: 'One category',
      tag: 'materials',
      role: 'viewer',
      params: IdParams,
      data: Category,
      handle: async ({ params }) => {
        const { id, name, parentId } = await existingCategory(db, params.id)
        return { id, name, parentId }
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/material-categories/{id}',
      summary: 'Rename or move a category',
      tag: 'materials',
      role: 'operator',
      params: IdParams,
      body: Body.partial(),
      data: Category,
      handle: async ({ params, body }) => {
        const known = await existingCategory(db, params.id)
        if (body.parentId === params.id) throw invalid('parentId: a category cannot be its own parent; name another')
        if (typeof body.parentId === 'number') await existingCategory(db, body.parentId, 'parentId')
        const next = {
          name: body.name ?? known.name,
          parentId: body.parentId === undefined ? known.parentId : body.parentId,
        }
        await db.write(
          async (tx) => await materialCategories.update(next, { where: { id: params.id }, transaction: tx }),
        )
        return { id: params.id, ...next }
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/material-categories/{id}',
      summary: 'Delete an empty category',
      tag: 'materials',
      role: 'operator',
      params: IdParams,
      data: Empty,
      handle: async ({ params }) => {
        await existingCategory(db, params.id)
        const used = await materials.count({ where: { categoryId: params.id, deletedAt: null } })
        const children = await materialCategories.count({ where: { parentId: params.id } })
        if (used + children > 0)
          throw conflict(`category ${params.id} holds ${used} materials and ${children} categories; move them first`)
        await db.write(async (tx) => await materialCategories.destroy({ where: { id: params.id }, transaction: tx }))
        return null
      },
    }),
  ]
}

async function existing(db: Database, id: number): Promise<MaterialRow> {
  const material = await row(db.models.materials, { where: { id, deletedAt: null } })
  if (!material) throw notFound('material', id)
  return material
}

async function existingCategory(db: Database, id: number, field = 'category') {
  const category = await row(db.models.materialCategories, { where: { id } })
  if (!category) throw notFound(field, id)
  return category
}

const view = (material: MaterialRow, time: WorkspaceTime) => ({
  id: material.id,
  name: material.name,
  type: material.type,
  mimeType: material.mimeType,
  size: material.size,
  sha256: material.sha256,
  url: `/api/v1/materials/${material.id}/file`,
  categoryId: material.categoryId,
  createTime: time.format(material.createdAt),
})
