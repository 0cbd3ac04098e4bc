import { DataTypes, type Sequelize } from 'sequelize'
import { defineTable, flag, id, instant, type Table } from '../table.ts'

export const COMMAND_STATUSES = [
  'QUEUED',
  'DISPATCHED',
  'RECEIVED',
  'ACCEPTED',
  'RUNNING',
  'SUCCEEDED',
  'FAILED',
  'PARTIAL',
  'CANCELLED',
  'EXPIRED',
  'UNKNOWN_EFFECT',
] as const
export type CommandStatus = (typeof COMMAND_STATUSES)[number]
export const EFFECT_CLASSES = ['READ', 'IDEMPOTENT', 'ONCE'] as const
export type EffectClass = (typeof EFFECT_CLASSES)[number]

export interface CommandRow {
  /** UUIDv7: the order of ids is the order of making. */
  id: string
  taskId: number
  deviceId: number
  accountId: number | null
  kind: string
  effectClass: EffectClass
  status: CommandStatus
  /** Closed by the reaper: what the agent says later replaces it. */
  provisional: boolean
  /** Encoded proto Command without the fields of one delivery. */
  payload: Uint8Array
  attempt: number
  notBefore: number
  deliverBy: number
  deliverWithinMs: number
  leaseMs: number
  maxRunMs: number
  leaseUntil: number | null
  /** The epoch it was last written under. */
  epoch: number | null
  /** Begins `pauseMs` after this one has ended. */
  afterCommandId: string | null
  pauseMs: number
  /** Why it waits, or waited last. */
  holdCode: string | null
  /** Set while a rule of the plane holds it, for people. */
  holdReason: string | null
  cancelRequestedAt: number | null
  cancelCode: string | null
  cancelReason: string | null
  createdAt: number
  dispatchedAt: number | null
  receivedAt: number | null
  startedAt: number | null
  finishedAt: number | null
  resultCode: string | null
  resultReason: string | null
}

/** Without what is to be done, which may be large. */
export type CommandHead = Omit<CommandRow, 'payload'>

export interface OrphanResultRow {
  id: number
  deviceId: number
  commandId: string
  body: unknown
  at: number
}

export interface EvidenceRow {
  id: number
  deviceId: number
  commandId: string
  itemId: number | null
  mimeType: string
  size: number
  at: number
}

/** Written by fleet/commands only. */
export const defineCommands = (sequelize: Sequelize): Table<CommandRow> =>
  defineTable<CommandRow>(
    sequelize,
    'commands',
    {
      id: { type: DataTypes.STRING(36), primaryKey: true },
      taskId: { type: DataTypes.INTEGER, allowNull: false },
      deviceId: { type: DataTypes.INTEGER, allowNull: false },
      accountId: DataTypes.INTEGER,
      kind: { type: DataTypes.STRING(32), allowNull: false },
      effectClass: { type: DataTypes.STRING(12), allowNull: false },
      status: { type: DataTypes.STRING(16), allowNull: false },
      provisional: flag,
      payload: { type: DataTypes.BLOB('medium'), allowNull: false },
      attempt: { type: DataTypes.INTEGER, allowNull: false, defaultValue: 0 },
      notBefore: { type: instant(), allowNull: false },
      deliverBy: { type: instant(), allowNull: false },
      deliverWithinMs: { type: instant(), allowNull: false },
      leaseMs: { type: DataTypes.INTEGER, allowNull: false },
      maxRunMs: { type: instant(), allowNull: false },
      leaseUntil: instant(),
      epoch: DataTypes.BIGINT,
      afterCommandId: DataTypes.STRING(36),
      pauseMs: { type: DataTypes.INTEGER, allowNull: false, defaultValue: 0 },
      holdCode: DataTypes.STRING(32),
      holdReason: DataTypes.STRING(500),
      cancelRequestedAt: instant(),
      cancelCode: DataTypes.STRING(32),
      cancelReason: DataTypes.STRING(500),
      createdAt: { type: instant(), allowNull: false },
      dispatchedAt: instant(),
      receivedAt: instant(),
      startedAt: instant(),
      finishedAt: instant(),
      resultCode: DataTypes.STRING(32),
      resultReason: DataTypes.STRING(500),
    },
    {
      indexes: [
        // What is due for a device, without what waits behind another command or for its time.
        { fields: ['deviceId', 'status', 'afterCommandId', 'notBefore'] },
        // What a Hello may confirm or open again.
        { fields: ['deviceId', 'provisional'] },
        { fields: ['status', 'deliverBy'] },
        { fields: ['status', 'leaseUntil'] },
        { fields: ['taskId'] },
        { fields: ['afterCommandId'] },
        { fields: ['accountId', 'finishedAt'] },
      ],
    },
  )

/** Written by fleet/commands only. */
export const defineOrphanResults = (sequelize: Sequelize): Table<OrphanResultRow> =>
  defineTable<OrphanResultRow>(
    sequelize,
    'orphan_results',
    {
      id,
      deviceId: { type: DataTypes.INTEGER, allowNull: false },
      commandId: { type: DataTypes.STRING(64), allowNull: false },
      body: DataTypes.JSON,
      at: { type: instant(), allowNull: false },
    },
    { indexes: [{ fields: ['deviceId', 'commandId'], unique: true }] },
  )

/** Written by fleet/commands only. */
export const defineEvidence = (sequelize: Sequelize): Table<EvidenceRow> =>
  defineTable<EvidenceRow>(sequelize, 'evidence', {
    id,
    deviceId: { type: DataTypes.INTEGER, allowNull: false },
    commandId: { type: DataTypes.STRING(36), allowNull: false },
    itemId: DataTypes.INTEGER,
    mimeType: { type: DataTypes.STRING(100), allowNull: false },
    size: { type: DataTypes.INTEGER, allowNull: false },
    at: { type: instant(), allowNull: false },
  })
