import {
  col,
  DataTypes,
  fn,
  Op,
  where,
  type FindOptions,
  type ModelAttributes,
  type Sequelize,
  type Transaction,
  type Utils,
  type WhereOptions,
} from 'sequelize'

type Column<Row> = keyof Row & string
type Expression = Utils.Literal | Utils.Fn | Utils.Where

/** What a column is compared with; a list means any of its values. */
type Comparison<Value> =
  | Value
  | readonly Value[]
  | Expression
  | {
      readonly [Op.eq]?: Value
      readonly [Op.ne]?: Value
      readonly [Op.gt]?: Value
      readonly [Op.gte]?: Value
      readonly [Op.lt]?: Value
      readonly [Op.lte]?: Value
      readonly [Op.in]?: readonly Value[]
      readonly [Op.notIn]?: readonly Value[]
      readonly [Op.like]?: string
      readonly [Op.or]?: readonly Comparison<Value>[]
      readonly [Op.and]?: readonly Comparison<Value>[]
    }

/** A condition on rows: all that is said of the columns has to be true. */
export type Where<Row extends object> =
  | WhereOptions<Row>
  | Expression
  | ({ readonly [Name in keyof Row]?: Comparison<Row[Name]> } & {
      readonly [Op.or]?: readonly Where<Row>[]
      readonly [Op.and]?: readonly Where<Row>[]
    })

/** Which rows, which of their columns and in which order; inside a write with its transaction. */
export type Find<Row extends object> = Omit<FindOptions<Row>, 'where'> & { readonly where?: Where<Row> }

interface InTransaction {
  readonly transaction?: Transaction | null | undefined
}

interface Of<Row extends object> extends InTransaction {
  readonly where: Where<Row>
}

/** A table for everybody; read it through `rows`, `row` and `pick`. */
export interface ReadTable<Row extends object> {
  readonly tableName: string
  getAttributes(): { readonly [Name in keyof Row]: { readonly field?: string; readonly type: unknown } }
  findAll(options: Find<Row> & { readonly raw: true }): Promise<Record<string, unknown>[]>
  count(options?: InTransaction & { readonly where?: Where<Row> }): Promise<number>
}

/** A table in the hands of the one room that writes it. */
export interface Table<Row extends object> extends ReadTable<Row> {
  create(values: Partial<Row>, options?: InTransaction): Promise<{ get(column: 'id'): unknown }>
  bulkCreate(
    values: readonly Partial<Row>[],
    options?: InTransaction & { readonly ignoreDuplicates?: boolean },
  ): Promise<unknown>
  update(values: Partial<Row>, options: Of<Row>): Promise<[affected: number]>
  destroy(options: Of<Row>): Promise<number>
  increment(column: Column<Row>, options: Of<Row> & { readonly by: number }): Promise<unknown>
}

/** The row of a table. */
export type RowOf<Of> = Of extends ReadTable<infer Row> ? Row : never

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
  columns: Record<Column<Row>, unknown>,
  options: TableOptions = {},
): Table<Row> {
  const all = { ...ownCopies(columns), companyId: { type: DataTypes.INTEGER, allowNull: false, defaultValue: 1 } }
  const model = sequelize.define(name, all as ModelAttributes, {
    tableName: name,
    underscored: true,
    timestamps: false,
    indexes: (options.indexes ?? []).map((index) => ({ ...index, fields: [...index.fields] })),
  })
  // The one place that says what Sequelize's model takes and gives: rows are plain objects everywhere else.
  return model as unknown as Table<Row>
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
export async function rows<Row extends object>(table: ReadTable<Row>, options: Find<Row> = {}): Promise<Row[]> {
  const found = await table.findAll({ ...options, raw: true })
  const decode = decoderOf(table)
  for (const row of found) decode(row)
  return found as Row[]
}

/** The first row that fits, or undefined. */
export async function row<Row extends object>(table: ReadTable<Row>, options: Find<Row>): Promise<Row | undefined> {
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

/** Inserts one row and returns its id. Columns that are left out get their defaults. */
export async function insert<Row extends { id: number }>(
  table: Table<Row>,
  values: Partial<Row>,
  tx: Transaction,
): Promise<number> {
  const made = await table.create(values, { transaction: tx })
  return (made.get('id') as number | undefined) ?? 0
}

/** Inserts rows in one statement. Columns that are left out get their defaults. */
export async function insertMany<Row extends object>(
  table: Table<Row>,
  values: readonly Partial<Row>[],
  tx: Transaction,
  { ignoreDuplicates = false }: { readonly ignoreDuplicates?: boolean } = {},
): Promise<void> {
  await table.bulkCreate(values, { transaction: tx, ignoreDuplicates })
}

/** Changes the rows that fit and returns how many there were. */
export async function updateWhere<Row extends object>(
  table: Table<Row>,
  condition: Where<Row>,
  values: Partial<Row>,
  tx: Transaction,
): Promise<number> {
  const [affected] = await table.update(values, { where: condition, transaction: tx })
  return affected
}

/** Deletes the rows that fit and returns how many there were. */
export function destroyWhere<Row extends object>(
  table: Table<Row>,
  condition: Where<Row>,
  tx: Transaction,
): Promise<number> {
  return table.destroy({ where: condition, transaction: tx })
}

/** Deletes the rows with these ids. */
export async function destroyByIds(
  table: Table<{ id: number }>,
  ids: readonly number[],
  tx: Transaction,
): Promise<void> {
  await destroyWhere(table, { id: ids }, tx)
}

/** Adds 1 to a column of the rows that fit. */
export async function increment<Row extends object>(
  table: Table<Row>,
  column: Column<Row>,
  condition: Where<Row>,
  tx: Transaction,
): Promise<void> {
  await table.increment(column, { by: 1, where: condition, transaction: tx })
}

/** A column's name in SQL. */
export const columnOf = <Row extends object>(table: ReadTable<Row>, name: Column<Row>): string =>
  table.getAttributes()[name].field ?? name

/** Names of a table's columns, but for one that is large and seldom needed. */
export const columnsBut = <Row extends object, Large extends Column<Row>>(table: ReadTable<Row>, large: Large) =>
  Object.keys(table.getAttributes()).filter((name) => name !== large && name !== 'companyId') as Exclude<
    Column<Row>,
    Large
  >[]

/** Makes booleans and JSON of what the database answers for them. */
export function decoderOf(table: {
  getAttributes(): Record<string, { readonly type: unknown }>
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
