import type { FoundGroup, SyncPage } from '@muster/proto'
import type { Transaction } from 'sequelize'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { insert, row } from '../../infra/database/table.ts'

/**
 * Writes one page of a group sync. The phone shows only names, so a group is found again by its name, and by its size
 * where two share one. A repeated page changes nothing.
 */
export async function saveGroups(
  deps: { db: Database; tables: Pick<Tables, 'groups' | 'groupMembers'>; clock: Clock },
  tx: Transaction,
  accountId: number,
  page: SyncPage,
): Promise<void> {
  for (const group of page.groups) await saveGroup(deps, tx, accountId, group)
}

async function saveGroup(
  { db, tables, clock }: { db: Database; tables: Pick<Tables, 'groups' | 'groupMembers'>; clock: Clock },
  tx: Transaction,
  accountId: number,
  found: FoundGroup,
): Promise<void> {
  const { groups, groupMembers } = tables
  const lastSeenAt = clock.now().getTime()
  const values = {
    name: found.name,
    memberCount: found.memberCount,
    confidence: found.complete ? 'HIGH' : 'LOW',
    lastSeenAt,
  }
  const same =
    (await row(groups, { where: { accountId, name: found.name, memberCount: found.memberCount }, transaction: tx })) ??
    (await onlyOneCalled(db, tx, accountId, found.name))
  const groupId = same?.id ?? (await insert(groups, { accountId, ...values }, tx))
  if (same) await groups.update(values, { where: { id: same.id }, transaction: tx })
  if (found.members.length === 0) return
  await groupMembers.destroy({ where: { groupId }, transaction: tx })
  const members = found.members.map((name, position) => ({ groupId, name, position }))
  await groupMembers.bulkCreate(members, { transaction: tx })
}

async function onlyOneCalled(db: Database, tx: Transaction, accountId: number, name: string) {
  const where = { accountId, name }
  return (await db.models.groups.count({ where, transaction: tx })) === 1
    ? await row(db.models.groups, { where, transaction: tx })
    : undefined
}
