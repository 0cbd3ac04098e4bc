import { DataTypes, type Sequelize } from 'sequelize'
import { defineTable, id, instant, type Table } from '../table.ts'

export type MaterialType = 'IMAGE' | 'VIDEO' | 'FILE'

export interface MaterialRow {
  id: number
  name: string
  type: MaterialType
  mimeType: string
  size: number
  sha256: string
  categoryId: number | null
  createdAt: number
  deletedAt: number | null
}

export interface MaterialCategoryRow {
  id: number
  name: string
  parentId: number | null
}

/** Written by records/materials only. */
export const defineMaterials = (sequelize: Sequelize): Table<MaterialRow> =>
  defineTable<MaterialRow>(
    sequelize,
    'materials',
    {
      id,
      name: { type: DataTypes.STRING(200), allowNull: false },
      type: { type: DataTypes.STRING(8), allowNull: false },
      mimeType: { type: DataTypes.STRING(100), allowNull: false },
      size: { type: DataTypes.BIGINT, allowNull: false },
      sha256: { type: DataTypes.STRING(64), allowNull: false },
      categoryId: DataTypes.INTEGER,
      createdAt: { type: instant(), allowNull: false },
      deletedAt: instant(),
    },
    { indexes: [{ fields: ['sha256'], unique: true }] },
  )

/** Written by records/materials only. */
export const defineMaterialCategories = (sequelize: Sequelize): Table<MaterialCategoryRow> =>
  defineTable<MaterialCategoryRow>(sequelize, 'material_categories', {
    id,
    name: { type: DataTypes.STRING(100), allowNull: false },
    parentId: DataTypes.INTEGER,
  })
