import type { CapKind, Caps } from '@muster/proto'
import { DataTypes, type Sequelize } from 'sequelize'
import { defineTable, id, instant, type Table } from '../table.ts'

export type AccountStatus = 'ACTIVE' | 'STOPPED' | 'LOGGED_OUT'
export type PolicyName = 'demo' | 'safe'

export interface AccountRow {
  id: number
  wechatId: string
  nickname: string
  deviceId: number | null
  status: AccountStatus
  stopCode: string | null
  stopReason: string | null
  health: number
  policy: PolicyName
  /** What the account may do in a day of the workspace; null takes the policy's. */
  caps: Partial<Caps> | null
  /** Rises with every change of what the phone is allowed. */
  budgetVersion: number
}

export interface BudgetSpendRow {
  id: number
  accountId: number
  /** Workspace day, YYYY-MM-DD. */
  day: string
  kind: CapKind
  itemId: number
  at: number
}

/** Written by fleet/accounts only. */
export const defineAccounts = (sequelize: Sequelize): Table<AccountRow> =>
  defineTable<AccountRow>(
    sequelize,
    'wechat_accounts',
    {
      id,
      wechatId: { type: DataTypes.STRING(64), allowNull: false },
      nickname: { type: DataTypes.STRING(200), allowNull: false, defaultValue: '' },
      deviceId: DataTypes.INTEGER,
      status: { type: DataTypes.STRING(16), allowNull: false, defaultValue: 'ACTIVE' },
      stopCode: DataTypes.STRING(32),
      stopReason: DataTypes.STRING(500),
      health: { type: DataTypes.INTEGER, allowNull: false, defaultValue: 60 },
      policy: { type: DataTypes.STRING(8), allowNull: false, defaultValue: 'safe' },
      caps: DataTypes.JSON,
      budgetVersion: { type: DataTypes.INTEGER, allowNull: false, defaultValue: 1 },
    },
    { indexes: [{ fields: ['wechatId'], unique: true }, { fields: ['deviceId'] }] },
  )

/** Written by fleet/policy only. */
export const defineBudgetSpends = (sequelize: Sequelize): Table<BudgetSpendRow> =>
  defineTable<BudgetSpendRow>(
    sequelize,
    'budget_spends',
    {
      id,
      accountId: { type: DataTypes.INTEGER, allowNull: false },
      day: { type: DataTypes.STRING(10), allowNull: false },
      kind: { type: DataTypes.STRING(16), allowNull: false },
      itemId: { type: DataTypes.INTEGER, allowNull: false },
      at: { type: instant(), allowNull: false },
    },
    { indexes: [{ fields: ['accountId', 'day', 'kind'] }, { fields: ['itemId'], unique: true }] },
  )
