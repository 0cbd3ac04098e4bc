import { DataTypes, type Sequelize } from 'sequelize'
import { defineTable, id, instant, type Table } from '../table.ts'

export interface GroupRow {
  id: number
  accountId: number
  name: string
  memberCount: number
  /** The screen shows only names: HIGH when the whole group was read, LOW when a part. */
  confidence: string
  lastSeenAt: number
}

export interface GroupMemberRow {
  id: number
  groupId: number
  name: string
  position: number
}

/** Written by records/groups only. */
export const defineGroups = (sequelize: Sequelize): Table<GroupRow> =>
  defineTable<GroupRow>(
    sequelize,
    'wechat_groups',
    {
      id,
      accountId: { type: DataTypes.INTEGER, allowNull: false },
      name: { type: DataTypes.STRING(200), allowNull: false },
      memberCount: { type: DataTypes.INTEGER, allowNull: false, defaultValue: 0 },
      confidence: { type: DataTypes.STRING(8), allowNull: false, defaultValue: 'LOW' },
      lastSeenAt: { type: instant(), allowNull: false },
    },
    { indexes: [{ fields: ['accountId', 'name'] }] },
  )

/** Written by records/groups only. */
export const defineGroupMembers = (sequelize: Sequelize): Table<GroupMemberRow> =>
  defineTable<GroupMemberRow>(
    sequelize,
    'wechat_group_members',
    {
      id,
      groupId: { type: DataTypes.INTEGER, allowNull: false },
      name: { type: DataTypes.STRING(200), allowNull: false },
      position: { type: DataTypes.INTEGER, allowNull: false },
    },
    { indexes: [{ fields: ['groupId', 'position'] }] },
  )
