import type { Transaction } from 'sequelize'
import { z } from 'zod'
import type { Database } from '../../infra/database/database.ts'
import { insert, row, rows } from '../../infra/database/table.ts'
import { conflict, invalid, notFound } from '../../infra/errors.ts'
import { defineRoute, type Route } from '../../http/route.ts'
import { Empty, IdParams, pageOf, Paging, limitOffset } from '../../http/schemas.ts'
import type { MaterialCategoryRow } from '../../infra/database/tables/materials.ts'

const Category = z
  .strictObject({ id: z.number().int(), name: z.string(), parentId: z.number().int().nullable() })
  .meta({ id: 'MaterialCategory' })
const Name = z.string().min(1).max(100)
const ParentId = z.number().int().positive().nullable().meta({ description: 'null is the root' })

/** A tree of categories for materials. */
export function categoryRoutes(db: Database): Route[] {
  return [...readRoutes(db), addRoute(db), ...changeRoutes(db)]
}

/** Throws NOT_FOUND. @param field the one that names it */
export async function existingCategory(
  db: Database,
  id: number,
  field = 'category',
  tx?: Transaction,
): Promise<MaterialCategoryRow> {
  const category = await row(db.models.materialCategories, { where: { id }, ...(tx ? { transaction: tx } : {}) })
  if (!category) throw notFound(field, id)
  return category
}

function readRoutes(db: Database): Route[] {
  const { materialCategories } = db.models
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
        const found = await rows(materialCategories, { ...limitOffset(query), order: [['id', 'ASC']] })
        return { items: found.map(view), page: query.page, size: query.size, total: await materialCategories.count() }
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
      handle: async ({ params }) => view(await existingCategory(db, params.id)),
    }),
  ]
}

function addRoute(db: Database): Route {
  return defineRoute({
    method: 'post',
    path: '/material-categories',
    summary: 'Add a category',
    tag: 'materials',
    role: 'operator',
    body: z.strictObject({ name: Name, parentId: ParentId.default(null) }),
    data: Category,
    handle: async ({ body }) =>
      await db.write(async (tx) => {
        await mayStand(db, tx, body)
        return { ...body, id: await insert(db.models.materialCategories, body, tx) }
      }),
  })
}

function changeRoutes(db: Database): Route[] {
  const { materialCategories, materials } = db.models
  return [
    defineRoute({
      method: 'patch',
      path: '/material-categories/{id}',
      summary: 'Rename or move a category',
      tag: 'materials',
      role: 'operator',
      params: IdParams,
      body: z.strictObject({ name: Name.optional(), parentId: ParentId.optional() }),
      data: Category,
      handle: async ({ params: { id }, body }) =>
        await db.write(async (tx) => {
          const known = await existingCategory(db, id, 'category', tx)
          const parentId = body.parentId === undefined ? known.parentId : body.parentId
          const next = { id, name: body.name ?? known.name, parentId }
          await mayStand(db, tx, next)
          await materialCategories.update(next, { where: { id }, transaction: tx })
          return next
        }),
    }),
    defineRoute({
      method: 'delete',
      path: '/material-categories/{id}',
      summary: 'Delete an empty category',
      tag: 'materials',
      role: 'operator',
      params: IdParams,
      data: Empty,
      handle: async ({ params: { id } }) => {
        await db.write(async (tx) => {
          await existingCategory(db, id, 'category', tx)
          const used = await materials.count({ where: { categoryId: id, deletedAt: null }, transaction: tx })
          const children = await materialCategories.count({ where: { parentId: id }, transaction: tx })
          if (used + children > 0)
            throw conflict(`category ${id} holds ${used} materials and ${children} categories; move them first`)
          await materialCategories.destroy({ where: { id }, transaction: tx })
        })
        return null
      },
    }),
  ]
}

/** Throws when the place a category is to have does not exist, is taken, or lies inside the category itself. */
async function mayStand(
  db: Database,
  tx: Transaction,
  { id, name, parentId }: { id?: number; name: string; parentId: number | null },
): Promise<void> {
  const passed = new Set<number>()
  for (let above = parentId; above !== null && !passed.has(above);) {
    passed.add(above)
    if (above === id) throw invalid('parentId: lies inside the category that is to move there; name another')
    above = (await existingCategory(db, above, 'parentId', tx)).parentId
  }
  const same = await row(db.models.materialCategories, { where: { name, parentId }, transaction: tx })
  if (same && same.id !== id) throw conflict(`name: category ${same.id} has this name there already; choose another`)
}

const view = ({ id, name, parentId }: MaterialCategoryRow) => ({ id, name, parentId })
