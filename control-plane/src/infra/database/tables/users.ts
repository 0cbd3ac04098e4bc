import { DataTypes, type Sequelize } from 'sequelize'
import { defineTable, flag, id, instant, type Table } from '../table.ts'

export type Role = 'admin' | 'operator' | 'viewer'

export interface UserRow {
  id: number
  username: string
  passwordHash: string
  role: Role
  disabled: boolean
  /** Its name is never used again: the audit log knows people by it. */
  deletedAt: number | null
}

export interface RefreshTokenRow {
  id: number
  userId: number
  /** All tokens that came from one sign-in. */
  familyId: string
  tokenHash: string
  expiresAt: number
  usedAt: number | null
  revokedAt: number | null
}

/** Written by records/auth only. */
export const defineUsers = (sequelize: Sequelize): Table<UserRow> =>
  defineTable<UserRow>(
    sequelize,
    'users',
    {
      id,
      username: { type: DataTypes.STRING(64), allowNull: false },
      passwordHash: { type: DataTypes.STRING(255), allowNull: false },
      role: { type: DataTypes.STRING(16), allowNull: false },
      disabled: flag,
      deletedAt: instant(),
    },
    { indexes: [{ fields: ['username'], unique: true }] },
  )

/** Written by records/auth only. */
export const defineRefreshTokens = (sequelize: Sequelize): Table<RefreshTokenRow> =>
  defineTable<RefreshTokenRow>(
    sequelize,
    'refresh_tokens',
    {
      id,
      userId: { type: DataTypes.INTEGER, allowNull: false },
      familyId: { type: DataTypes.STRING(40), allowNull: false },
      tokenHash: { type: DataTypes.STRING(64), allowNull: false },
      expiresAt: { type: instant(), allowNull: false },
      usedAt: instant(),
      revokedAt: instant(),
    },
    { indexes: [{ fields: ['tokenHash'], unique: true }, { fields: ['familyId'] }] },
  )
