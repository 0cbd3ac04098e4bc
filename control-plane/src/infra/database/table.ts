import {
  col,
  DataTypes,
  fn,
  Op,
  where,
  type CreationAttributes,
  type FindOptions,
  type Model,
  type ModelAttributes,
  type ModelStatic,
  type Sequelize,
  type Transaction,
} from 'sequelize'

/** A row's model: rows go in and out as plain objects. */
export type Table<Row extends object> = ModelStatic<Model<Row, Partial<Row>>>

/** Milliseconds since 1970: the same number on every database. */
export const instant = (): typeof DataTypes.BIGINT => DataTypes.BIGINT
export const id = { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true } as const
export const flag = { type: DataTypes.BOOLEAN, allowNull: false, defaultValue: false } as const

export interface TableOptions {
  readonly indexes?: readonly { readonly fields: readonly string[]; readonly unique?: boolean }[]
}

/** Defines a table; every row also belongs to a company, 1 until there are several. */
export function defineTable<Row extends object>(
  sequelize: Sequelize,
  name: string,
  columns: Record<Exclude<keyof Row & string, never>, unknown>,
  options: TableOptions = {},
): Table<Row> {
  const all = { ...ownCopies(columns), companyId: { type: DataTypes.INTEGER, allowNull: false, defaultValue: 1 } }
  return sequelize.define(name, all as ModelAttributes<Model<Row, Partial<Row>>>, {
    tableName: name,
    underscored: true,
    timestamps: false,
    indexes: (options.indexes ?? []).map((index) => ({ ...index, fields: [...index.fields] })),
  }) as Table<Row>
}

/** Sequelize writes the column's name into its description, so no two columns may share one. */
function ownCopies(columns: Record<string, unknown>): Record<string, unknown> {
  const isDescription = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && 'type' in value
  return Object.fromEntries(
    Object.entries(columns).map(([name, value]) => [name, isDescription(value) ? { ...value } : value]),
  )
}

const decoders = new WeakMap<object, (row: Record<string, unknown>) => void>()

/** Rows as plain objects, with booleans and JSON decoded: without the model instances and the extra query they cost. */
export async function rows<Row extends object>(table: Table<Row>, options: FindOptions<Row> = {}): Promise<Row[]> {
  const found = (await table.findAll({ ...options, raw: true })) as unknown as Record<string, unknown>[]
  const decode = decoderOf(table)
  for (const row of found) decode(row)
  return found as Row[]
}

/** The first row that fits, or undefined. */
export async function row<Row extends object>(table: Table<Row>, options: FindOptions<Row>): Promise<Row | undefined> {
  return (await rows(table, { ...options, limit: 1 }))[0]
}

/**
 * Rows in which one of the columns contains the text, whatever characters it has; ASCII letters in either case.
 * @param columns as the table names them
 */
export function contains(columns: readonly string[], text: string) {
  const wanted = text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
  return { [Op.or]: columns.map((name) => where(fn('instr', fn('lower', col(name)), wanted), { [Op.gt]: 0 })) }
}

const IDS_PER_QUERY = 1000

/** Asks about many ids, so many at a time that no statement grows without bound. */
export async function inChunks<Id, Found>(
  ids: readonly Id[],
  query: (some: Id[]) => Promise<readonly Found[]>,
): Promise<Found[]> {
  const found: Found[] = []
  for (let first = 0; first < ids.length; first += IDS_PER_QUERY)
    found.push(...(await query(ids.slice(first, first + IDS_PER_QUERY))))
  return found
}

/** Inserts one row; answers its id. */
export async function insert<Row extends { id: number }>(
  table: Table<Row>,
  values: Partial<Row>,
  tx: Transaction,
): Promise<number> {
  const made = await table.create(values as CreationAttributes<Model<Row, Partial<Row>>>, { transaction: tx })
  return (made.get('id') as number | undefined) ?? 0
}

/** A column's name in SQL. */
export const columnOf = <Row extends object>(table: Table<Row>, name: keyof Row & string): string =>
  table.getAttributes()[name].field ?? name

/** Names of a table's columns, but for one that is large and seldom needed. */
export const columnsBut = <Row extends object, Large extends keyof Row & string>(table: Table<Row>, large: Large) =>
  Object.keys(table.getAttributes()).filter((name) => name !== large && name !== 'companyId') as Exclude<
    keyof Row & string,
    Large
  >[]

/** Makes booleans and JSON of what the database answers for them. */
export function decoderOf(table: {
  getAttributes(): Record<string, { type: unknown }>
}): (row: Record<string, unknown>) => void {
  const known = decoders.get(table)
  if (known) return known
  const attributes = Object.entries(table.getAttributes())
  const booleans = attributes.filter(([, { type }]) => type instanceof DataTypes.BOOLEAN).map(([name]) => name)
  const jsons = attributes.filter(([, { type }]) => type instanceof DataTypes.JSON).map(([name]) => name)
  const decode = (values: Record<string, unknown>): void => {
    for (const name of booleans) if (name in values) values[name] = Boolean(values[name])
    for (const name of jsons) {
      const value = values[name]
      if (typeof value === 'string') values[name] = JSON.parse(value)
    }
  }
  decoders.set(table, decode)
  return decode
}
