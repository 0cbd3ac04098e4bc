import { DataTypes, type Sequelize } from 'sequelize'
import { defineTable, flag, id, instant, type Table } from '../table.ts'

/** An Agenda job. What only the job itself reads is in `attributes`; what the queue is searched by has a column. */
export interface JobRow {
  id: number
  name: string
  type: string
  priority: number
  nextRunAt: number | null
  lockedAt: number | null
  disabled: boolean
  uniqueKey: string | null
  attributes: unknown
}

/** Written by infra/scheduler only. */
export const defineJobs = (sequelize: Sequelize): Table<JobRow> =>
  defineTable<JobRow>(
    sequelize,
    'agenda_jobs',
    {
      id,
      name: { type: DataTypes.STRING(100), allowNull: false },
      type: { type: DataTypes.STRING(16), allowNull: false, defaultValue: 'normal' },
      priority: { type: DataTypes.INTEGER, allowNull: false, defaultValue: 0 },
      nextRunAt: instant(),
      lockedAt: instant(),
      disabled: flag,
      uniqueKey: DataTypes.STRING(255),
      attributes: { type: DataTypes.JSON, allowNull: false },
    },
    { indexes: [{ fields: ['name', 'nextRunAt'] }, { fields: ['name', 'uniqueKey'] }] },
  )
