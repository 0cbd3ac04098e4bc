import type { Transaction } from 'sequelize'
import type { Database } from '../../infra/database/database.ts'
import { pick } from '../../infra/database/statements.ts'
import type { LedgerSession } from './session-facts.ts'

/**
 * Returns the sessions that are not their device's newest: a later Hello was accepted, here or by another gateway. Asked
 * in the write it protects, so that nothing of such a session can be stored or sent afterwards.
 */
export async function overtaken(
  db: Database,
  tx: Transaction,
  sessions: ReadonlySet<LedgerSession>,
): Promise<ReadonlySet<LedgerSession>> {
  const ids = [...sessions].map(({ facts }) => facts.deviceId)
  const devices = await pick(db, db.models.devices, ['id', 'epoch'], { where: 'id IN (:ids)', ids }, tx)
  const epochs = new Map(devices.map(({ id, epoch }) => [id, epoch]))
  return new Set([...sessions].filter(({ facts }) => epochs.get(facts.deviceId) !== facts.epoch))
}
