import { noCaps, type CapKind, type Caps } from '@muster/proto'
import type { Transaction } from 'sequelize'
import { doNotContact, personKey, samePeople } from '../../records/contacts/people.ts'
import type { CustomerRow } from '../../infra/database/tables/customers.ts'
import type { Database } from '../../infra/database/database.ts'
import { pick } from '../../infra/database/statements.ts'
import { inChunks } from '../../infra/database/table.ts'
import type { ActionRules } from '../../ports.ts'
import {
  RULED_COLUMNS,
  type AccountFacts,
  type PersonFacts,
  type PolicyFacts,
  type RuledAccount,
  type Work,
} from './admission-rules.ts'
import { activeSwitches } from './kill-switches.ts'
import { rulesOf } from './policy-rules.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const ON_PHONE = "status IN ('DISPATCHED', 'RUNNING')"

/** One reading of what the rules ask about. */
export interface FactsQuery {
  readonly db: Database
  readonly actions: ActionRules
  readonly now: number
  /** The workspace's day of `now`. */
  readonly day: string
  readonly tx?: Transaction | undefined
}

type Asked = Pick<Work, 'deviceId' | 'accountId'>

/** Everything the rules ask about this work and these customers. */
export async function readFacts(
  query: FactsQuery,
  work: readonly Asked[],
  customerIds: readonly number[],
): Promise<Omit<PolicyFacts, 'wechatRulesAccepted'>> {
  const { db, day, tx } = query
  const deviceIds = [...new Set(work.map(({ deviceId }) => deviceId))]
  const devices = await pick(
    db,
    db.models.devices,
    ['id', 'emulated', 'accountId'],
    { where: 'id IN (:ids)', ids: deviceIds },
    tx,
  )
  const ids = [...new Set([...work, ...devices].flatMap(({ accountId }) => accountId ?? []))]
  const accounts = await pick(db, db.models.accounts, RULED_COLUMNS, { where: 'id IN (:ids)', ids }, tx)
  const spacingMs = Math.max(0, ...accounts.map((account) => rulesOf(account).customerSpacingMs))
  return {
    day,
    actions: query.actions,
    switchOver: await activeSwitches(db, query.tx),
    devices: new Map(devices.map((device) => [device.id, device])),
    accounts: await accountFacts(query, accounts),
    people: await peopleFacts(query, [...new Set(customerIds)], spacingMs),
  }
}

/** Effects of the workspace's day, counted by account and kind. */
export async function doneOn(
  { db, day, tx }: FactsQuery,
  accountIds: readonly number[],
): Promise<{ id: number; kind: CapKind; n: number }[]> {
  return await db.select(
    'SELECT account_id AS id, kind, COUNT(*) AS n FROM budget_spends WHERE account_id IN (:accountIds) AND day = :day GROUP BY account_id, kind',
    { accountIds, day },
    tx,
  )
}

async function accountFacts(query: FactsQuery, accounts: readonly RuledAccount[]): Promise<Map<number, AccountFacts>> {
  if (accounts.length === 0) return new Map()
  const accountIds = accounts.map((account) => account.id)
  const used = new Map<number, Caps>(accountIds.map((id) => [id, noCaps()]))
  const take = (accountId: number, kind: CapKind | undefined, n: number): void => {
    const caps = used.get(accountId)
    if (caps && kind) caps[kind] += n
  }
  for (const { id, kind, n } of await doneOn(query, accountIds)) take(id, kind, n)
  for (const { id, action, n } of await underWay(query, accountIds)) take(id, query.actions.of(action).cap, n)
  const resting = await restOf(query, accounts)
  return new Map(
    accounts.map((account) => {
      const { busy = 0, endedAt = null } = resting.get(account.id) ?? {}
      return [account.id, { account, used: used.get(account.id) ?? noCaps(), busy: busy > 0, endedAt }]
    }),
  )
}

/** What is on a phone, and for a day what nobody knows: it counts, or a silent phone would get its caps twice. */
async function underWay(
  { db, now, tx }: FactsQuery,
  accountIds: readonly number[],
): Promise<{ id: number; action: string; n: number }[]> {
  return await db.select(
    `SELECT account_id AS id, action, COUNT(*) AS n FROM items
     WHERE account_id IN (:accountIds) AND status IN ('DISPATCHED', 'RUNNING', 'UNKNOWN_EFFECT', 'EXPIRED')
       AND (${ON_PHONE} OR (finished_at > :since AND (provisional = 1 OR (status = 'UNKNOWN_EFFECT'
         AND NOT EXISTS (SELECT 1 FROM budget_spends WHERE item_id = items.id)))))
     GROUP BY account_id, action`,
    { accountIds, since: now - DAY_MS },
    tx,
  )
}

