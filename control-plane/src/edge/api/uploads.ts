import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Returns the directory of uploads, emptied: those of a killed process are of no use. */
export function emptyUploads(dataDir: string): string {
  const directory = join(dataDir, 'uploads')
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  return directory
}
