import { DataTypes, type Sequelize } from 'sequelize'
import { defineTable, id, instant, type Table } from '../table.ts'

export const TEMPLATE_TYPES = ['TEXT', 'IMAGE', 'TEXT_WITH_IMAGE', 'VIDEO', 'LINK'] as const
export type TemplateType = (typeof TEMPLATE_TYPES)[number]

export interface TemplateRow {
  id: number
  name: string
  type: TemplateType
  content: string
  variables: string[]
  materialIds: number[]
  createdAt: number
  deletedAt: number | null
}

/** Written by records/templates only. */
export const defineTemplates = (sequelize: Sequelize): Table<TemplateRow> =>
  defineTable<TemplateRow>(sequelize, 'message_templates', {
    id,
    name: { type: DataTypes.STRING(100), allowNull: false },
    type: { type: DataTypes.STRING(16), allowNull: false },
    content: { type: DataTypes.TEXT, allowNull: false },
    variables: { type: DataTypes.JSON, allowNull: false },
    materialIds: { type: DataTypes.JSON, allowNull: false },
    createdAt: { type: instant(), allowNull: false },
    deletedAt: instant(),
  })