/** Whether accounts that have a floor under their pace are at work, and when they last were. */
async function restOf(
  { db, now, tx }: FactsQuery,
  accounts: readonly RuledAccount[],
): Promise<Map<number, { busy: number; endedAt: number | null }>> {
  const floors = accounts.map((account) => rulesOf(account).minIntervalMs)
  const floorMs = Math.max(0, ...floors)
  if (floorMs === 0) return new Map()
  const found = await db.select<{ id: number; busy: number; endedAt: number | null }>(
    `SELECT account_id AS id, MAX(finished_at) AS endedAt,
       SUM(CASE WHEN status IN ('DISPATCHED', 'RECEIVED', 'ACCEPTED', 'RUNNING') THEN 1 ELSE 0 END) AS busy
     FROM commands
     WHERE ((account_id IN (:accountIds) AND finished_at IS NULL)
         OR (account_id IN (:accountIds) AND finished_at > :since))
       AND effect_class <> 'READ' AND dispatched_at IS NOT NULL
     GROUP BY account_id`,
    { accountIds: accounts.filter((_, at) => (floors[at] ?? 0) > 0).map(({ id }) => id), since: now - floorMs },
    tx,
  )
  return new Map(found.map((one) => [one.id, one]))
}

async function peopleFacts(
  query: FactsQuery,
  customerIds: readonly number[],
  spacingMs: number,
): Promise<Map<number, PersonFacts>> {
  const { db, tx } = query
  const customers = await inChunks(
    customerIds,
    async (some) =>
      await pick(
        db,
        db.models.customers,
        ['id', 'wechatId', 'optOut', 'deletedAt'],
        { where: 'id IN (:some)', some },
        tx,
      ),
  )
  if (customers.length === 0) return new Map()
  const optedOut = await doNotContact(db, customers, tx)
  const written = spacingMs === 0 ? new Map<string, Written>() : await writtenTo(query, customers, spacingMs)
  return new Map(
    customers.map((customer) => {
      const key = personKey(customer)
      const { underWay: going = 0, writtenAt = null } = written.get(key) ?? {}
      const facts = { key, optedOut: optedOut(customer), deleted: customer.deletedAt !== null }
      return [customer.id, { ...facts, underWay: going > 0, writtenAt }]
    }),
  )
}

interface Written {
  readonly id: number
  readonly underWay: number
  readonly writtenAt: number | null
}

/** What was or may have been sent to people within a time, by person. */
async function writtenTo(
  { db, actions, now, tx }: FactsQuery,
  customers: readonly Pick<CustomerRow, 'id' | 'wechatId' | 'optOut'>[],
  spacingMs: number,
): Promise<Map<string, Written>> {
  const all = await samePeople(db, customers, tx)
  const keyOf = new Map(all.map((customer) => [customer.id, personKey(customer)]))
  const found = await inChunks(
    [...keyOf.keys()],
    async (customerIds) =>
      await db.select<Written>(
        `SELECT customer_id AS id, MAX(finished_at) AS writtenAt,
           SUM(CASE WHEN ${ON_PHONE} THEN 1 ELSE 0 END) AS underWay
         FROM items
         WHERE customer_id IN (:customerIds) AND action IN (:toPeople)
           AND (${ON_PHONE} OR (finished_at > :since AND (provisional = 1 OR status IN ('SUCCEEDED', 'UNKNOWN_EFFECT'))))
         GROUP BY customer_id`,
        { customerIds, toPeople: actions.toPeople, since: now - spacingMs },
        tx,
      ),
  )
  const written = new Map<string, Written>()
  for (const one of found) {
    const key = keyOf.get(one.id) ?? ''
    const known = written.get(key)
    const writtenAt = Math.max(known?.writtenAt ?? 0, one.writtenAt ?? 0)
    written.set(key, { ...one, underWay: (known?.underWay ?? 0) + one.underWay, writtenAt })
  }
  return written
}
