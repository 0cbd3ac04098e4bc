import { closeSync, existsSync, mkdirSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Change } from './model.ts'

/**
 * The world's changes as lines on disk, written before a tap is answered, so that a killed emulator forgets nothing
 * that a phone would have remembered.
 */
export class ChangeLog {
  readonly #fd: number | undefined
  readonly #blobs: string | undefined
  readonly #memory = new Map<string, Buffer>()

  private constructor(fd: number | undefined, blobs: string | undefined) {
    this.#fd = fd
    this.#blobs = blobs
  }

  /** Opens the log of a folder and answers what it holds; without a folder nothing is kept. A torn last line is cut. */
  static open(directory: string | undefined): { log: ChangeLog; changes: Change[] } {
    if (directory === undefined) return { log: new ChangeLog(undefined, undefined), changes: [] }
    const blobs = join(directory, 'pictures')
    mkdirSync(blobs, { recursive: true })
    const path = join(directory, 'changes.jsonl')
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    if (whole.length < text.length) truncateSync(path, Buffer.byteLength(whole))
    const changes = whole
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Change)
    return { log: new ChangeLog(openSync(path, 'a'), blobs), changes }
  }

  append(change: Change): void {
    if (this.#fd !== undefined) writeSync(this.#fd, `${JSON.stringify(change)}\n`)
  }

  keepPicture(sha256: string, bytes: Buffer): void {
    if (this.#blobs === undefined) this.#memory.set(sha256, bytes)
    else {
      const fd = openSync(join(this.#blobs, sha256), 'w')
      writeSync(fd, bytes)
      closeSync(fd)
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
  }
}
