import { closeSync, copyFileSync, fstatSync, openSync, readSync, rmSync, statSync, truncateSync } from 'node:fs'

const LAST_BYTES = 8192
const LAST_LINES = 5

/** The file a part writes its output to, over all its lives. */
export class PartLog {
  readonly path: string
  readonly #largestBytes: number
  /** Where the present life begins. */
  #from = 0

  /** @param largestBytes a longer one becomes `<path>.1`. @default 50 MiB */
  constructor(path: string, largestBytes = 50 * 1024 * 1024) {
    this.path = path
    this.#largestBytes = largestBytes
  }

  /** A file descriptor for the next life of the part; the caller closes it. */
  open(): number {
    this.rotate()
    const file = openSync(this.path, 'a')
    this.#from = fstatSync(file).size
    return file
  }

  /** Parts hold the file open for appending, so it is emptied, not replaced. */
  rotate(): void {
    if ((statSync(this.path, { throwIfNoEntry: false })?.size ?? 0) <= this.#largestBytes) return
    const older = `${this.path}.1`
    rmSync(older, { force: true })
    try {
      copyFileSync(this.path, older)
    } catch {
      // The disk is full: better no old log than no room.
      rmSync(older, { force: true })
    }
    truncateSync(this.path)
    this.#from = 0
  }

  /** What the present life said to people at last: no log records, no stack. */
  lastWords(): string {
    const lines = this.#tail()
      .split('\n')
      .filter((line) => line.trim() !== '' && !/^(\{|\d{4}-\d\d-\d\dT|\s+at |Node\.js v)/.test(line))
    return lines
      .slice(-LAST_LINES)
      .map((line) => line.trim())
      .join(' ')
  }

  #tail(): string {
    const file = openSync(this.path, 'r')
    try {
      const { size } = fstatSync(file)
      const bytes = Buffer.alloc(Math.min(Math.max(size - this.#from, 0), LAST_BYTES))
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, size - bytes.length)).toString('utf8')
    } finally {
      closeSync(file)
    }
  }
}
