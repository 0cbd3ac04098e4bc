import type { Database } from '../../../../infra/database/database.ts'
import { inChunks, rows } from '../../../../infra/database/table.ts'
import type { DeviceRow } from '../../../../infra/database/tables/devices.ts'
import { invalid, notFound } from '../../../../infra/errors.ts'
import { personSnapshot, type ReceiverSnapshot } from '../snapshots.ts'
import type { VisibleTo } from './params.ts'

/** Of one account: they all go to its phone in one command. */
const MOST_AUDIENCE = 2000

/** The friends that are named, by account. Throws INVALID_REQUEST or NOT_FOUND that names the field. */
export async function readAudience(
  db: Database,
  request: { readonly visibleTo: VisibleTo; readonly tagIds: number[]; readonly customerIds: number[] },
  devices: readonly DeviceRow[],
): Promise<Record<string, ReceiverSnapshot[]>> {
  if (request.tagIds.length + request.customerIds.length === 0) {
    throw invalid(`tagIds: visibleTo ${request.visibleTo} needs tagIds or customerIds; name who may or may not see it`)
  }
  const tags = await rows(db.models.tags, { where: { id: request.tagIds } })
  const known = new Set(tags.map((tag) => tag.id))
  const unknown = request.tagIds.find((id) => !known.has(id))
  if (unknown !== undefined) throw notFound('tagIds: tag', unknown)
  const links = await rows(db.models.customerTags, { where: { tagId: request.tagIds } })
  const wanted = [...new Set([...request.customerIds, ...links.map((link) => link.customerId)])]
  const accountIds = devices.flatMap((device) => device.accountId ?? [])
  const found = await inChunks(wanted, (id) => rows(db.models.customers, { where: { id, deletedAt: null } }))
  const there = new Set(found.map((customer) => customer.id))
  const missing = request.customerIds.find((id) => !there.has(id))
  if (missing !== undefined) throw notFound('customerIds: customer', missing)
  const byAccount = Map.groupBy(found, (customer) => customer.accountId)
  for (const [accountId, mine] of byAccount) {
    if (mine.length > MOST_AUDIENCE && accountIds.includes(accountId))
      throw invalid(
        `tagIds: name ${mine.length} customers of account ${accountId}; one Moment takes at most ${MOST_AUDIENCE} of an account`,
      )
  }
  return Object.fromEntries(
    accountIds.map((accountId) => [String(accountId), (byAccount.get(accountId) ?? []).map(personSnapshot)]),
  )
}

/** The accounts of devices as authors, by their id. */
export async function readAuthors(db: Database, devices: readonly DeviceRow[]): Promise<Map<number, ReceiverSnapshot>> {
  const found = await rows(db.models.accounts, { where: { id: devices.flatMap((device) => device.accountId ?? []) } })
  return new Map(found.map((account) => [account.id, personSnapshot({ ...account, remark: '' })]))
}
