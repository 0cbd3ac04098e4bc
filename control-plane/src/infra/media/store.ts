import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Files by the SHA-256 of their bytes. */
export interface MediaStore {
  /** Takes a file over; the same bytes are kept once. When it resolves they outlive the process and the power. */
  put(sha256: string, path: string): Promise<void>
  /** The bytes, or those from `start` to `end`, both included. Throws when there is no such file. */
  open(sha256: string, range?: { readonly start: number; readonly end: number }): Promise<Readable>
}

/** Files below a directory, spread over folders by their first two digits. */
export class DirectoryMediaStore implements MediaStore {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async put(sha256: string, path: string): Promise<void> {
    const target = this.#path(sha256)
    const folder = dirname(target)
    await mkdir(folder, { recursive: true })
    // Written beside its place first, so that a kill leaves no half file under the final name; under a name of its own,
    // because the same bytes may come twice at once.
    const half = `${target}.${randomUUID()}.part`
    try {
      await copyFile(path, half)
      await sync(half)
      await rename(half, target)
    } finally {
      await rm(half, { force: true })
    }
    await sync(folder)
    await sync(this.#root)
  }

  async open(sha256: string, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
    return (await open(this.#path(sha256))).createReadStream(range)
  }

  #path(sha256: string): string {
    return join(this.#root, sha256.slice(0, 2), sha256)
  }
}

/** Makes a file's bytes, or a directory's names, durable. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
