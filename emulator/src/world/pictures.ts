import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The bytes of the pictures in the galleries, for people who want to see what was sent: a file each, by its hash. */
export class Pictures {
  readonly #directory: string | undefined

  /** @param directory without one only the hashes are known */
  constructor(directory: string | undefined) {
    this.#directory = directory
    if (directory !== undefined) mkdirSync(directory, { recursive: true })
  }

  /** Keeps a picture whole or not at all; one that is there already stays as it is. */
  keep(sha256: string, bytes: Buffer): void {
    if (this.#directory === undefined) return
    const path = join(this.#directory, sha256)
    if (existsSync(path)) return
    writeFileSync(`${path}.new`, bytes)
    renameSync(`${path}.new`, path)
  }
}
