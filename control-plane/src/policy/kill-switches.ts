import type { Transaction } from 'sequelize'
import type { Database } from '../database/database.ts'
import { rows } from '../database/table.ts'
import type { CommandRow } from '../tasks/command-model.ts'
import type { KillSwitchRow } from './model.ts'

type Target = Pick<CommandRow, 'deviceId' | 'accountId'> & { readonly taskId: number | null }

/** Looks up the kill switch that stands over a command, if any. */
export async function activeSwitches(
  db: Database,
  tx?: Transaction,
): Promise<(command: Target) => KillSwitchRow | undefined> {
  const active = await rows(db.models.killSwitches, { where: { liftedAt: null }, ...(tx ? { transaction: tx } : {}) })
  return (command) => active.find((one) => one.scope === 'FLEET' || one.targetId === targetOf(command, one.scope))
}

function targetOf(command: Target, scope: Exclude<KillSwitchRow['scope'], 'FLEET'>): number | null {
  switch (scope) {
    case 'DEVICE':
      return command.deviceId
    case 'TASK':
      return command.taskId
    case 'ACCOUNT':
      return command.accountId
    default:
      return scope satisfies never
  }
}
