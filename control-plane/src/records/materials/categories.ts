import type { Transaction } from 'sequelize'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { pageOfRows, type Page, type PageNumber } from '../../infra/database/page.ts'
import { insert, row } from '../../infra/database/table.ts'
import type { MaterialCategoryRow } from '../../infra/database/tables/materials.ts'
import { conflict, invalid, notFound } from '../../infra/errors.ts'

/** A category as the API shows it; a `parentId` of null is the root. */
export type CategoryView = Readonly<Pick<MaterialCategoryRow, 'id' | 'name' | 'parentId'>>

/** A tree of categories for materials. */
export class Categories {
  readonly #deps: { readonly db: Database; readonly tables: Pick<Tables, 'materialCategories'> }

  constructor(deps: { readonly db: Database; readonly tables: Pick<Tables, 'materialCategories'> }) {
    this.#deps = deps
  }

  /** Categories, oldest first. */
  async list(page: PageNumber): Promise<Page<CategoryView>> {
    const found = await pageOfRows(this.#deps.db.models.materialCategories, { order: [['id', 'ASC']] }, page)
    return { ...found, items: found.items.map(view) }
  }

  /** Throws NOT_FOUND. */
  async get(id: number): Promise<CategoryView> {
    return view(await this.require(id))
  }

  /** Throws NOT_FOUND. @param field the one that names it */
  async require(id: number, field = 'category', tx?: Transaction): Promise<MaterialCategoryRow> {
    const { materialCategories } = this.#deps.db.models
    const category = await row(materialCategories, { where: { id }, ...(tx ? { transaction: tx } : {}) })
    if (!category) throw notFound(field, id)
    return category
  }

  /** Throws NOT_FOUND for the parent, and CONFLICT for a name that stands there already. */
  async add(category: Omit<CategoryView, 'id'>): Promise<CategoryView> {
    const { db, tables } = this.#deps
    return await db.write(async (tx) => {
      await this.#requirePlace(tx, category)
      return { ...category, id: await insert(tables.materialCategories, category, tx) }
    })
  }

  /**
   * Renames or moves; undefined leaves it. Throws NOT_FOUND for the category and the parent, CONFLICT for a name that
   * stands there already, and INVALID_REQUEST for a parent inside the category itself.
   */
  async change(
    id: number,
    changes: { readonly name?: string | undefined; readonly parentId?: number | null | undefined },
  ): Promise<CategoryView> {
    const { db, tables } = this.#deps
    return await db.write(async (tx) => {
      const { name, parentId } = await this.require(id, 'category', tx)
      const next = {
        id,
        name: changes.name ?? name,
        parentId: changes.parentId === undefined ? parentId : changes.parentId,
      }
      await this.#requirePlace(tx, next)
      await tables.materialCategories.update(next, { where: { id }, transaction: tx })
      return next
    })
  }

  /** Throws NOT_FOUND, and CONFLICT while anything is in it. */
  async remove(id: number): Promise<void> {
    const { db } = this.#deps
    const { materialCategories } = this.#deps.tables
    await db.write(async (tx) => {
      await this.require(id, 'category', tx)
      const used = await db.models.materials.count({ where: { categoryId: id, deletedAt: null }, transaction: tx })
      const children = await materialCategories.count({ where: { parentId: id }, transaction: tx })
      if (used + children > 0)
        throw conflict(`category ${id} holds ${used} materials and ${children} categories; move them first`)
      await materialCategories.destroy({ where: { id }, transaction: tx })
    })
  }

  /** Throws when the place a category is to have does not exist, is taken, or lies inside the category itself. */
  async #requirePlace(
    tx: Transaction,
    { id, name, parentId }: Omit<CategoryView, 'id'> & { readonly id?: number },
  ): Promise<void> {
    const passed = new Set<number>()
    for (let above = parentId; above !== null && !passed.has(above);) {
      passed.add(above)
      if (above === id) throw invalid('parentId: lies inside the category that is to move there; name another')
      above = (await this.require(above, 'parentId', tx)).parentId
    }
    const { materialCategories } = this.#deps.db.models
    const same = await row(materialCategories, { where: { name, parentId }, transaction: tx })
    if (same && same.id !== id) throw conflict(`name: category ${same.id} has this name there already; choose another`)
  }
}

const view = ({ id, name, parentId }: MaterialCategoryRow): CategoryView => ({ id, name, parentId })
