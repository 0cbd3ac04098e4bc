import { Op, QueryTypes, type Transaction, type WhereOptions } from 'sequelize'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { contains, insert, row, rows } from '../../infra/database/table.ts'
import { conflict, notFound } from '../../infra/errors.ts'
import { activeTaskWithCustomer } from '../../work/tasks/references.ts'
import type { ImportRow, RefusedRow } from './import.ts'
import { CustomerIndex } from './match.ts'
import type { CustomerRow, TagRow } from '../../infra/database/tables/customers.ts'
import { doNotContact, samePeople } from './people.ts'

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

/** Somebody in the table, or on an earlier line of the same file. */
type Known = Pick<CustomerRow, 'wechatId' | 'nickname' | 'remark'> &
  ({ readonly id: number } | { readonly line: number })

export type CustomerWithTags = CustomerRow & { readonly tags: readonly TagRow[] }

/** Customers and their tags. */
export class Contacts {
  readonly #db: Database
  readonly #clock: Clock
  readonly #onUnwanted: (tx: Transaction, customerId: number, reason: string) => Promise<void>

  /** @param onUnwanted told in the write from which on no message may reach a customer, to stop what is on its way */
  constructor(deps: {
    db: Database
    clock: Clock
    onUnwanted: (tx: Transaction, customerId: number, reason: string) => Promise<void>
  }) {
    this.#db = deps.db
    this.#clock = deps.clock
    this.#onUnwanted = deps.onUnwanted
  }

  async list(filter: CustomerFilter): Promise<{ customers: CustomerWithTags[]; total: number }> {
    const { customers, customerTags } = this.#db.models
    const tagged = filter.tagId === undefined ? undefined : await rows(customerTags, { where: { tagId: filter.tagId } })
    const where: WhereOptions<CustomerRow> = {
      deletedAt: null,
      ...(filter.accountId === undefined ? {} : { accountId: filter.accountId }),
      ...(tagged ? { id: { [Op.in]: tagged.map((link) => link.customerId) } } : {}),
      ...(filter.keyword ? contains(['nickname', 'remark', 'wechat_id'], filter.keyword) : {}),
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

  /**
   * Throws NOT_FOUND for the account, CONFLICT for a WeChat id the account has already. One that was deleted comes back
   * as it was, and whoever did not want messages does not want them now.
   */
  async create(input: CustomerInput): Promise<CustomerWithTags> {
    await this.#requireAccount(input.accountId)
    const { customers } = this.#db.models
    const values = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
    const id = await this.#db.write(async (tx) => {
      const { accountId, wechatId } = input
      if (input.optOut && wechatId) await this.#optOut(tx, wechatId)
      const same = wechatId ? await row(customers, { where: { accountId, wechatId }, transaction: tx }) : undefined
      if (same && same.deletedAt === null)
        throw conflict(`wechatId: ${wechatId} is customer ${same.id} of this account; change that one`)
      const optOut = input.optOut === true || same?.optOut === true || (await this.#hasNamesake(tx, input))
      if (!same) {
        const fresh = { source: 'MANUAL', ...values, optOut, createdAt: this.#clock.now().getTime() }
        return await insert(customers, fresh, tx)
      }
      await customers.update({ ...values, optOut, deletedAt: null }, { where: { id: same.id }, transaction: tx })
      return same.id
    })
    return await this.get(id)
  }

  /**
   * Adds those who are not customers of the account yet, in one write. Answers how many, and who was known and as whom.
   * Throws NOT_FOUND for the account.
   */
  async import(accountId: number, found: readonly ImportRow[]): Promise<{ taken: number; known: RefusedRow[] }> {
    await this.#requireAccount(accountId)
    const { customers } = this.#db.models
    return await this.#db.write(async (tx) => {
      const all = await rows(customers, { where: { accountId }, transaction: tx })
      const index = new CustomerIndex<Known>(all.filter((customer) => customer.deletedAt === null))
      const gone = new CustomerIndex(all.filter((customer) => customer.deletedAt !== null))
      const known: RefusedRow[] = []
      const fresh: Partial<CustomerRow>[] = []
      const createdAt = this.#clock.now().getTime()
      for (const { line, ...values } of found) {
        const person = { wechatId: values.wechatId || null, nickname: values.nickname, remark: values.remark ?? '' }
        const same = index.find(person)
        if (same) {
          const who = 'id' in same ? `customer ${same.id} of this account; change that one` : `line ${same.line} too`
          known.push({ line, reason: `row: is ${who}, or tell them apart by wechatId or remark` })
          continue
        }
        index.add({ ...person, line })
        const { region = '', source } = values
        const was = gone.find(person)
        const optOut = values.optOut || was?.optOut === true
        const customer = { ...person, accountId, region, source: source || 'IMPORT', optOut, createdAt }
        if (was?.wechatId && was.wechatId === person.wechatId)
          await customers.update({ ...customer, deletedAt: null }, { where: { id: was.id }, transaction: tx })
        else fresh.push(customer)
      }
      for (let first = 0; first < fresh.length; first += 500)
        await customers.bulkCreate(fresh.slice(first, first + 500) as never[], { transaction: tx })
      // A customer that is there already is left as it is, but a list of whom not to write to is heeded whole.
      for (const { wechatId, optOut } of found) if (wechatId && optOut) await this.#optOut(tx, wechatId)
      return { taken: found.length - known.length, known }
    })
  }

