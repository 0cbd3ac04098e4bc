import { mkdir, open, rename } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

// A file's bytes and its name are written apart: a name is sure only once its directory was written too.

/** Puts a text in the place of a file: after a power cut there is the old one or the new one, whole. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const half = `${path}.part`
  const file = await open(half, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
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
