import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The key that signs access tokens; made at the first start, so that a restart signs nobody out. */
export function tokenKey(dataDir: string): Uint8Array {
  const path = join(dataDir, 'token.key')
  if (!existsSync(path)) {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    writeFileSync(`${path}.part`, randomBytes(32), { mode: 0o600 })
    renameSync(`${path}.part`, path)
  }
  return readFileSync(path)
}
