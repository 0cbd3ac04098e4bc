import { DataTypes, type DataType, type ModelAttributeColumnOptions, type QueryInterface } from 'sequelize'

/** One step of the schema. It states its columns itself: tables change after it, and what it did must not. */
export interface Migration {
  /** Stored in every database that has run it, so it never changes. */
  readonly name: string
  up(run: { readonly context: QueryInterface }): Promise<void>
}

type Column = DataType | ModelAttributeColumnOptions

export interface NewTable {
  readonly columns: Readonly<Record<string, Column>>
  /** Columns of each index. */
  readonly indexes?: readonly (readonly string[])[]
  readonly unique?: readonly (readonly string[])[]
}

/** Tables and columns as the database names them. */
export type NewTables = Readonly<Record<string, NewTable>>

export const id: Column = { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true }
export const flag: Column = { type: DataTypes.BOOLEAN, allowNull: false, defaultValue: false }
export const key = (type: DataType): Column => ({ type, primaryKey: true })
export const required = (type: DataType, defaultValue?: string | number): Column => ({
  type,
  allowNull: false,
  ...(defaultValue === undefined ? {} : { defaultValue }),
})

/** Creates tables with their indexes, but for those that are there; every row also belongs to a company. */
export async function createTables(context: QueryInterface, tables: NewTables): Promise<void> {
  for (const [table, { columns, indexes = [], unique = [] }] of Object.entries(tables)) {
    const all = { ...columns, company_id: required(DataTypes.INTEGER, 1) }
    // Sequelize writes into the descriptions that it is given, and tables share some.
    const own = Object.entries(all).map(([name, column]) => [name, isDescription(column) ? { ...column } : column])
    await context.createTable(table, Object.fromEntries(own) as Record<string, Column>)
    for (const fields of unique) await addMissingIndex(context, table, fields, { unique: true })
    for (const fields of indexes) await addMissingIndex(context, table, fields)
  }
}

const isDescription = (column: Column): column is ModelAttributeColumnOptions =>
  typeof column === 'object' && 'type' in column

/** Adds a column. Databases made by some earlier versions had it from the start. */
export async function addMissingColumn(
  context: QueryInterface,
  table: string,
  column: string,
  description: Column,
): Promise<void> {
  if (!(column in (await context.describeTable(table)))) await context.addColumn(table, column, description)
}

/** Adds an index, named after its table and columns. Databases made by some earlier versions had it from the start. */
export async function addMissingIndex(
  context: QueryInterface,
  table: string,
  columns: readonly string[],
  { unique = false }: { readonly unique?: boolean } = {},
): Promise<void> {
  const name = `${table}_${columns.join('_')}`
  if (!(await hasIndex(context, table, name))) await context.addIndex(table, [...columns], { name, unique })
}

export async function removeIndexIfThere(context: QueryInterface, table: string, name: string): Promise<void> {
  if (await hasIndex(context, table, name)) await context.removeIndex(table, name)
}

async function hasIndex(context: QueryInterface, table: string, name: string): Promise<boolean> {
  const known = (await context.showIndex(table)) as readonly { readonly name: string }[]
  return known.some((index) => index.name === name)
}
