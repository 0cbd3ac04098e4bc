import { Op, QueryTypes, type Transaction, type WhereOptions } from 'sequelize'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { insert, row, rows } from '../database/table.ts'
import { conflict, notFound } from '../errors.ts'
import type { CustomerRow, TagRow } from './model.ts'

export interface CustomerFilter {
  readonly accountId?: number | undefined
  readonly tagId?: number | undefined
  readonly keyword?: string | undefined
  readonly limit: number
  readonly offset: number
}

export interface CustomerInput {
  readonly accountId: number
  readonly wechatId?: string | null | undefined
  readonly nickname: string
  readonly remark?: string | undefined
  readonly region?: string | undefined
  readonly source?: string | undefined
  readonly optOut?: boolean | undefined
}

/** What may change of a customer; undefined leaves it. */
export type CustomerChanges = {
  readonly [K in Exclude<keyof CustomerInput, 'accountId'>]?: CustomerInput[K] | undefined
}

export type CustomerWithTags = CustomerRow & { readonly tags: readonly TagRow[] }

/** Customers and their tags. */
export class Contacts {
  readonly #db: Database
  readonly #clock: Clock
  readonly #onOptOut: (tx: Transaction, customerId: number) => Promise<void>

  /** @param onOptOut told in the write in which a customer opts out, so that what is on its way to a phone is stopped */
  constructor(deps: { db: Database; clock: Clock; onOptOut: (tx: Transaction, customerId: number) => Promise<void> }) {
    this.#db = deps.db
    this.#clock = deps.clock
    this.#onOptOut = deps.onOptOut
  }

  async list(filter: CustomerFilter): Promise<{ customers: CustomerWithTags[]; total: number }> {
    const { customers, customerTags } = this.#db.models
    const like = filter.keyword ? { [Op.like]: `%${filter.keyword}%` } : undefined
    const tagged = filter.tagId === undefined ? undefined : await rows(customerTags, { where: { tagId: filter.tagId } })
    const where: WhereOptions<CustomerRow> = {
      deletedAt: null,
      ...(filter.accountId === undefined ? {} : { accountId: filter.accountId }),
      ...(tagged ? { id: { [Op.in]: tagged.map((link) => link.customerId) } } : {}),
      ...(like ? { [Op.or]: [{ nickname: like }, { remark: like }, { wechatId: like }] } : {}),
    }
    const found = await rows(customers, { where, limit: filter.limit, offset: filter.offset, order: [['id', 'ASC']] })
    return { customers: await this.#withTags(found), total: await customers.count({ where }) }
  }

  /** Throws NOT_FOUND. */
  async get(id: number): Promise<CustomerWithTags> {
    const customer = await row(this.#db.models.customers, { where: { id, deletedAt: null } })
    const [view] = customer ? await this.#withTags([customer]) : []
    if (!view) throw notFound('customer', id)
    return view
  }

  /** Throws NOT_FOUND for the account, CONFLICT for a WeChat id the account has already. */
  async create(input: CustomerInput): Promise<CustomerWithTags> {
    await this.#requireAccount(input.accountId)
    const { customers } = this.#db.models
    const id = await this.#db.write(async (tx) => {
      if (input.wechatId) {
        const same = await row(customers, {
          where: { accountId: input.accountId, wechatId: input.wechatId },
          transaction: tx,
        })
        if (same && same.deletedAt === null)
          throw conflict(`wechatId: ${input.wechatId} is customer ${same.id} of this account; change that one`)
      }
      const values = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
      return await insert(customers, { source: 'MANUAL', ...values, createdAt: this.#clock.now().getTime() }, tx)
    })
    return await this.get(id)
  }

  async update(id: number, changes: CustomerChanges): Promise<CustomerWithTags> {
    const before = await this.get(id)
    const values = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
    await this.#db.write(async (tx) => {
      await this.#db.models.customers.update(values, { where: { id }, transaction: tx })
      if (changes.optOut === true && !before.optOut) await this.#onOptOut(tx, id)
    })
    return await this.get(id)
  }

  /** Gone from lists; what was sent stays on record. */
  async remove(id: number): Promise<void> {
    await this.get(id)
    const deletedAt = this.#clock.now().getTime()
    await this.#db.write(async (tx) => {
      await this.#db.models.customers.update({ deletedAt }, { where: { id }, transaction: tx })
      await this.#db.models.customerTags.destroy({ where: { customerId: id }, transaction: tx })
      await this.#onOptOut(tx, id)
    })
  }

  /** Adds and removes tags of many customers at once. Throws NOT_FOUND that names the ids there are not. */
  async assignTags(customerIds: readonly number[], add: readonly number[], remove: readonly number[]): Promise<number> {
    const { tags, customerTags } = this.#db.models
    const wanted = [...new Set(customerIds)]
    const known = await this.#knownIds(wanted)
    const missing = wanted.filter((id) => !known.has(id))
    if (missing.length > 0) throw notFound('customerIds: customer', missing.slice(0, 10).join(', '))
    const tagIds = [...new Set([...add, ...remove])]
    const found = await rows(tags, { where: { id: tagIds } })
    const unknown = tagIds.filter((id) => !found.some((tag) => tag.id === id))
    if (unknown.length > 0) throw notFound('tag', unknown.join(', '))
    await this.#db.write(async (tx) => {
      const links = add.flatMap((tagId) => wanted.map((customerId) => ({ customerId, tagId })))
      await customerTags.bulkCreate(links as never[], { ignoreDuplicates: true, transaction: tx })
      if (remove.length > 0)
        await customerTags.destroy({ where: { tagId: [...remove], customerId: wanted }, transaction: tx })
    })
    return wanted.length
  }

  async #knownIds(ids: readonly number[]): Promise<Set<number>> {
    const known = new Set<number>()
    for (let first = 0; first < ids.length; first += 500) {
      const some = ids.slice(first, first + 500)
      const found = await rows(this.#db.models.customers, { where: { id: some, deletedAt: null }, attributes: ['id'] })
      for (const { id } of found) known.add(id)
    }
    return known
  }

  async #requireAccount(id: number): Promise<void> {
    if (!(await row(this.#db.models.accounts, { where: { id } }))) throw notFound('accountId: account', id)
  }

  async #withTags(found: readonly CustomerRow[]): Promise<CustomerWithTags[]> {
    if (found.length === 0) return []
    const links = await this.#db.sequelize.query<{ customerId: number; id: number; name: string }>(
      'SELECT l.customer_id AS customerId, t.id AS id, t.name AS name FROM customer_tags l JOIN tags t ON t.id = l.tag_id WHERE l.customer_id IN (:ids) ORDER BY t.id',
      { replacements: { ids: found.map((customer) => customer.id) }, type: QueryTypes.SELECT },
    )
    const tagsOf = Map.groupBy(links, (link) => link.customerId)
    return found.map((customer) => ({
      ...customer,
      tags: (tagsOf.get(customer.id) ?? []).map(({ id, name }) => ({ id, name })),
    }))
  }
}
