import { DataTypes, type Sequelize } from 'sequelize'
import { defineTable, flag, id, instant, type Table } from '../table.ts'

export interface CustomerRow {
  id: number
  accountId: number
  /** Null where the phone does not show it. */
  wechatId: string | null
  nickname: string
  remark: string
  region: string
  source: string
  optOut: boolean
  createdAt: number
  lastSentAt: number | null
  deletedAt: number | null
}

export interface TagRow {
  id: number
  name: string
}

export interface CustomerTagRow {
  customerId: number
  tagId: number
}

/** Written by records/contacts only. */
export const defineCustomers = (sequelize: Sequelize): Table<CustomerRow> =>
  defineTable<CustomerRow>(
    sequelize,
    'customers',
    {
      id,
      accountId: { type: DataTypes.INTEGER, allowNull: false },
      wechatId: DataTypes.STRING(64),
      nickname: { type: DataTypes.STRING(200), allowNull: false, defaultValue: '' },
      remark: { type: DataTypes.STRING(200), allowNull: false, defaultValue: '' },
      region: { type: DataTypes.STRING(100), allowNull: false, defaultValue: '' },
      source: { type: DataTypes.STRING(40), allowNull: false, defaultValue: '' },
      optOut: flag,
      createdAt: { type: instant(), allowNull: false },
      lastSentAt: instant(),
      deletedAt: instant(),
    },
    { indexes: [{ fields: ['accountId', 'wechatId'] }, { fields: ['wechatId'] }, { fields: ['deletedAt'] }] },
  )

/** Written by records/contacts only. */
export const defineTags = (sequelize: Sequelize): Table<TagRow> =>
  defineTable<TagRow>(
    sequelize,
    'tags',
    { id, name: { type: DataTypes.STRING(100), allowNull: false } },
    { indexes: [{ fields: ['name'], unique: true }] },
  )

/** Written by records/contacts only. */
export const defineCustomerTags = (sequelize: Sequelize): Table<CustomerTagRow> =>
  defineTable<CustomerTagRow>(
    sequelize,
    'customer_tags',
    {
      customerId: { type: DataTypes.INTEGER, primaryKey: true },
      tagId: { type: DataTypes.INTEGER, primaryKey: true },
    },
    { indexes: [{ fields: ['tagId'] }] },
  )
