import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { open, writeFile, type FileHandle } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

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
  readonly #lock: Server
  #file: FileHandle

  private constructor(path: string, lock: Server, file: FileHandle) {
    this.#path = path
    this.#lock = lock
    this.#file = file
  }

  /**
   * Opens the journal file of a directory. Answers its whole lines; a torn last line, left by a kill in the middle of a
   * write, is cut off. Throws when another process has the directory.
   */
  static async open(directory: string): Promise<{ storage: FileStorage; lines: readonly string[] }> {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const lock = await lockDirectory(directory)
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
    const half = `${this.#path}.part`
    try {
      await writeFile(half, lines, { mode: 0o600, flush: true })
    } catch {
      rmSync(half, { force: true, recursive: true })
      return false
    }
    renameSync(half, this.#path)
    await syncDirectory(dirname(this.#path))
    await this.#file.close()
    this.#file = await open(this.#path, 'a', 0o600)
    return true
  }

  async close(): Promise<void> {
    await this.#file.close()
    await new Promise<void>((done) => this.#lock.close(() => done()))
  }
}

/** A new name in a directory outlives a power cut only once the directory is on the disk too. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Holds a local socket named after the directory: the system lets it go when the process dies, however it dies, which
 * a file with a process id in it does not.
 */
async function lockDirectory(directory: string): Promise<Server> {
  const name = createHash('sha256').update(resolve(directory)).digest('hex').slice(0, 24)
  const path = join(tmpdir(), `muster-agent-${name}.lock`)
  for (let tries = 0; tries < 2; tries++) {
    const server = await listen(path)
    if (server) return server
    if (await answers(path)) break
    rmSync(path, { force: true })
  }
  throw new Error(`another agent uses ${directory}; stop it, or give this one a directory of its own`)
}

async function listen(path: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy())
  server.unref()
  return await new Promise((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? done(undefined) : fail(error),
    )
    server.listen(path, () => done(server))
  })
}

async function answers(path: string): Promise<boolean> {
  return await new Promise((done) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      done(true)
    })
    socket.once('error', () => done(false))
  })
}
