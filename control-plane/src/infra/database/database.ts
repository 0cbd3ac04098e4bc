import { AsyncLocalStorage } from 'node:async_hooks'
import { dirname } from 'node:path'
import { mkdirSync } from 'node:fs'
import { Sequelize, Transaction } from 'sequelize'
import { defineModels, type Models } from './tables/index.ts'
import { migrate } from './migrations/index.ts'
import { sqliteDialectModule } from './sqlite/dialect-module.ts'
import { SqliteStatements } from './sqlite/statements.ts'
import type { Statements } from './statements.ts'

/** The plane's database. */
export interface Database {
  readonly sequelize: Sequelize
  readonly models: Models
  readonly statements: Statements
  /**
   * The only way to write: one transaction, committed when `work` resolves and rolled back when it throws. SQLite has
   * one writer, so writes wait for each other in order. Must not be called inside another write. What `work` gave to
   * `tx.afterCommit` runs once the transaction is stored, and never when it is not; it must not throw.
   */
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /**
   * Runs `work`. The first write it makes also commits what `companion` writes, so that a record of the work is there
   * exactly when it took effect.
   */
  accompanied<T>(companion: (tx: Transaction) => Promise<void>, work: () => Promise<T>): Promise<T>
  /** Throws when the database does not answer. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** Opens the embedded database and brings its schema up to date. @param file path, or `:memory:` */
export async function openDatabase(file: string): Promise<Database> {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true })
  const sqlite = sqliteDialectModule()
  const sequelize = new Sequelize({ dialect: 'sqlite', dialectModule: sqlite.module, storage: file, logging: false })
  const models = defineModels(sequelize)
  await migrate(sequelize)
  const queue = new WriteQueue(sequelize)
  return {
    sequelize,
    models,
    statements: new SqliteStatements(sequelize),
    write: async (work) => await queue.run(work),
    accompanied: async (companion, work) => await queue.accompanied(companion, work),
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

  async run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const companion = this.#companions.getStore()
    const mine = this.#tail.then(async () => await this.#transact(work, companion))
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

  /** Sequelize runs what was given to `afterCommit` even when the COMMIT failed, so that it is kept here instead. */
  async #transact<T>(work: (tx: Transaction) => Promise<T>, companion: Companion | undefined): Promise<T> {
    const afterCommit: (() => void)[] = []
    const done = await this.#sequelize.transaction({ type: Transaction.TYPES.IMMEDIATE }, async (tx) => {
      tx.afterCommit = (then) => void afterCommit.push(() => void then(tx))
      const result = await work(tx)
      if (companion?.due) {
        await companion.write(tx)
        afterCommit.push(() => void (companion.due = false))
      }
      return result
    })
    for (const then of afterCommit) then()
    return done
  }

  async idle(): Promise<void> {
    await this.#tail
  }
}
