import { Op, type Transaction } from 'sequelize'
import type { Database } from '../database/database.ts'
import { row } from '../database/table.ts'
import type { CommandRow } from '../tasks/command-model.ts'
import type { KillSwitchRow } from './model.ts'

/** The kill switch that stands over this command, if any. */
export async function activeSwitchFor(
  db: Database,
  tx: Transaction,
  command: Pick<CommandRow, 'deviceId' | 'accountId' | 'taskId'>,
): Promise<KillSwitchRow | undefined> {
  const scopes = [
    { scope: 'FLEET' as const },
    { scope: 'DEVICE' as const, targetId: command.deviceId },
    { scope: 'TASK' as const, targetId: command.taskId },
    ...(command.accountId === null ? [] : [{ scope: 'ACCOUNT' as const, targetId: command.accountId }]),
  ]
  return await row(db.models.killSwitches, { where: { liftedAt: null, [Op.or]: scopes }, transaction: tx })
}
