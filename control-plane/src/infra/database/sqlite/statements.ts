import { QueryTypes, type Sequelize, type Transaction } from 'sequelize'
import { bindable, type SqliteConnection } from './dialect-module.ts'
import type { Statements, Values } from '../statements.ts'
import type { Table } from '../table.ts'

/** The items of a large task must not keep heartbeats waiting. */
const RUNS_BETWEEN_TURNS = 500

/** SQLite takes a list as one value: its JSON, which is a table to it. */
export class SqliteStatements implements Statements {
  readonly insertOrIgnore = 'INSERT OR IGNORE INTO'
  readonly #sequelize: Sequelize
  readonly #texts = new Map<string, string>()

  constructor(sequelize: Sequelize) {
    this.#sequelize = sequelize
  }

  async select<Row extends object>(sql: string, values: Values, tx: Transaction | undefined): Promise<Row[]> {
    // Outside of a write there is no connection of its own; nothing on the way of a command reads there.
    if (!tx) return await this.#sequelize.query<Row>(sql, { replacements: { ...values }, type: QueryTypes.SELECT })
    const text = this.#textOf(sql, values)
    return await connectionOf(tx).prepared(text, (statement) => statement.all(bound(values)) as Row[])
  }

  run<Row extends object>(_table: Table<Row>, sql: string, values: Values, tx: Transaction): Promise<number> {
    const text = this.#textOf(sql, values)
    return connectionOf(tx).prepared(text, (statement) => statement.run(bound(values)).changes)
  }

  async runEach<Row extends object>(
    _table: Table<Row>,
    sql: string,
    many: readonly Values[],
    tx: Transaction,
  ): Promise<void> {
    const [first] = many
    if (!first) return
    const text = this.#textOf(sql, first)
    for (let from = 0; from < many.length; from += RUNS_BETWEEN_TURNS)
      await connectionOf(tx).prepared(text, (statement) => {
        for (const values of many.slice(from, from + RUNS_BETWEEN_TURNS)) statement.run(bound(values))
      })
  }

  #textOf(sql: string, values: Values): string {
    const known = this.#texts.get(sql)
    if (known) return known
    let text = sql
    for (const [name, value] of Object.entries(values))
      if (Array.isArray(value)) text = text.replaceAll(`(:${name})`, `(SELECT value FROM json_each(:${name}))`)
    this.#texts.set(sql, text)
    return text
  }
}

/** Sequelize keeps it there for its own queries. */
const connectionOf = (tx: Transaction): SqliteConnection =>
  (tx as unknown as { readonly connection: SqliteConnection }).connection

const bound = (values: Values) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      Array.isArray(value) ? JSON.stringify(value) : bindable(value),
    ]),
  )
