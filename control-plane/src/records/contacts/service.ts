import { Op, type Transaction } from 'sequelize'
import type { UploadedFile } from '../../http/route.ts'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { pageOfRows, type Page, type PageNumber } from '../../infra/database/page.ts'
import { contains, insert, row, rows, type Where } from '../../infra/database/table.ts'
import type { CustomerRow } from '../../infra/database/tables/customers.ts'
import { conflict, invalid, notFound } from '../../infra/errors.ts'
import type { InUse, WorkStops } from '../../ports.ts'
import { readImport, type ImportRow, type RefusedRow } from './import.ts'
import { CustomerIndex } from './match.ts'
import { doNotContact, samePeople } from './people.ts'
import type { TagView } from './tags.ts'

export interface ContactsDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'customers' | 'customerTags'>
  readonly clock: Clock
  readonly inUse: InUse
  readonly stops: Pick<WorkStops, 'customerUnwanted'>
}

export interface CustomerFilter {
  readonly accountId?: number | undefined
  readonly tagId?: number | undefined
  readonly keyword?: string | undefined
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

/** A customer as the API shows it; `optOut` speaks for the person, whichever account it said so to. */
export type CustomerView = Omit<CustomerRow, 'createdAt' | 'lastSentAt' | 'deletedAt'> & { readonly tags: TagView[] }

/** Who of a file became customers, and why the others did not. */
export interface ImportReport {
  readonly taken: number
  readonly refused: RefusedRow[]
}

/** Customers and the tags they have. */
export class Contacts {
  readonly #deps: ContactsDeps

  constructor(deps: ContactsDeps) {
    this.#deps = deps
  }

