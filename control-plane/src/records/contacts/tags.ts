import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { pageOfRows, type Page, type PageNumber } from '../../infra/database/page.ts'
import { insert, row } from '../../infra/database/table.ts'
import type { TagRow } from '../../infra/database/tables/customers.ts'
import { conflict, notFound } from '../../infra/errors.ts'
import type { InUse } from '../../ports.ts'

export interface TagsDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'tags' | 'customerTags'>
  readonly inUse: InUse
}

/** A tag as the API shows it. */
export type TagView = Readonly<Pick<TagRow, 'id' | 'name'>>

/** Labels of customers; no two have the same name. */
export class Tags {
  readonly #deps: TagsDeps

  constructor(deps: TagsDeps) {
    this.#deps = deps
  }

  /** Tags, oldest first. */
  async list(page: PageNumber): Promise<Page<TagView>> {
    const found = await pageOfRows(this.#deps.db.models.tags, { order: [['id', 'ASC']] }, page)
    return { ...found, items: found.items.map(view) }
  }

  /** Throws NOT_FOUND. */
  async get(id: number): Promise<TagView> {
    const tag = await row(this.#deps.db.models.tags, { where: { id } })
    if (!tag) throw notFound('tag', id)
    return view(tag)
  }

  /** Throws CONFLICT for a name that another tag has. */
  async add(name: string): Promise<TagView> {
    const { db, tables } = this.#deps
    await this.#requireFree(name)
    return { id: await db.write((tx) => insert(tables.tags, { name }, tx)), name }
  }

  /** Throws NOT_FOUND, and CONFLICT for a name that another tag has. */
  async rename(id: number, name: string): Promise<TagView> {
    const { db, tables } = this.#deps
    await this.get(id)
    await this.#requireFree(name, id)
    await db.write((tx) => tables.tags.update({ name }, { where: { id }, transaction: tx }))
    return { id, name }
  }

  /** Takes it off its customers, too. Throws NOT_FOUND, and CONFLICT while an unfinished task names it. */
  async remove(id: number): Promise<void> {
    const { db, tables, inUse } = this.#deps
    await this.get(id)
    const user = await inUse.userOf('tags', id)
    if (user) throw conflict(`tag ${id} is named by ${user}; finish or cancel that first`)
    await db.write(async (tx) => {
      await tables.customerTags.destroy({ where: { tagId: id }, transaction: tx })
      await tables.tags.destroy({ where: { id }, transaction: tx })
    })
  }

  async #requireFree(name: string, id?: number): Promise<void> {
    const same = await row(this.#deps.db.models.tags, { where: { name } })
    if (same && same.id !== id)
      throw conflict(`name: tag ${same.id} is called ${name} already; choose another name or use that tag`)
  }
}

const view = ({ id, name }: TagRow): TagView => ({ id, name })
