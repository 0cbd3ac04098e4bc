import type { Transaction, WhereOptions } from 'sequelize'
import { z } from 'zod'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { contains, insert, row, rows } from '../../infra/database/table.ts'
import { conflict, invalid, notFound } from '../../infra/errors.ts'
import { defineRoute, FileAnswer, type ByteRange, type Route } from '../../http/route.ts'
import { Empty, Id, IdParams, pageOf, paging, Timestamp, limitOffset } from '../../http/schemas.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'
import { activeTaskWithMaterial } from '../../work/tasks/references.ts'
import { categoryRoutes, existingCategory } from './categories.ts'
import { contentTypeOf, MEDIA_TYPES } from './content-type.ts'
import type { MaterialRow } from '../../infra/database/tables/materials.ts'
import { sha256OfFile, type MediaStore } from '../../infra/media/store.ts'

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
const LONGEST_NAME = 200
const Name = z.string().min(1).max(LONGEST_NAME)

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
      const sha256 = await sha256OfFile(file.path)
      await store.put(sha256, file.path)
      const made = await db.write(async (tx) => {
        const name = body.name ?? (file.originalName.slice(0, LONGEST_NAME).toWellFormed() || sha256.slice(0, 12))
        const fresh = { name, categoryId: body.categoryId ?? null, createdAt: clock.now().getTime(), deletedAt: null }
        if (fresh.categoryId !== null) await existingCategory(db, fresh.categoryId, 'categoryId', tx)
        const known = await row(materials, { where: { sha256 }, transaction: tx })
        if (known && known.deletedAt === null) return known
        if (!known) {
          const material = { ...kind, ...fresh, size: file.size, sha256 }
          return { ...material, id: await insert(materials, material, tx) }
        }
        // Whoever uploads it again does not know of the one that was deleted.
        await materials.update(fresh, { where: { id: known.id }, transaction: tx })
        return { ...known, ...fresh }
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
        const found = await rows(materials, { where, ...limitOffset(query), order: [['id', 'DESC']] })
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
      fileTypes: MEDIA_TYPES,
      handle: async ({ params }) => {
        const { name: filename, mimeType, size, sha256 } = await existing(db, params.id)
        const open = async (range?: ByteRange) => await store.open(sha256, range)
        return new FileAnswer({ mimeType, size, sha256, filename, open })
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
        const changes = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
        const changed = await db.write(async (tx) => {
          const material = await existing(db, params.id, tx)
          if (typeof body.categoryId === 'number') await existingCategory(db, body.categoryId, 'categoryId', tx)
          await materials.update(changes, { where: { id: params.id }, transaction: tx })
          return { ...material, ...changes }
        })
        return view(changed, time)
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

async function existing(db: Database, id: number, tx?: Transaction): Promise<MaterialRow> {
  const where = { id, deletedAt: null }
  const material = await row(db.models.materials, { where, ...(tx ? { transaction: tx } : {}) })
  if (!material) throw notFound('material', id)
  return material
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