  /** Customers that fit, oldest first. */
  async list({ accountId, tagId, keyword }: CustomerFilter, page: PageNumber): Promise<Page<CustomerView>> {
    const { customers, customerTags } = this.#deps.db.models
    const tagged = tagId === undefined ? undefined : await rows(customerTags, { where: { tagId } })
    const where: Where<CustomerRow> = {
      deletedAt: null,
      ...(accountId === undefined ? {} : { accountId }),
      ...(tagged ? { id: { [Op.in]: tagged.map((link) => link.customerId) } } : {}),
      ...(keyword ? contains(['nickname', 'remark', 'wechat_id'], keyword) : {}),
    }
    const found = await pageOfRows(customers, { where, order: [['id', 'ASC']] }, page)
    return { ...found, items: await this.#views(found.items) }
  }

  /** Throws NOT_FOUND. */
  async get(id: number): Promise<CustomerView> {
    const customer = await row(this.#deps.db.models.customers, { where: { id, deletedAt: null } })
    const [view] = customer ? await this.#views([customer]) : []
    if (!view) throw notFound('customer', id)
    return view
  }

  /**
   * Throws NOT_FOUND for the account, CONFLICT for a WeChat id the account has already. One that was deleted comes back
   * as it was, and whoever did not want messages does not want them now.
   */
  async create(input: CustomerInput): Promise<CustomerView> {
    await this.#requireAccount(input.accountId)
    const { customers } = this.#deps.tables
    const values = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
    const id = await this.#deps.db.write(async (tx) => {
      const { accountId, wechatId } = input
      if (input.optOut && wechatId) await this.#optOut(tx, wechatId)
      const same = wechatId ? await row(customers, { where: { accountId, wechatId }, transaction: tx }) : undefined
      if (same && same.deletedAt === null)
        throw conflict(`wechatId: ${wechatId} is customer ${same.id} of this account; change that one`)
      const optOut = input.optOut === true || same?.optOut === true || (await this.#hasNamesake(tx, input))
      if (!same) {
        const fresh = { source: 'MANUAL', ...values, optOut, createdAt: this.#deps.clock.now().getTime() }
        return await insert(customers, fresh, tx)
      }
      await customers.update({ ...values, optOut, deletedAt: null }, { where: { id: same.id }, transaction: tx })
      return same.id
    })
    return await this.get(id)
  }

  /**
   * Adds those of a CSV file who are not customers of the account yet, in one write; the others are refused by line.
   * Throws INVALID_REQUEST for a file that is no such CSV, and NOT_FOUND for the account.
   */
  async importFile(accountId: number, file: UploadedFile | undefined): Promise<ImportReport> {
    if (!file) throw invalid('file: is missing; send multipart/form-data with a CSV in "file"')
    const { rows: found, refused } = await readImport(file.path)
    await this.#requireAccount(accountId)
    const known = await this.#deps.db.write((tx) => this.#import(tx, accountId, found))
    return { taken: found.length - known.length, refused: [...refused, ...known].sort((a, b) => a.line - b.line) }
  }

  /**
   * Throws NOT_FOUND, and CONFLICT for a WeChat id that another customer of the account has. Who opts out is written to
   * by no account any more.
   */
  async update(id: number, changes: CustomerChanges): Promise<CustomerView> {
    const before = await this.get(id)
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
    // Another WeChat id is a correction, not a change of mind.
    const values = { optOut: before.optOut, ...given }
    const person = { id, wechatId: changes.wechatId === undefined ? before.wechatId : changes.wechatId }
    await this.#deps.db.write(async (tx) => {
      const { customers } = this.#deps.tables
      if (changes.wechatId) await this.#requireFree(tx, before.accountId, changes.wechatId, id)
      await customers.update(values, { where: { id }, transaction: tx })
      const all = (await samePeople(this.#deps.db, [{ ...person, optOut: before.optOut }], tx)).map(
        (customer) => customer.id,
      )
      // Taken back for one account, it is taken back for the person; else the others would go on saying no.
      if (changes.optOut === false) await customers.update({ optOut: false }, { where: { id: all }, transaction: tx })
      if (changes.optOut === true)
        for (const one of all) await this.#deps.stops.customerUnwanted(tx, one, 'the customer opted out')
    })
    return await this.get(id)
  }

  /**
   * Gone from lists; what was sent, and that it wanted no messages, stays on record. Throws CONFLICT while an unfinished
   * task needs it; should one be made meanwhile, it skips the customer.
   */
  async remove(id: number): Promise<void> {
    await this.get(id)
    const user = await this.#deps.inUse.userOf('customers', id)
    if (user)
      throw conflict(
        `customer ${id} is named by ${user}; finish or cancel that first, or set optOut, which stops every message to it at once`,
      )
    const deletedAt = this.#deps.clock.now().getTime()
    await this.#deps.db.write(async (tx) => {
      await this.#deps.tables.customers.update({ deletedAt }, { where: { id }, transaction: tx })
      await this.#deps.tables.customerTags.destroy({ where: { customerId: id }, transaction: tx })
      await this.#deps.stops.customerUnwanted(tx, id, 'the customer was deleted')
    })
  }

