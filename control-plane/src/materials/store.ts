import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, mkdir, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Files by the SHA-256 of their bytes. */
export interface MediaStore {
  /** Takes a file over; the same bytes are kept once. */
  put(sha256: string, path: string): Promise<void>
  /** Throws when there is no such file. */
  open(sha256: string): Promise<{ stream: Readable; size: number }>
}

/** Files below a directory, spread over folders by their first two digits. */
export class DirectoryMediaStore implements MediaStore {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async put(sha256: string, path: string): Promise<void> {
    const target = this.#path(sha256)
    await mkdir(dirname(target), { recursive: true })
    // Written beside its place first, so that a kill leaves no half file under the final name.
    const half = `${target}.${process.pid}.part`
    await copyFile(path, half)
    await rename(half, target)
  }

  async open(sha256: string): Promise<{ stream: Readable; size: number }> {
    const path = this.#path(sha256)
    const { size } = await stat(path)
    return { stream: createReadStream(path), size }
  }

  #path(sha256: string): string {
    return join(this.#root, sha256.slice(0, 2), sha256)
  }
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
