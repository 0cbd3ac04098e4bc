import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { pageOfRows, type Page, type PageNumber } from '../../infra/database/page.ts'
import { contains, insert, row, rows } from '../../infra/database/table.ts'
import type { TemplateRow, TemplateType } from '../../infra/database/tables/templates.ts'
import { conflict, invalid, notFound } from '../../infra/errors.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'
import type { InUse, References } from '../../ports.ts'
import { checkContent, NEEDS, type TemplateContent } from './template-rules.ts'

export { TEMPLATE_TYPES } from '../../infra/database/tables/templates.ts'

export interface TemplatesDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'templates'>
  readonly clock: Clock
  readonly time: WorkspaceTime
  readonly inUse: InUse
}

export interface TemplateFilter {
  readonly type?: TemplateType | undefined
  readonly keyword?: string | undefined
}

/** What may change of a template; undefined leaves it. */
export type TemplateChanges = { readonly [K in keyof TemplateContent]?: TemplateContent[K] | undefined }

/** A template as the API shows it. */
export type TemplateView = Omit<TemplateRow, 'createdAt' | 'deletedAt'> & { readonly createTime: string }

/** Message templates. Tasks keep a template as it was when they were made. */
export class Templates implements InUse {
  readonly #deps: TemplatesDeps

  constructor(deps: TemplatesDeps) {
    this.#deps = deps
  }

  /** Templates that fit, newest first. */
  async list({ type, keyword }: TemplateFilter, page: PageNumber): Promise<Page<TemplateView>> {
    const where = {
      deletedAt: null,
      ...(type ? { type } : {}),
      ...(keyword ? contains(['name'], keyword) : {}),
    }
    const found = await pageOfRows(this.#deps.db.models.templates, { where, order: [['id', 'DESC']] }, page)
    return { ...found, items: found.items.map((template) => this.#view(template)) }
  }

  /** Throws NOT_FOUND. */
  async get(id: number): Promise<TemplateView> {
    return this.#view(await this.#existing(id))
  }

  /** Throws INVALID_REQUEST for parts that do not fit the type, and NOT_FOUND for a material. */
  async add(content: TemplateContent): Promise<TemplateView> {
    const { db, tables, clock } = this.#deps
    await this.#check(content)
    const template = { ...content, createdAt: clock.now().getTime() }
    const id = await db.write((tx) => insert(tables.templates, template, tx))
    return this.#view({ ...template, deletedAt: null, id })
  }

  /** Throws as `add` does, and NOT_FOUND for the template. */
  async change(id: number, changes: TemplateChanges): Promise<TemplateView> {
    const { db, tables } = this.#deps
    const { name, type, content, variables, materialIds } = await this.#existing(id)
    const given = Object.fromEntries(
      Object.entries(changes).filter(([, value]) => value !== undefined),
    ) as Partial<TemplateContent>
    const next = { name, type, content, variables, materialIds, ...given }
    await this.#check(next)
    await db.write((tx) => tables.templates.update(next, { where: { id }, transaction: tx }))
    return await this.get(id)
  }

  /** Throws NOT_FOUND, and CONFLICT while an unfinished task uses it. */
  async remove(id: number): Promise<void> {
    const { db, tables, clock, inUse } = this.#deps
    await this.#existing(id)
    const user = await inUse.userOf('templates', id)
    if (user) throw conflict(`template ${id} is used by ${user}; finish or cancel that first`)
    const deletedAt = clock.now().getTime()
    await db.write((tx) => tables.templates.update({ deletedAt }, { where: { id }, transaction: tx }))
  }

  /** Templates use materials, and nothing else. */
  async userOf(kind: keyof References, id: number): Promise<string | undefined> {
    if (kind !== 'materials') return undefined
    const templates = await rows(this.#deps.db.models.templates, { where: { deletedAt: null } })
    const template = templates.find((one) => one.materialIds.includes(id))
    return template && `template ${template.id}`
  }

  async #check(content: TemplateContent): Promise<void> {
    checkContent(content)
    const { type, materialIds } = content
    const found = await rows(this.#deps.db.models.materials, { where: { id: materialIds, deletedAt: null } })
    for (const id of materialIds) {
      const material = found.find((one) => one.id === id)
      if (!material) throw notFound('materialIds: material', id)
      const needed = NEEDS[type].material
      if (material.type !== needed)
        throw invalid(`materialIds: material ${id} is a ${material.type}; a ${type} template takes ${needed}`)
    }
  }

  async #existing(id: number): Promise<TemplateRow> {
    const template = await row(this.#deps.db.models.templates, { where: { id, deletedAt: null } })
    if (!template) throw notFound('template', id)
    return template
  }

  #view({ id, name, type, content, variables, materialIds, createdAt }: TemplateRow): TemplateView {
    return { id, name, type, content, variables, materialIds, createTime: this.#deps.time.format(createdAt) }
  }
}
