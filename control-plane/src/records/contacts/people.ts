import { Op, type Transaction } from 'sequelize'
import type { Database } from '../../infra/database/database.ts'
import { inChunks, rows } from '../../infra/database/table.ts'
import type { CustomerRow } from '../../infra/database/tables/customers.ts'

// A person can be a customer of several accounts, and was one before its customer was deleted. The WeChat id tells;
// a customer without one stands for itself.

type Known = Pick<CustomerRow, 'id' | 'wechatId' | 'optOut'>

/** The same for all customers that are one person. */
export const personKey = (customer: Pick<CustomerRow, 'id' | 'wechatId'>): string =>
  customer.wechatId === null ? `customer ${customer.id}` : `wechat ${customer.wechatId}`

/** Every customer that is one of these people, in any account, deleted or not. */
export async function samePeople<C extends Known>(db: Database, customers: readonly C[], tx?: Transaction) {
  const { customers: table } = db.models
  const wechatIds = [...new Set(customers.flatMap((customer) => customer.wechatId ?? []))]
  const named = await inChunks(wechatIds, (some) =>
    rows(table, {
      where: { wechatId: some },
      attributes: ['id', 'wechatId', 'optOut'],
      ...(tx ? { transaction: tx } : {}),
    }),
  )
  return [...named, ...customers.filter((customer) => customer.wechatId === null)] as readonly Known[]
}

/** Whether a customer's person does not want messages: it said so to one account, so it means all. */
export async function doNotContact(
  db: Database,
  customers: readonly Known[],
  tx?: Transaction,
): Promise<(customer: Known) => boolean> {
  const { customers: table } = db.models
  const wechatIds = [...new Set(customers.flatMap((customer) => customer.wechatId ?? []))]
  const found = await inChunks(wechatIds, (some) =>
    rows(table, {
      where: { wechatId: { [Op.in]: some }, optOut: true },
      attributes: ['wechatId'],
      ...(tx ? { transaction: tx } : {}),
    }),
  )
  const optedOut = new Set(found.map((customer) => customer.wechatId))
  return (customer) => customer.optOut || (customer.wechatId !== null && optedOut.has(customer.wechatId))
}
