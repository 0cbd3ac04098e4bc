import { Op, type Transaction } from 'sequelize'
import type { Database } from '../../infra/database/database.ts'
import { rows } from '../../infra/database/table.ts'
import { conflict, type MusterError } from '../../infra/errors.ts'

/** The devices among these that were deleted, by id, with their names: nothing will ever be done by them. */
export async function deletedDevices(
  db: Database,
  tx: Transaction,
  deviceIds: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const where = { id: [...new Set(deviceIds)], deletedAt: { [Op.ne]: null } }
  const found = await rows(db.models.devices, { where, attributes: ['id', 'name'], transaction: tx })
  return new Map(found.map(({ id, name }) => [id, name]))
}

/** @param what cannot be done for want of them; @param remedy what to do instead */
export function allDeleted(what: string, devices: ReadonlyMap<number, string>, remedy: string): MusterError {
  const named = [...devices].map(([id, name]) => `${id} (${name})`).join(', ')
  return conflict(`${what}: device ${named} was deleted; ${remedy}`)
}
