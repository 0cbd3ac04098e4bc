import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { Tally, withoutSuperseded } from './compaction.ts'
import type { Change } from './model.ts'

/** Fewer superseded lines than that are not worth a new file. */
const WORTH_COMPACTING = 1000

/**
 * The world's changes as lines on disk, written before a tap is answered, so that a killed emulator forgets nothing
 * that a phone would have remembered.
 *
 * A line is handed to the system and not forced onto the disk: that outlives the process, whatever ends it, and only a
 * machine that loses its power can lose the last seconds. A new file in the place of the old one is forced first.
 */
export class ChangeLog {
  readonly #path: string
  #fd: number | undefined
  #size: number
  #tally: Tally
  #worthCompacting = WORTH_COMPACTING

  private constructor(path: string, size: number, tally: Tally) {
    this.#path = path
    this.#fd = openSync(path, 'a')
    this.#size = size
    this.#tally = tally
  }

  /** Opens the log of a folder and answers what it holds. A torn last line is cut. Throws when a line is no change. */
  static open(directory: string): { log: ChangeLog; changes: readonly Change[] } {
    const path = join(directory, 'changes.jsonl')
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0)
    const size = bytes.lastIndexOf('\n') + 1
    if (size < bytes.length) truncateSync(path, size)
    const changes = changesIn(bytes.toString('utf8', 0, size), path)
    const log = new ChangeLog(path, size, new Tally(changes))
    log.#compactWhenWorth()
    return { log, changes }
  }

  append(change: Change): void {
    if (this.#fd === undefined) throw new Error('the world is closed')
    const line = Buffer.from(`${JSON.stringify(change)}\n`)
    try {
      writeAll(this.#fd, line)
    } catch (error) {
      // Half a line would take the next one with it.
      ftruncateSync(this.#fd, this.#size)
      throw error
    }
    this.#size += line.length
    this.#tally.add(change)
    this.#compactWhenWorth()
  }

  close(): void {
    if (this.#fd === undefined) return
    fsyncSync(this.#fd)
    closeSync(this.#fd)
    this.#fd = undefined
  }

  #compactWhenWorth(): void {
    const { superseded, living } = this.#tally
    if (superseded <= Math.max(this.#worthCompacting, living)) return
    try {
      this.#compact()
    } catch {
      // A full disk, most likely. The long file is as good as the short one, so nothing is lost by trying later.
      this.#worthCompacting = 2 * superseded
    }
  }

  /** Puts a file without superseded lines in the place of the old one, which is whole until that moment. */
  #compact(): void {
    const changes = withoutSuperseded(changesIn(readFileSync(this.#path, 'utf8'), this.#path))
    const bytes = Buffer.from(changes.map((change) => `${JSON.stringify(change)}\n`).join(''))
    const fresh = `${this.#path}.new`
    rmSync(fresh, { force: true })
    const fd = openSync(fresh, 'ax')
    try {
      writeAll(fd, bytes)
      fsyncSync(fd)
      renameSync(fresh, this.#path)
    } catch (error) {
      closeSync(fd)
      throw error
    }
    const old = this.#fd
    this.#fd = fd
    this.#size = bytes.length
    this.#tally = new Tally(changes)
    this.#worthCompacting = WORTH_COMPACTING
    if (old !== undefined) closeSync(old)
  }
}

function changesIn(text: string, path: string): Change[] {
  return text.split('\n').flatMap((line, index) => {
    if (line === '') return []
    try {
      return [JSON.parse(line) as Change]
    } catch (error) {
      throw new Error(`${path}, line ${index + 1} is no change of the world; mend it, or move the file away`, {
        cause: error,
      })
    }
  })
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written)
}
