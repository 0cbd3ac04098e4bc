import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

// A file's bytes and its name are written apart: a name is sure only once its directory was written too.

/** Puts a text in the place of a file: after a power cut there is the old one or the new one, whole. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await putInPlace(await writeBeside(path, text), path)
}

/** Writes what is to take a file's place; answers where. Leaves nothing behind when it does not fit on the disk. */
export async function writeBeside(path: string, text: string): Promise<string> {
  const half = `${path}.part`
  try {
    await writeFile(half, text, { mode: 0o600, flush: true })
    return half
  } catch (error) {
    await rm(half, { force: true, recursive: true })
    throw error
  }
}

export async function putInPlace(half: string, path: string): Promise<void> {
  await rename(half, path)
  await syncDirectory(dirname(path))
}

/** Makes a directory, with those above it, that only this user may read. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  const top = dirname(resolve(first))
  for (let made = resolve(path); made !== top; made = dirname(made)) await syncDirectory(dirname(made))
}

/** Resolves when the names in a directory are on the disk. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows writes names by itself and opens no directory.
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
