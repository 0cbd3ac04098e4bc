import { Op, type Transaction } from 'sequelize'
import type { Database } from '../../infra/database/database.ts'

/**
 * Part of the caller's write: what waits in the device's queue for a moment between `nowMs` and `untilMs`, in
 * milliseconds since 1970, waits no longer.
 */
export async function wakeHeld(
  db: Database,
  tx: Transaction,
  deviceId: number,
  { nowMs, untilMs }: { nowMs: number; untilMs: number },
): Promise<void> {
  const notBefore = { [Op.between]: [nowMs, untilMs] as [number, number] }
  const where = { deviceId, status: 'QUEUED' as const, notBefore }
  await db.models.commands.update({ notBefore: nowMs }, { where, transaction: tx })
}
