import type { Transaction } from 'sequelize'
import type { Database } from '../../infra/database/database.ts'
import { pick } from '../../infra/database/statements.ts'
import type { CommandRow } from '../../infra/database/tables/commands.ts'
import type { StopReason, StopScope } from '../../ports.ts'
import type { KillSwitchRow } from '../../infra/database/tables/kill-switches.ts'

type Target = Pick<CommandRow, 'deviceId' | 'accountId'> & { readonly taskId: number | null }

const COLUMNS = ['id', 'scope', 'targetId', 'reason'] as const
type ActiveSwitch = Pick<KillSwitchRow, (typeof COLUMNS)[number]>

/** Looks up the kill switch that stands over a command, if any. */
export async function activeSwitches(
  db: Database,
  tx?: Transaction,
): Promise<(command: Target) => ActiveSwitch | undefined> {
  const active = await pick(db, db.models.killSwitches, COLUMNS, { where: 'lifted_at IS NULL' }, tx)
  return (command) => active.find((one) => one.scope === 'FLEET' || one.targetId === targetOf(command, one.scope))
}

/** What a kill switch asks of the commands under it. */
export const stopBy = ({ id, reason }: Pick<KillSwitchRow, 'id' | 'reason'>): StopReason => ({
  code: 'CANCELLED',
  reason: `kill switch ${id}: ${reason}`.slice(0, 500),
})

const COLUMN = { DEVICE: 'deviceId', TASK: 'taskId', ACCOUNT: 'accountId' } as const

/** The commands a kill switch stands over. */
export const scopeOf = ({ scope, targetId }: Pick<KillSwitchRow, 'scope' | 'targetId'>): StopScope =>
  scope === 'FLEET' ? {} : { [COLUMN[scope]]: targetId ?? 0 }

const targetOf = (command: Target, scope: Exclude<KillSwitchRow['scope'], 'FLEET'>): number | null =>
  command[COLUMN[scope]]
