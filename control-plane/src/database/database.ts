import { dirname } from 'node:path'
import { mkdirSync } from 'node:fs'
import { Sequelize, Transaction } from 'sequelize'
import { defineModels, type Models } from './models.ts'
import { migrate } from './migrations.ts'
import { sqliteDialectModule } from './sqlite-dialect-module.ts'

/** The plane's database. */
export interface Database {
  readonly sequelize: Sequelize
  readonly models: Models
  /**
   * The only way to write: one transaction, committed when `work` resolves and rolled back when it throws. SQLite has
   * one writer, so writes wait for each other in order. Must not be called inside another write. What `work` gave to
   * `tx.afterCommit` runs once the transaction is stored, and never when it is not; it must not throw.
   */
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
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
    write: async (work) => await queue.run(work),
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

class WriteQueue {
  readonly #sequelize: Sequelize
  #tail: Promise<unknown> = Promise.resolve()

  constructor(sequelize: Sequelize) {
    this.#sequelize = sequelize
  }

  async run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const mine = this.#tail.then(async () => await this.#transact(work))
    this.#tail = mine.catch(() => undefined)
    return await mine
  }

  /** Sequelize runs what was given to `afterCommit` even when the COMMIT failed, so that it is kept here instead. */
  async #transact<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const afterCommit: (() => void)[] = []
    const done = await this.#sequelize.transaction({ type: Transaction.TYPES.IMMEDIATE }, async (tx) => {
      tx.afterCommit = (then) => void afterCommit.push(() => void then(tx))
      return await work(tx)
    })
    for (const then of afterCommit) then()
    return done
  }

  async idle(): Promise<void> {
    await this.#tail
  }
}
