import type { FoundContact, SyncPage } from '@muster/proto'
import type { Transaction } from 'sequelize'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { rows } from '../../infra/database/table.ts'
import { CustomerIndex } from './match.ts'
import type { CustomerRow } from '../../infra/database/tables/customers.ts'

/** Matches what a phone shows with the customers of its account; pure. */
export interface ContactMerge {
  readonly added: readonly FoundContact[]
  readonly changed: readonly { readonly id: number; readonly contact: FoundContact }[]
}

/** Finds each contact's customer; those without one are new. */
export function mergeContacts(customers: readonly CustomerRow[], found: readonly FoundContact[]): ContactMerge {
  const index = new CustomerIndex(customers)
  const added: FoundContact[] = []
  const changed: { id: number; contact: FoundContact }[] = []
  const taken = new Set<number>()
  const seen = new Set<string>()
  for (const contact of found) {
    if (contact.wechatId && seen.has(contact.wechatId)) continue
    seen.add(contact.wechatId)
    const known = index.find(contact, ({ id }) => !taken.has(id))
    if (!known) added.push(contact)
    else {
      taken.add(known.id)
      if (differs(known, contact)) changed.push({ id: known.id, contact })
    }
  }
  return { added, changed }
}

const differs = (customer: CustomerRow, contact: FoundContact): boolean =>
  (contact.wechatId !== '' && customer.wechatId !== contact.wechatId) ||
  customer.nickname !== contact.nickname ||
  customer.remark !== contact.remark ||
  (contact.region !== '' && customer.region !== contact.region) ||
  customer.deletedAt !== null

/** Writes one page of a contact sync; a repeated page changes nothing. */
export async function saveContacts(
  deps: { db: Database; tables: Pick<Tables, 'customers'>; clock: Clock },
  tx: Transaction,
  accountId: number,
  page: SyncPage,
): Promise<void> {
  const { customers } = deps.tables
  if (page.contacts.length === 0) return
  const known = await rows(customers, { where: { accountId }, transaction: tx })
  const { added, changed } = mergeContacts(known, page.contacts)
  const createdAt = deps.clock.now().getTime()
  const fresh = added.map((contact) => ({ ...columns(contact), accountId, source: 'SYNC', optOut: false, createdAt }))
  if (fresh.length > 0) await customers.bulkCreate(fresh, { transaction: tx })
  for (const { id, contact } of changed) {
    await customers.update({ ...columns(contact), deletedAt: null }, { where: { id }, transaction: tx })
  }
}

const columns = (contact: FoundContact) => ({
  ...(contact.wechatId ? { wechatId: contact.wechatId } : {}),
  ...(contact.region ? { region: contact.region } : {}),
  nickname: contact.nickname,
  remark: contact.remark,
})