  async update(id: number, changes: CustomerChanges): Promise<CustomerWithTags> {
    const before = await this.get(id)
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
    // Another WeChat id is a correction, not a change of mind.
    const values = { optOut: before.optOut, ...given }
    const person = { id, wechatId: changes.wechatId === undefined ? before.wechatId : changes.wechatId }
    await this.#db.write(async (tx) => {
      const { customers } = this.#db.models
      if (changes.wechatId) await this.#requireFree(tx, before.accountId, changes.wechatId, id)
      await customers.update(values, { where: { id }, transaction: tx })
      const all = (await samePeople(this.#db, [{ ...person, optOut: before.optOut }], tx)).map(
        (customer) => customer.id,
      )
      // Taken back for one account, it is taken back for the person; else the others would go on saying no.
      if (changes.optOut === false) await customers.update({ optOut: false }, { where: { id: all }, transaction: tx })
      if (changes.optOut === true) for (const one of all) await this.#onUnwanted(tx, one, 'the customer opted out')
    })
    return await this.get(id)
  }

  /** The person with this WeChat id wants no messages, whatever account knows it. */
  async #optOut(tx: Transaction, wechatId: string): Promise<void> {
    const { customers } = this.#db.models
    const known = await rows(customers, { where: { wechatId, optOut: false }, attributes: ['id'], transaction: tx })
    await customers.update({ optOut: true }, { where: { wechatId }, transaction: tx })
    for (const { id } of known) await this.#onUnwanted(tx, id, 'the customer opted out')
  }

  /**
   * Gone from lists; what was sent, and that it wanted no messages, stays on record. Throws CONFLICT while an unfinished
   * task needs it; should one be made meanwhile, it skips the customer.
   */
  async remove(id: number): Promise<void> {
    await this.get(id)
    const user = await activeTaskWithCustomer(this.#db, id)
    if (user)
      throw conflict(
        `customer ${id} is named by ${user}; finish or cancel that first, or set optOut, which stops every message to it at once`,
      )
    const deletedAt = this.#clock.now().getTime()
    await this.#db.write(async (tx) => {
      await this.#db.models.customers.update({ deletedAt }, { where: { id }, transaction: tx })
      await this.#db.models.customerTags.destroy({ where: { customerId: id }, transaction: tx })
      await this.#onUnwanted(tx, id, 'the customer was deleted')
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

  async #requireFree(tx: Transaction, accountId: number, wechatId: string, except?: number): Promise<void> {
    const where = { accountId, wechatId, deletedAt: null, ...(except === undefined ? {} : { id: { [Op.ne]: except } }) }
    const same = await row(this.#db.models.customers, { where, transaction: tx })
    if (same) throw conflict(`wechatId: ${wechatId} is customer ${same.id} of this account; change that one`)
  }

  /** Where no WeChat id tells, one of the same name who was deleted and wanted no messages is taken for the same. */
  async #hasNamesake(tx: Transaction, { accountId, wechatId, nickname, remark = '' }: CustomerInput): Promise<boolean> {
    if (wechatId) return false
    const gone = { accountId, nickname, remark, optOut: true, deletedAt: { [Op.ne]: null } }
    return (await this.#db.models.customers.count({ where: gone, transaction: tx })) > 0
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
    const optedOut = await doNotContact(this.#db, found)
    return found.map((customer) => ({
      ...customer,
      optOut: optedOut(customer),
      tags: (tagsOf.get(customer.id) ?? []).map(({ id, name }) => ({ id, name })),
    }))
  }
}
