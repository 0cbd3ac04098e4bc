import { DataTypes, type Sequelize } from 'sequelize'
import { defineTable, flag, id, instant, type Table } from '../table.ts'

export const TASK_STATUSES = [
  'DRAFT',
  'IN_REVIEW',
  'SCHEDULED',
  'PROCESSING',
  'PAUSED',
  'COMPLETED',
  'PARTIAL',
  'FAILED',
  'CANCELLED',
] as const
export type TaskStatus = (typeof TASK_STATUSES)[number]
export const ITEM_STATUSES = [
  'PENDING',
  'DISPATCHED',
  'RUNNING',
  'SUCCEEDED',
  'FAILED',
  'SKIPPED',
  'CANCELLED',
  'EXPIRED',
  'UNKNOWN_EFFECT',
] as const
export type ItemStatus = (typeof ITEM_STATUSES)[number]
/** An item that has not ended. */
export const OPEN_ITEM: readonly ItemStatus[] = ['PENDING', 'DISPATCHED', 'RUNNING']

export interface TaskRow {
  id: number
  /** One of those that `work/tasks/kinds` has. */
  kind: string
  name: string
  status: TaskStatus
  /** The validated request with everything it referred to, as it was at creation. */
  params: unknown
  /** See `look` of a kind of task; null in tasks of earlier versions, too. */
  look: string | null
  scheduledTime: number | null
  deliverWithinSeconds: number
  createdBy: number
  /** Users who have changed it since, once for each change; null for none. */
  changedBy: number[] | null
  createdAt: number
  startedAt: number | null
  finishedAt: number | null
  reason: string | null
  /** An operator asked for it; the roll-up ends CANCELLED once nothing is open. */
  cancelled: boolean
  /** Out of every list from then on; its items stay, for caps, the record and what must not be done twice. */
  deletedAt: number | null
}

export interface TaskDeviceRow {
  taskId: number
  deviceId: number
}

export interface ItemRow {
  id: number
  taskId: number
  deviceId: number
  accountId: number | null
  customerId: number | null
  groupId: number | null
  /** One of those that the kind of the task has. */
  action: string
  /** Name for people. */
  receiver: string
  status: ItemStatus
  code: string | null
  reason: string | null
  /** Written by the reaper: what the agent says later replaces it. */
  provisional: boolean
  commandId: string | null
  dependsOnItemId: number | null
  /** How often it was written to a phone. */
  attempts: number
  /** JSON of what to do, enough to build the command. */
  payload: string
  startedAt: number | null
  finishedAt: number | null
  evidenceId: number | null
  /** It must not be done any more, though the rest of its command may: told to the phone, and again when it returns. */
  cancelCode: string | null
  cancelReason: string | null
  /** JSON of what the handler of a custom command answered. */
  result: string | null
}

/** Without what is to be done, which may be large. */
export type ItemHead = Omit<ItemRow, 'payload'>

/** Written by work/tasks only. */
export const defineTasks = (sequelize: Sequelize): Table<TaskRow> =>
  defineTable<TaskRow>(
    sequelize,
    'tasks',
    {
      id,
      kind: { type: DataTypes.STRING(16), allowNull: false },
      name: { type: DataTypes.STRING(200), allowNull: false },
      status: { type: DataTypes.STRING(16), allowNull: false },
      params: { type: DataTypes.JSON, allowNull: false },
      look: DataTypes.STRING(43),
      scheduledTime: instant(),
      deliverWithinSeconds: { type: DataTypes.INTEGER, allowNull: false },
      createdBy: { type: DataTypes.INTEGER, allowNull: false },
      changedBy: DataTypes.JSON,
      createdAt: { type: instant(), allowNull: false },
      startedAt: instant(),
      finishedAt: instant(),
      reason: DataTypes.STRING(500),
      cancelled: flag,
      deletedAt: instant(),
    },
    { indexes: [{ fields: ['status', 'scheduledTime'] }, { fields: ['kind'] }, { fields: ['look'] }] },
  )

/** Written by work/tasks only. */
export const defineTaskDevices = (sequelize: Sequelize): Table<TaskDeviceRow> =>
  defineTable<TaskDeviceRow>(
    sequelize,
    'task_devices',
    {
      taskId: { type: DataTypes.INTEGER, primaryKey: true },
      deviceId: { type: DataTypes.INTEGER, primaryKey: true },
    },
    { indexes: [{ fields: ['deviceId'] }] },
  )

/** Written by fleet/commands only. */
export const defineItems = (sequelize: Sequelize): Table<ItemRow> =>
  defineTable<ItemRow>(
    sequelize,
    'items',
    {
      id,
      taskId: { type: DataTypes.INTEGER, allowNull: false },
      deviceId: { type: DataTypes.INTEGER, allowNull: false },
      accountId: DataTypes.INTEGER,
      customerId: DataTypes.INTEGER,
      groupId: DataTypes.INTEGER,
      action: { type: DataTypes.STRING(16), allowNull: false },
      receiver: { type: DataTypes.STRING(255), allowNull: false, defaultValue: '' },
      status: { type: DataTypes.STRING(16), allowNull: false },
      code: DataTypes.STRING(32),
      reason: DataTypes.STRING(500),
      provisional: flag,
      commandId: DataTypes.STRING(36),
      dependsOnItemId: DataTypes.INTEGER,
      attempts: { type: DataTypes.INTEGER, allowNull: false, defaultValue: 0 },
      payload: { type: DataTypes.TEXT, allowNull: false },
      startedAt: instant(),
      finishedAt: instant(),
      evidenceId: DataTypes.INTEGER,
      cancelCode: DataTypes.STRING(32),
      cancelReason: DataTypes.STRING(500),
      result: DataTypes.TEXT,
    },
    {
      indexes: [
        { fields: ['taskId', 'status'] },
        // In their order, page by page: the one above would have to be sorted.
        { fields: ['taskId'] },
        // With the task: those of a task that have none are looked for at each of its writes.
        { fields: ['commandId', 'taskId'] },
        { fields: ['dependsOnItemId'] },
        { fields: ['customerId'] },
        { fields: ['accountId', 'status'] },
      ],
    },
  )
