import { DataTypes, type Sequelize } from 'sequelize'
import { defineTable, id, instant, type Table } from '../table.ts'

export const KILL_SCOPES = ['FLEET', 'DEVICE', 'ACCOUNT', 'TASK'] as const
export type KillScope = (typeof KILL_SCOPES)[number]

export interface KillSwitchRow {
  id: number
  scope: KillScope
  targetId: number | null
  reason: string
  createdBy: number
  createdAt: number
  liftedAt: number | null
}

/** Written by work/kill-switches only. */
export const defineKillSwitches = (sequelize: Sequelize): Table<KillSwitchRow> =>
  defineTable<KillSwitchRow>(
    sequelize,
    'kill_switches',
    {
      id,
      scope: { type: DataTypes.STRING(8), allowNull: false },
      targetId: DataTypes.INTEGER,
      reason: { type: DataTypes.STRING(500), allowNull: false },
      createdBy: { type: DataTypes.INTEGER, allowNull: false },
      createdAt: { type: instant(), allowNull: false },
      liftedAt: instant(),
    },
    { indexes: [{ fields: ['liftedAt'] }] },
  )
