import { AsyncLocalStorage } from 'node:async_hooks'
import { dirname } from 'node:path'
import { mkdirSync } from 'node:fs'
import { Sequelize, type Transaction } from 'sequelize'
import { defineModels, type Models, type Tables } from './tables/index.ts'
import { migrate } from './migrations/index.ts'
import { sqliteDialectModule } from './sqlite/dialect-module.ts'
import { SqliteStatements } from './sqlite/statements.ts'
import { writeWith, type Values } from './statements.ts'
import { WriteTransaction } from './transaction.ts'

/** The plane's database, as everybody knows it: all read every table, and nobody writes one through it. */
export interface Database {
  readonly models: Models
  /** Rows of a SELECT, as the database gives them: booleans are numbers. Inside a write it takes its transaction. */
  select<Row extends object>(sql: string, values: Values, tx?: Transaction): Promise<Row[]>
  /**
   * The only way to write: one transaction, committed when `work` resolves and rolled back when it throws. SQLite has
   * one writer, so writes wait for each other in order. Must not be called inside another write.
   */
  write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T>
  /**
   * Runs `work`. The first write it makes also commits what `companion` writes, so that a record of the work is there
   * exactly when it took effect.
   */
  accompanied<T>(companion: (tx: Transaction) => Promise<void>, work: () => Promise<T>): Promise<T>
  /** Throws when the database does not answer. */
  ping(): Promise<void>
  close(): Promise<void>
}

/**
 * The database in the hands of the composition root, which gives each table to the one room that writes it. Everybody
 * else knows it as a `Database`.
 */
export interface OpenDatabase extends Database {
  readonly tables: Tables
  /** For what is about the database itself and not about rows. */
  readonly sequelize: Sequelize
}

/** Opens the embedded database and brings its schema up to date. @param file path, or `:memory:` */
export async function openDatabase(file: string): Promise<OpenDatabase> {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true })
  const sqlite = sqliteDialectModule()
  const sequelize = new Sequelize({ dialect: 'sqlite', dialectModule: sqlite.module, storage: file, logging: false })
  const tables = defineModels(sequelize)
  await migrate(sequelize)
  const queue = new WriteQueue(sequelize)
  const statements = new SqliteStatements(sequelize)
  writeWith(statements, Object.values(tables))
  return {
    sequelize,
    tables,
    models: tables,
    select: (sql, values, tx) => statements.select(sql, values, tx),
    write: (work) => queue.run(work),
    accompanied: (companion, work) => queue.accompanied(companion, work),
    ping: async () => {
      await sequelize.query('SELECT 1')
    },
    close: async () => {
      await queue.idle()
      await sequelize.close()
      sqlite.closeIdle()
    },
  }
}

interface Companion {
  readonly write: (tx: Transaction) => Promise<void>
  /** Until it is committed, or the work it goes with has ended. */
  due: boolean
}

class WriteQueue {
  readonly #sequelize: Sequelize
  readonly #companions = new AsyncLocalStorage<Companion>()
  #tail: Promise<unknown> = Promise.resolve()

  constructor(sequelize: Sequelize) {
    this.#sequelize = sequelize
  }

  async run<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    const companion = this.#companions.getStore()
    const mine = this.#tail.then(() => this.#transact(work, companion))
    this.#tail = mine.catch(() => undefined)
    return await mine
  }

  async accompanied<T>(write: Companion['write'], work: () => Promise<T>): Promise<T> {
    const companion: Companion = { write, due: true }
    try {
      return await this.#companions.run(companion, work)
    } finally {
      // What the work has set going in the background writes on its own account from now on.
      companion.due = false
    }
  }

  async #transact<T>(work: (tx: WriteTransaction) => Promise<T>, companion: Companion | undefined): Promise<T> {
    const tx = await WriteTransaction.begin(this.#sequelize)
    const result = await this.#work(tx, work, companion)
    await tx.commit()
    return result
  }

  /** Rolls back when the work fails. */
  async #work<T>(
    tx: WriteTransaction,
    work: (tx: WriteTransaction) => Promise<T>,
    companion: Companion | undefined,
  ): Promise<T> {
    try {
      const result = await work(tx)
      if (companion?.due) {
        await companion.write(tx)
        tx.afterCommit(() => (companion.due = false))
      }
      return result
    } catch (error) {
      // The work's own error says more than a failed rollback, after which the connection is closed.
      await tx.rollback().catch(() => undefined)
      throw error
    }
  }

  async idle(): Promise<void> {
    await this.#tail
  }
}