  /** Adds and removes tags of many customers at once. Throws NOT_FOUND that names the ids there are not. */
  async assignTags(customerIds: readonly number[], add: readonly number[], remove: readonly number[]): Promise<number> {
    const { customerTags } = this.#deps.tables
    const wanted = [...new Set(customerIds)]
    const known = await this.#knownIds(wanted)
    const missing = wanted.filter((id) => !known.has(id))
    if (missing.length > 0) throw notFound('customerIds: customer', missing.slice(0, 10).join(', '))
    const tagIds = [...new Set([...add, ...remove])]
    const found = await rows(this.#deps.db.models.tags, { where: { id: tagIds } })
    const unknown = tagIds.filter((id) => !found.some((tag) => tag.id === id))
    if (unknown.length > 0) throw notFound('tag', unknown.join(', '))
    await this.#deps.db.write(async (tx) => {
      const links = add.flatMap((tagId) => wanted.map((customerId) => ({ customerId, tagId })))
      await customerTags.bulkCreate(links, { ignoreDuplicates: true, transaction: tx })
      if (remove.length > 0)
        await customerTags.destroy({ where: { tagId: [...remove], customerId: wanted }, transaction: tx })
    })
    return wanted.length
  }

  /** Answers the rows that were known, and as whom. */
  async #import(tx: Transaction, accountId: number, found: readonly ImportRow[]): Promise<RefusedRow[]> {
    const { customers } = this.#deps.tables
    const all = await rows(customers, { where: { accountId }, transaction: tx })
    const index = new CustomerIndex<Known>(all.filter((customer) => customer.deletedAt === null))
    const gone = new CustomerIndex(all.filter((customer) => customer.deletedAt !== null))
    const known: RefusedRow[] = []
    const fresh: Partial<CustomerRow>[] = []
    const createdAt = this.#deps.clock.now().getTime()
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
      await customers.bulkCreate(fresh.slice(first, first + 500), { transaction: tx })
    // A customer that is there already is left as it is, but a list of whom not to write to is heeded whole.
    for (const { wechatId, optOut } of found) if (wechatId && optOut) await this.#optOut(tx, wechatId)
    return known
  }

  /** The person with this WeChat id wants no messages, whatever account knows it. */
  async #optOut(tx: Transaction, wechatId: string): Promise<void> {
    const { customers } = this.#deps.tables
    const known = await rows(customers, { where: { wechatId, optOut: false }, attributes: ['id'], transaction: tx })
    await customers.update({ optOut: true }, { where: { wechatId }, transaction: tx })
    for (const { id } of known) await this.#deps.stops.customerUnwanted(tx, id, 'the customer opted out')
  }

  async #knownIds(ids: readonly number[]): Promise<Set<number>> {
    const known = new Set<number>()
    for (let first = 0; first < ids.length; first += 500) {
      const some = ids.slice(first, first + 500)
      const found = await rows(this.#deps.db.models.customers, {
        where: { id: some, deletedAt: null },
        attributes: ['id'],
      })
      for (const { id } of found) known.add(id)
    }
    return known
  }

  async #requireFree(tx: Transaction, accountId: number, wechatId: string, except?: number): Promise<void> {
    const where = { accountId, wechatId, deletedAt: null, ...(except === undefined ? {} : { id: { [Op.ne]: except } }) }
    const same = await row(this.#deps.db.models.customers, { where, transaction: tx })
    if (same) throw conflict(`wechatId: ${wechatId} is customer ${same.id} of this account; change that one`)
  }

  /** Where no WeChat id tells, one of the same name who was deleted and wanted no messages is taken for the same. */
  async #hasNamesake(tx: Transaction, { accountId, wechatId, nickname, remark = '' }: CustomerInput): Promise<boolean> {
    if (wechatId) return false
    const gone = { accountId, nickname, remark, optOut: true, deletedAt: { [Op.ne]: null } }
    return (await this.#deps.db.models.customers.count({ where: gone, transaction: tx })) > 0
  }

  async #requireAccount(id: number): Promise<void> {
    if (!(await row(this.#deps.db.models.accounts, { where: { id } }))) throw notFound('accountId: account', id)
  }

  async #views(found: readonly CustomerRow[]): Promise<CustomerView[]> {
    if (found.length === 0) return []
    const links = await this.#deps.db.select<{ customerId: number; id: number; name: string }>(
      'SELECT l.customer_id AS customerId, t.id AS id, t.name AS name FROM customer_tags l JOIN tags t ON t.id = l.tag_id WHERE l.customer_id IN (:ids) ORDER BY t.id',
      { ids: found.map((customer) => customer.id) },
    )
    const tagsOf = Map.groupBy(links, (link) => link.customerId)
    const optedOut = await doNotContact(this.#deps.db, found)
    return found.map((customer) => {
      const { id, accountId, wechatId, nickname, remark, region, source } = customer
      const tags = (tagsOf.get(id) ?? []).map((tag) => ({ id: tag.id, name: tag.name }))
      return { id, accountId, wechatId, nickname, remark, region, source, optOut: optedOut(customer), tags }
    })
  }
}
