import { readFileSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDirectory, putInPlace, syncDirectory, writeBeside } from './durable-file.ts'
import { FileLock } from './file-lock.ts'

/** Where a journal's lines are kept. */
export interface JournalStorage {
  /** Resolves when the lines are on the disk. */
  append(lines: string): Promise<void>
  /**
   * Puts these lines in place of all others. Answers false, with all as it was, when they do not fit on the disk. Throws
   * when nobody can say any more what is there.
   */
  replace(lines: string): Promise<boolean>
  close(): Promise<void>
}

/** Keeps nothing; for load tests with thousands of agents in one process. */
export const memoryStorage: JournalStorage = {
  append: async () => undefined,
  replace: async () => true,
  close: async () => undefined,
}

/** A file of lines that only grows, and the right to write to it. */
export class FileStorage implements JournalStorage {
  readonly #path: string
  readonly #lock: FileLock
  #file: FileHandle

  private constructor(path: string, lock: FileLock, file: FileHandle) {
    this.#path = path
    this.#lock = lock
    this.#file = file
  }

  /**
   * Opens the journal file of a directory. Answers its whole lines; a torn last line, left by a kill in the middle of a
   * write, is cut off. Throws when another process has the directory.
   */
  static async open(directory: string): Promise<{ storage: FileStorage; lines: readonly string[] }> {
    await makeDirectory(directory)
    const lock = lockDirectory(directory)
    const path = join(directory, 'journal.jsonl')
    const file = await open(path, 'a', 0o600)
    await syncDirectory(directory)
    const text = readFileSync(path, 'utf8')
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    if (whole.length < text.length) await file.truncate(Buffer.byteLength(whole))
    return { storage: new FileStorage(path, lock, file), lines: whole.split('\n').filter((line) => line !== '') }
  }

  async append(lines: string): Promise<void> {
    // Not `write`, which may write a part and say so only in its answer.
    await this.#file.appendFile(lines)
    await this.#file.datasync()
  }

  async replace(lines: string): Promise<boolean> {
    const half = await writeBeside(this.#path, lines).catch(() => undefined)
    if (half === undefined) return false
    await putInPlace(half, this.#path)
    await this.#file.close()
    this.#file = await open(this.#path, 'a', 0o600)
    return true
  }

  async close(): Promise<void> {
    try {
      await this.#file.close()
    } finally {
      this.#lock.release()
    }
  }
}

/** Throws when another process has the directory. */
function lockDirectory(directory: string): FileLock {
  const lock = FileLock.take(join(directory, 'agent.lock'))
  if (lock) return lock
  throw new Error(`another agent uses ${directory}; stop it, or give this one a directory of its own`)
}
