import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

// Sequelize 6 talks to SQLite through the API of the `sqlite3` package, which has to be compiled. This is that API on
// top of the SQLite that Node carries: only what Sequelize's dialect calls (connection-manager.js and query.js of 6.37).

type Callback = (this: Statement | Database, error: Error | null, rows?: readonly unknown[]) => void
type Parameters = Record<string, unknown> | readonly unknown[] | Callback | undefined

const CONSTRAINT = 19
const BUSY = 5
const BUSY_TIMEOUT_MS = 5000
const CACHED_STATEMENTS = 200

/** How long answers may follow each other before sockets and timers get their turn. */
const LONGEST_TURN_MS = 10

/** What Sequelize reads from `this` in a callback; it asks for the class by this name. */
class Statement {
  readonly lastID: number
  readonly changes: number

  constructor(lastID: number, changes: number) {
    this.lastID = lastID
    this.changes = changes
  }
}

/** What else than Sequelize uses of a connection. */
export interface SqliteConnection {
  /** Does something with a statement that is prepared once, however often it comes. */
  prepared<T>(sql: string, work: (statement: PreparedStatement) => T): Promise<T>
}

/** Values in order, or by name. */
type Bound = readonly SQLInputValue[] | Readonly<Record<string, SQLInputValue>>

class PreparedStatement {
  readonly #statement: StatementSync
  #columns: readonly string[] | undefined

  constructor(database: DatabaseSync, sql: string) {
    this.#statement = database.prepare(sql)
  }

  run(values: Bound): Statement {
    const { lastInsertRowid, changes } = isList(values) ? this.#statement.run(...values) : this.#statement.run(values)
    return new Statement(Number(lastInsertRowid), Number(changes))
  }

  /** Rows as objects of one shape: those that node:sqlite makes are dictionaries, slow to read and slower to copy. */
  all(values: Bound): Record<string, unknown>[] {
    this.#columns ??= this.#columnsOfLists()
    const columns = this.#columns
    const found: unknown = isList(values) ? this.#statement.all(...values) : this.#statement.all(values)
    return (found as unknown[][]).map((cells) => {
      const row: Record<string, unknown> = {}
      for (const [at, column] of columns.entries()) row[column] = cells[at]
      return row
    })
  }

  #columnsOfLists(): readonly string[] {
    this.#statement.setReturnArrays(true)
    return this.#statement.columns().map(({ name }) => name)
  }
}

const isList = (values: Bound): values is readonly SQLInputValue[] => Array.isArray(values)

class Database implements SqliteConnection {
  /** Sequelize reads and sets these. */
  readonly filename: string
  uuid: string | undefined
  readonly #pool: HandlePool
  readonly #handle: Handle
  #closed = false

  constructor(pool: HandlePool, filename: string, opened: (error: Error | null) => void) {
    this.filename = filename
    this.#pool = pool
    this.#handle = pool.take(filename)
    queueMicrotask(() => opened(null))
  }

  serialize(work: () => void): void {
    work()
  }

  run(sql: string, parameters?: Parameters, callback?: Callback): this {
    // Set once for each file: setting it again makes SQLite prepare all its statements anew.
    if (sql === 'PRAGMA FOREIGN_KEYS=ON') return this
    // On a full disk SQLite may have taken the transaction back by itself.
    const moot = sql.startsWith('ROLLBACK') && !this.#handle.database.isTransaction
    if (moot && callback) {
      this.#pool.deliver(() => callback.call(this, null))
      return this
    }
    return this.#execute(sql, parameters, callback, (statement, values) => ({ state: statement.run(values), rows: [] }))
  }

