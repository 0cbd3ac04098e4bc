import { DataTypes, type Sequelize } from 'sequelize'
import { defineTable, id, instant, type Table } from '../table.ts'

export type EventType = 'task.updated' | 'item.updated' | 'device.updated'

export interface OutboxRow {
  id: number
  type: EventType
  refId: number
  taskId: number | null
  status: string
  at: number
}

export interface EventRow {
  seq: number
  type: EventType
  refId: number
  taskId: number | null
  status: string
  at: number
}

const columns = {
  type: { type: DataTypes.STRING(20), allowNull: false },
  refId: { type: DataTypes.INTEGER, allowNull: false },
  taskId: DataTypes.INTEGER,
  status: { type: DataTypes.STRING(20), allowNull: false },
  at: { type: instant(), allowNull: false },
}

/** Written by records/events only. */
export const defineOutbox = (sequelize: Sequelize): Table<OutboxRow> =>
  defineTable<OutboxRow>(sequelize, 'outbox', { id, ...columns })

/** Written by records/events only. */
export const defineEvents = (sequelize: Sequelize): Table<EventRow> =>
  defineTable<EventRow>(sequelize, 'events', { seq: id, ...columns })
