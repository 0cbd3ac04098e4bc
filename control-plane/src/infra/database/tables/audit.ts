import { DataTypes, type Sequelize } from 'sequelize'
import { defineTable, id, instant, type Table } from '../table.ts'

/** Never changed and never deleted. */
export interface AuditRow {
  id: number
  at: number
  /** An INTENT is written with the effect itself, an OUTCOME when the call has ended. */
  kind: 'INTENT' | 'OUTCOME'
  /** Of an OUTCOME whose call took effect. */
  intentId: number | null
  userId: number | null
  username: string
  ip: string
  action: string
  target: string
  request: unknown
  before: unknown
  after: unknown
  outcome: number
  requestId: string
}

export interface IdempotencyKeyRow {
  id: number
  userId: number
  method: string
  path: string
  key: string
  bodyHash: string
  /** Null while its call runs. */
  status: number | null
  /** Sealed. */
  response: unknown
  /** Written with the call's first effect. */
  effectAt: number | null
  createdAt: number
}

/** Written by records/audit only. */
export const defineAuditLog = (sequelize: Sequelize): Table<AuditRow> =>
  defineTable<AuditRow>(
    sequelize,
    'audit_log',
    {
      id,
      at: { type: instant(), allowNull: false },
      kind: { type: DataTypes.STRING(8), allowNull: false, defaultValue: 'OUTCOME' },
      intentId: DataTypes.INTEGER,
      userId: DataTypes.INTEGER,
      username: { type: DataTypes.STRING(64), allowNull: false },
      ip: { type: DataTypes.STRING(64), allowNull: false },
      action: { type: DataTypes.STRING(100), allowNull: false },
      target: { type: DataTypes.STRING(200), allowNull: false },
      request: DataTypes.JSON,
      before: DataTypes.JSON,
      after: DataTypes.JSON,
      outcome: { type: DataTypes.INTEGER, allowNull: false },
      requestId: { type: DataTypes.STRING(64), allowNull: false },
    },
    { indexes: [{ fields: ['at'] }, { fields: ['intentId'] }] },
  )

/** Written by edge/api only. */
export const defineIdempotencyKeys = (sequelize: Sequelize): Table<IdempotencyKeyRow> =>
  defineTable<IdempotencyKeyRow>(
    sequelize,
    'idempotency_keys',
    {
      id,
      userId: { type: DataTypes.INTEGER, allowNull: false },
      method: { type: DataTypes.STRING(8), allowNull: false },
      path: { type: DataTypes.STRING(200), allowNull: false },
      key: { type: DataTypes.STRING(128), allowNull: false },
      bodyHash: { type: DataTypes.STRING(64), allowNull: false },
      status: DataTypes.INTEGER,
      response: DataTypes.JSON,
      effectAt: instant(),
      createdAt: { type: instant(), allowNull: false },
    },
    { indexes: [{ fields: ['userId', 'method', 'path', 'key'], unique: true }, { fields: ['createdAt'] }] },
  )
