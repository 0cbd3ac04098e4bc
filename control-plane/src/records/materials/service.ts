import type { Transaction } from 'sequelize'
import type { FileAnswerOptions, UploadedFile } from '../../http/route.ts'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { pageOfRows, type Page, type PageNumber } from '../../infra/database/page.ts'
import { contains, insert, row, type Where } from '../../infra/database/table.ts'
import type { MaterialRow, MaterialType } from '../../infra/database/tables/materials.ts'
import { conflict, invalid, notFound } from '../../infra/errors.ts'
import { sha256OfFile, type MediaStore } from '../../infra/media/store.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'
import type { InUse } from '../../ports.ts'
import type { Categories } from './categories.ts'
import { contentTypeOf } from './content-type.ts'

export { MEDIA_TYPES } from './content-type.ts'

/** Characters of a material's name. */
export const LONGEST_NAME = 200

export interface MaterialsDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'materials'>
  readonly clock: Clock
  readonly time: WorkspaceTime
  readonly store: MediaStore
  readonly categories: Pick<Categories, 'require'>
  readonly inUse: InUse
}

export interface MaterialFilter {
  readonly type?: MaterialType | undefined
  readonly categoryId?: number | undefined
  readonly keyword?: string | undefined
}

/** What may change of a material; undefined leaves it, a category of null takes it out of its own. */
export interface MaterialChanges {
  readonly name?: string | undefined
  readonly categoryId?: number | null | undefined
}

/** A material as the API shows it. */
export type MaterialView = Omit<MaterialRow, 'createdAt' | 'deletedAt'> & {
  readonly url: string
  readonly createTime: string
}

/** Media files. One that was deleted is in no answer, but its row and its bytes stay: finished tasks show them. */
export class Materials {
  readonly #deps: MaterialsDeps

  constructor(deps: MaterialsDeps) {
    this.#deps = deps
  }

  /**
   * Keeps a file; the same bytes are one material, as it is, whatever the upload calls them. Throws INVALID_REQUEST
   * without a file, UNSUPPORTED_MEDIA, PAYLOAD_TOO_LARGE, and NOT_FOUND for the category.
   */
  async upload(
    file: UploadedFile | undefined,
    given: { readonly name?: string | undefined; readonly categoryId?: number | undefined },
  ): Promise<MaterialView> {
    if (!file || file.size === 0)
      throw invalid('file: is missing or empty; send multipart/form-data with a part "file"')
    const { db, tables, clock, store, categories } = this.#deps
    const { materials } = tables
    const kind = await contentTypeOf(file.path, file.size)
    const sha256 = await sha256OfFile(file.path)
    await store.put(sha256, file.path)
    const made = await db.write(async (tx) => {
      const name = given.name ?? (file.originalName.slice(0, LONGEST_NAME).toWellFormed() || sha256.slice(0, 12))
      const fresh = { name, categoryId: given.categoryId ?? null, createdAt: clock.now().getTime(), deletedAt: null }
      if (fresh.categoryId !== null) await categories.require(fresh.categoryId, 'categoryId', tx)
      const known = await row(materials, { where: { sha256 }, transaction: tx })
      if (known && known.deletedAt === null) return known
      if (!known) {
        const material = { ...kind, ...fresh, size: file.size, sha256 }
        return { ...material, id: await insert(materials, material, tx) }
      }
      // A second upload of the same bytes knows nothing of the deleted material.
      await materials.update(fresh, { where: { id: known.id }, transaction: tx })
      return { ...known, ...fresh }
    })
    return this.#view(made)
  }

  /** Materials that fit, newest first. */
  async list({ type, categoryId, keyword }: MaterialFilter, page: PageNumber): Promise<Page<MaterialView>> {
    const where: Where<MaterialRow> = {
      deletedAt: null,
      ...(type ? { type } : {}),
      ...(categoryId ? { categoryId } : {}),
      ...(keyword ? contains(['name'], keyword) : {}),
    }
    const found = await pageOfRows(this.#deps.db.models.materials, { where, order: [['id', 'DESC']] }, page)
    return { ...found, items: found.items.map((material) => this.#view(material)) }
  }

  /** Throws NOT_FOUND. */
  async get(id: number): Promise<MaterialView> {
    return this.#view(await this.#existing(id))
  }

  /** The bytes, opened only when they are sent. Throws NOT_FOUND. */
  async file(id: number): Promise<FileAnswerOptions> {
    const { name: filename, mimeType, size, sha256 } = await this.#existing(id)
    return { mimeType, size, sha256, filename, open: (range) => this.#deps.store.open(sha256, range) }
  }

  /** Throws NOT_FOUND for the material and for the category. */
  async change(id: number, changes: MaterialChanges): Promise<MaterialView> {
    const { db, tables, categories } = this.#deps
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
    const changed = await db.write(async (tx) => {
      const material = await this.#existing(id, tx)
      if (typeof changes.categoryId === 'number') await categories.require(changes.categoryId, 'categoryId', tx)
      await tables.materials.update(given, { where: { id }, transaction: tx })
      return { ...material, ...given }
    })
    return this.#view(changed)
  }

  /** Throws NOT_FOUND, and CONFLICT while an unfinished task or a template uses it. */
  async remove(id: number): Promise<void> {
    const { db, tables, clock, inUse } = this.#deps
    await this.#existing(id)
    const user = await inUse.userOf('materials', id)
    if (user) throw conflict(`material ${id} is used by ${user}; finish or delete that first`)
    const deletedAt = clock.now().getTime()
    await db.write((tx) => tables.materials.update({ deletedAt }, { where: { id }, transaction: tx }))
  }

  async #existing(id: number, tx?: Transaction): Promise<MaterialRow> {
    const where = { id, deletedAt: null }
    const material = await row(this.#deps.db.models.materials, { where, ...(tx ? { transaction: tx } : {}) })
    if (!material) throw notFound('material', id)
    return material
  }

  #view({ id, name, type, mimeType, size, sha256, categoryId, createdAt }: MaterialRow): MaterialView {
    const url = `/api/v1/materials/${id}/file`
    return { id, name, type, mimeType, size, sha256, url, categoryId, createTime: this.#deps.time.format(createdAt) }
  }
}
