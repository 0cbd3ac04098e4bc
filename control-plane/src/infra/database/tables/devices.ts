import { DataTypes, type Sequelize } from 'sequelize'
import { defineTable, flag, id, instant, type Table } from '../table.ts'
import type { EffectClass } from './commands.ts'

export type DeviceStatus = 'ONLINE' | 'OFFLINE' | 'DISABLED'

export interface DeviceRow {
  id: number
  name: string
  type: string
  model: string | null
  osVersion: string | null
  appVersion: string | null
  agentVersion: string | null
  uiTree: string | null
  /** The UI driver itself said that it drives an emulated phone. */
  emulated: boolean
  disabled: boolean
  online: boolean
  accountId: number | null
  /** Serial of the certificate that may speak for it; null once revoked. */
  certificateSerial: string | null
  /** Raised by every accepted Hello. */
  epoch: number
  /** The last epoch the agent confirmed to have on disk. */
  readyEpoch: number
  journalId: string | null
  createdAt: number
  lastSeenAt: number | null
  deletedAt: number | null
  /** Of the custom commands its agent registered; null for none. */
  commandsDigest: string | null
}

/** A custom command that a device's agent has registered. */
export interface DeviceCommandRow {
  deviceId: number
  name: string
  version: number
  effectClass: EffectClass
  description: string
  /** JSON Schema of the payload, as the agent said it. */
  schema: string
}

export interface EnrolmentCodeRow {
  id: number
  codeHash: string
  name: string | null
  expiresAt: number
  usedAt: number | null
  deviceId: number | null
  createdBy: number
}

export interface DeviceEventRow {
  id: number
  deviceId: number
  type: string
  data: unknown
  at: number
}

/** Written by fleet/devices only. */
export const defineDevices = (sequelize: Sequelize): Table<DeviceRow> =>
  defineTable<DeviceRow>(
    sequelize,
    'devices',
    {
      id,
      name: { type: DataTypes.STRING(100), allowNull: false },
      type: { type: DataTypes.STRING(16), allowNull: false, defaultValue: 'ANDROID' },
      model: DataTypes.STRING(100),
      osVersion: DataTypes.STRING(40),
      appVersion: DataTypes.STRING(40),
      agentVersion: DataTypes.STRING(40),
      uiTree: DataTypes.STRING(16),
      emulated: flag,
      disabled: flag,
      online: flag,
      accountId: DataTypes.INTEGER,
      certificateSerial: DataTypes.STRING(64),
      epoch: { type: DataTypes.BIGINT, allowNull: false, defaultValue: 0 },
      readyEpoch: { type: DataTypes.BIGINT, allowNull: false, defaultValue: 0 },
      journalId: DataTypes.STRING(64),
      createdAt: { type: instant(), allowNull: false },
      lastSeenAt: instant(),
      deletedAt: instant(),
      commandsDigest: DataTypes.STRING(43),
    },
    { indexes: [{ fields: ['accountId'] }] },
  )

/** Written by fleet/devices only. */
export const defineDeviceCommands = (sequelize: Sequelize): Table<DeviceCommandRow> =>
  defineTable<DeviceCommandRow>(sequelize, 'device_commands', {
    deviceId: { type: DataTypes.INTEGER, primaryKey: true },
    name: { type: DataTypes.STRING(100), primaryKey: true },
    version: { type: DataTypes.BIGINT, primaryKey: true },
    effectClass: { type: DataTypes.STRING(16), allowNull: false },
    description: { type: DataTypes.STRING(500), allowNull: false },
    schema: { type: DataTypes.TEXT, allowNull: false },
  })

/** Written by fleet/devices only. */
export const defineEnrolmentCodes = (sequelize: Sequelize): Table<EnrolmentCodeRow> =>
  defineTable<EnrolmentCodeRow>(
    sequelize,
    'enrolment_codes',
    {
      id,
      codeHash: { type: DataTypes.STRING(64), allowNull: false },
      name: DataTypes.STRING(100),
      expiresAt: { type: instant(), allowNull: false },
      usedAt: instant(),
      deviceId: DataTypes.INTEGER,
      createdBy: { type: DataTypes.INTEGER, allowNull: false },
    },
    { indexes: [{ fields: ['codeHash'], unique: true }] },
  )

/** Written by fleet/devices only. */
export const defineDeviceEvents = (sequelize: Sequelize): Table<DeviceEventRow> =>
  defineTable<DeviceEventRow>(
    sequelize,
    'device_events',
    {
      id,
      deviceId: { type: DataTypes.INTEGER, allowNull: false },
      type: { type: DataTypes.STRING(40), allowNull: false },
      data: DataTypes.JSON,
      at: { type: instant(), allowNull: false },
    },
    { indexes: [{ fields: ['deviceId', 'id'] }] },
  )