  all(sql: string, parameters?: Parameters, callback?: Callback): this {
    const columns = this.#handle.columnsAskedFor(sql)
    const done = typeof parameters === 'function' ? parameters : callback
    if (columns && done) {
      this.#pool.deliver(() => done.call(new Statement(0, columns.length), null, columns))
      return this
    }
    return this.#execute(sql, parameters, callback, (statement, values) => {
      const rows = statement.all(values)
      return { state: new Statement(0, rows.length), rows }
    })
  }

  exec(sql: string, callback?: Callback): this {
    this.#handle.database.exec(sql)
    if (callback) queueMicrotask(() => callback.call(this, null))
    return this
  }

  async prepared<T>(sql: string, work: (statement: PreparedStatement) => T): Promise<T> {
    try {
      return work(this.#handle.prepare(sql, true))
    } catch (error) {
      throw sqliteError(error)
    } finally {
      await new Promise<void>((resolve) => this.#pool.deliver(resolve))
    }
  }

  close(callback?: (error: Error | null) => void): void {
    if (!this.#closed) this.#pool.give(this.filename, this.#handle)
    this.#closed = true
    if (callback) queueMicrotask(() => callback(null))
  }

  #giveUp(): void {
    if (this.filename === ':memory:') this.#handle.rollBack()
    else this.close()
  }

  #execute(
    sql: string,
    parameters: Parameters,
    callback: Callback | undefined,
    work: (statement: PreparedStatement, values: Bound) => { state: Statement; rows: readonly unknown[] },
  ): this {
    const done = typeof parameters === 'function' ? parameters : callback
    try {
      const values = bound(typeof parameters === 'function' ? undefined : parameters)
      const { state, rows } = work(this.#handle.prepare(sql, Object.keys(values).length > 0), values)
      if (done) this.#pool.deliver(() => done.call(state, null, rows))
    } catch (error) {
      const known = sqliteError(error)
      // Sequelize never touches a connection again whose COMMIT failed: left open, it would lock out all other writers.
      if (sql.startsWith('COMMIT')) this.#giveUp()
      if (!done) throw known
      this.#pool.deliver(() => done.call(this, known))
    }
    return this
  }
}

/** One open file and its prepared statements. */
class Handle {
  readonly database: DatabaseSync
  readonly #statements = new Map<string, PreparedStatement>()
  readonly #columns = new Map<string, readonly unknown[]>()

  constructor(filename: string) {
    this.database = new DatabaseSync(filename)
    this.database.exec(`PRAGMA busy_timeout=${BUSY_TIMEOUT_MS}; PRAGMA foreign_keys=ON`)
    if (filename !== ':memory:') this.database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL')
  }

  /**
   * Sequelize asks for a table's columns before each SELECT of plain rows; after the migrations they do not change.
   * Undefined when the text asks for something else.
   */
  columnsAskedFor(sql: string): readonly unknown[] | undefined {
    if (!sql.startsWith('PRAGMA table_info(')) return undefined
    const known = this.#columns.get(sql)
    if (known) return known
    const columns = this.database.prepare(sql).all()
    if (columns.length > 0) this.#columns.set(sql, columns)
    return columns
  }

  /** Takes back a transaction that is still open. */
  rollBack(): void {
    if (this.database.isTransaction) this.database.exec('ROLLBACK')
  }

  /** Statements with bound values come again; those with literals in their text do not. The least used one goes. */
  prepare(sql: string, keep: boolean): PreparedStatement {
    const statement = this.#statements.get(sql) ?? new PreparedStatement(this.database, sql)
    if (!keep) return statement
    this.#statements.delete(sql)
    this.#statements.set(sql, statement)
    if (this.#statements.size > CACHED_STATEMENTS) this.#statements.delete(this.#statements.keys().next().value ?? '')
    return statement
  }
}

/** Sequelize opens a connection for each transaction; opening a file again each time would be the larger part of it. */
class HandlePool {
  readonly #idle = new Map<string, Handle[]>()
  #turnBegan = 0

  /**
   * Hands an answer out within the turn of the event loop, which is fastest; but a long row of statements, such as the
   * plan of a large task, must not keep heartbeats and requests waiting.
   */
  deliver(answer: () => void): void {
    if (performance.now() - this.#turnBegan < LONGEST_TURN_MS) return queueMicrotask(answer)
    setImmediate(() => {
      this.#turnBegan = performance.now()
      answer()
    })
  }

  take(filename: string): Handle {
    return (filename === ':memory:' ? undefined : this.#idle.get(filename)?.pop()) ?? new Handle(filename)
  }

  give(filename: string, handle: Handle): void {
    if (filename === ':memory:') return handle.database.close()
    handle.rollBack()
    const idle = this.#idle.get(filename) ?? []
    idle.push(handle)
    this.#idle.set(filename, idle)
  }

  closeAll(): void {
    for (const handle of [...this.#idle.values()].flat()) handle.database.close()
    this.#idle.clear()
  }
}

function bound(parameters: Exclude<Parameters, Callback>): Bound {
  if (parameters === undefined) return []
  if (Array.isArray(parameters)) return parameters.map(bindable)
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, bindable(value)]))
}

export function bindable(value: unknown): SQLInputValue {
  if (value === undefined || value === null) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value instanceof Date) return value.toISOString()
  return value as SQLInputValue
}

function sqliteError(error: unknown): Error {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return error as Error
  const primary = error.errcode & 0xff
  const code = primary === CONSTRAINT ? 'SQLITE_CONSTRAINT' : primary === BUSY ? 'SQLITE_BUSY' : 'SQLITE_ERROR'
  return Object.assign(new Error(`${code}: ${error.message}`, { cause: error }), { code })
}

export interface SqliteDialectModule {
  readonly module: object
  /** Closes files that are kept open between transactions. */
  closeIdle(): void
}

/** A `dialectModule` for `new Sequelize({ dialect: 'sqlite' })`. */
export function sqliteDialectModule(): SqliteDialectModule {
  const pool = new HandlePool()
  class PooledDatabase extends Database {
    constructor(filename: string, _mode: number, opened: (error: Error | null) => void) {
      super(pool, filename, opened)
    }
  }
  return {
    module: { Database: PooledDatabase, Statement, OPEN_READWRITE: 2, OPEN_CREATE: 4 },
    closeIdle: () => pool.closeAll(),
  }
}
