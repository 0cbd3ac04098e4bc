import { accessSync, constants } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

const SQLITE_BUSY = 5
/** Two that reach for a free lock at once disturb each other for a moment; one of them has to get it. */
const PATIENCE_MS = 100

/**
 * The sole right to a file. Node has no file locks of its own, but SQLite has: the system lets one go when its process
 * dies, however it dies, which a file with a process id in it does not.
 */
export class FileLock {
  readonly #database: DatabaseSync

  private constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** Takes the lock, or answers undefined when another process holds it. Throws when the file cannot be written. */
  static take(path: string): FileLock | undefined {
    const database = open(path)
    try {
      // Nothing is ever written to it, so it needs no journal beside it.
      database.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE')
      return new FileLock(database)
    } catch (error) {
      database.close()
      if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined
      throw error
    }
  }

  /** Whoever lets it go twice has let it go. */
  release(): void {
    if (this.#database.isOpen) this.#database.close()
  }
}

function open(path: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: PATIENCE_MS })
    // SQLite also opens what it may only read, and gives that to everybody who asks.
    accessSync(path, constants.W_OK)
    return database
  } catch (error) {
    database?.close()
    throw new Error(`${path} cannot be opened for writing; make it this user's, or remove it`, { cause: error })
  }
}
