import type { Transaction } from 'sequelize'
import { columnOf, decoderOf, type ReadTable, type Table } from './table.ts'

type Value = string | number | boolean | Uint8Array | null | undefined
/** By the names they have in the text, as `:name`; a list stands in brackets of its own, as in `id IN (:ids)`. */
export type Values = Readonly<Record<string, Value | readonly (string | number)[]>>

/**
 * Statements on the way of every command, as text: Sequelize takes several times longer to make a text and a row's object
 * than the database takes to run it. One text serves lists of any length, so that it is prepared once; how it does so is
 * the adapter's matter. What writes asks for the written table, which only its writing room has.
 */
export interface Statements {
  /** How an INSERT begins that skips rows which are there already. */
  readonly insertOrIgnore: string
  select<Row extends object>(sql: string, values: Values, tx: Transaction | undefined): Promise<Row[]>
  /** Runs a statement that writes `table`; returns how many rows it changed. */
  run<Row extends object>(table: Table<Row>, sql: string, values: Values, tx: Transaction): Promise<number>
  /** Runs a statement that writes `table` once for each of the values. */
  runEach<Row extends object>(table: Table<Row>, sql: string, many: readonly Values[], tx: Transaction): Promise<void>
}

interface Queryable {
  select<Row extends object>(sql: string, values: Values, tx?: Transaction): Promise<Row[]>
}

/** The statements of the database each table belongs to: who holds a writable table needs nothing else to write it. */
const statementsByTable = new WeakMap<object, Statements>()

/** Says which statements write the tables; called once by whoever opens their database. */
export function writeWith(statements: Statements, tables: readonly object[]): void {
  for (const table of tables) statementsByTable.set(table, statements)
}

function statementsOf(table: { readonly tableName: string }): Statements {
  const statements = statementsByTable.get(table)
  if (!statements) throw new Error(`the database of ${table.tableName} is not open`)
  return statements
}

type Column<Row> = keyof Row & string

/** A condition in SQL, with what may follow it, and the values it names. */
type Condition = Values & { readonly where: string }

/** Columns of the rows that fit. */
export async function pick<Row extends object, Name extends Column<Row>>(
  db: Queryable,
  table: ReadTable<Row>,
  columns: readonly Name[],
  { where, ...values }: Condition,
  tx?: Transaction,
): Promise<Pick<Row, Name>[]> {
  const list = columns.map((name) => `${columnOf(table, name)} AS ${name}`).join(', ')
  const found = await db.select<Pick<Row, Name>>(`SELECT ${list} FROM ${table.tableName} WHERE ${where}`, values, tx)
  const decode = decoderOf(table)
  for (const row of found) decode(row as Record<string, unknown>)
  return found
}

/** Inserts rows that have a value for each of the columns, and for no others. */
export async function insertRows<Row extends object, Name extends Column<Row>>(
  table: Table<Row>,
  added: {
    readonly columns: readonly Name[]
    readonly rows: readonly { readonly [K in Name]: Row[K] & Value }[]
    readonly ignoreDuplicates?: boolean
  },
  tx: Transaction,
): Promise<void> {
  const { columns, rows, ignoreDuplicates } = added
  const statements = statementsOf(table)
  const names = columns.map((name) => columnOf(table, name)).join(', ')
  const places = columns.map((name) => `:${name}`).join(', ')
  const insert = ignoreDuplicates ? statements.insertOrIgnore : 'INSERT INTO'
  const sql = `${insert} ${table.tableName} (${names}, company_id) VALUES (${places}, 1)`
  await statements.runEach(table, sql, rows, tx)
}

/** A change in SQL, as `column = …` with commas between, of the rows that fit. */
type Update = Condition & { readonly set: string }

/** Changes the rows that fit; returns how many there were. */
export function updateRows<Row extends object>(
  table: Table<Row>,
  { set, where, ...values }: Update,
  tx: Transaction,
): Promise<number> {
  return statementsOf(table).run(table, `UPDATE ${table.tableName} SET ${set} WHERE ${where}`, values, tx)
}

/** Changes rows once for each of the values, in one text that all of them share. */
export async function updateEach<Row extends object>(
  table: Table<Row>,
  { set, where }: { readonly set: string; readonly where: string },
  many: readonly Values[],
  tx: Transaction,
): Promise<void> {
  const sql = `UPDATE ${table.tableName} SET ${set} WHERE ${where}`
  await statementsOf(table).runEach(table, sql, many, tx)
}

/**
 * Inserts what a SELECT finds.
 * @param columns their names in SQL, as the SELECT answers them
 */
export function insertSelected<Row extends object>(
  table: Table<Row>,
  columns: readonly string[],
  { select, ...values }: Values & { readonly select: string },
  tx: Transaction,
): Promise<number> {
  const sql = `INSERT INTO ${table.tableName} (${columns.join(', ')}) ${select}`
  return statementsOf(table).run(table, sql, values, tx)
}

/** Deletes the rows that fit; returns how many there were. */
export function deleteRows<Row extends object>(
  table: Table<Row>,
  { where, ...values }: Condition,
  tx: Transaction,
): Promise<number> {
  return statementsOf(table).run(table, `DELETE FROM ${table.tableName} WHERE ${where}`, values, tx)
}

/** A row as it was and as it becomes. */
export interface Change<Row> {
  readonly before: Row
  readonly after: Row
}

/** Updates rows by id; those that change alike change in one statement, which is most of the cost. */
export async function updateAlike<Row extends { id: number | string }, Name extends Column<Row>>(
  table: Table<Row>,
  changes: readonly Change<Pick<Row, Name | 'id'>>[],
  columns: readonly Name[],
  tx: Transaction,
): Promise<void> {
  const alike = new Map<string, { changed: readonly Name[]; values: Values; ids: Row['id'][] }>()
  for (const { before, after } of changes) {
    const changed = columns.filter((name) => before[name] !== after[name])
    if (changed.length === 0) continue
    const values = Object.fromEntries(changed.map((name) => [name, after[name]])) as Values
    const key = JSON.stringify(values)
    const group = alike.get(key) ?? { changed, values, ids: [] }
    alike.set(key, group)
    group.ids.push(after.id)
  }
  for (const { changed, values, ids } of alike.values()) {
    const set = changed.map((name) => `${columnOf(table, name)} = :${name}`)
    const sql = `UPDATE ${table.tableName} SET ${set.join(', ')} WHERE id IN (:ids)`
    await statementsOf(table).run(table, sql, { ...values, ids }, tx)
  }
}
