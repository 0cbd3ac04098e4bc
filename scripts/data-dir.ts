import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const LEFTOVER_LIMIT_MS = 10_000

/** Claims the data directory for this launcher. Throws when another one runs on it. */
export async function claimDataDir(dataDir: string): Promise<void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const lock = join(dataDir, 'launcher.pid')
  const holder = readPid(lock)
  if (holder !== undefined && holder !== process.pid && isOurs(holder, 'scripts/start.ts')) {
    throw new Error(`another "npm start" (process ${holder}) uses ${dataDir}; stop it or set MUSTER_DATA_DIR`)
  }
  writeFileSync(lock, String(process.pid))
  await endLeftovers(join(dataDir, 'run'))
}

export const releaseDataDir = (dataDir: string): void => rmSync(join(dataDir, 'launcher.pid'), { force: true })

/** Parts of a launcher that was killed end by themselves when their channel closes; they still hold ports until then. */
async function endLeftovers(runDir: string): Promise<void> {
  mkdirSync(runDir, { recursive: true })
  const files = readdirSync(runDir).map((file) => join(runDir, file))
  const end = performance.now() + LEFTOVER_LIMIT_MS
  for (const file of files) {
    const pid = readPid(file)
    while (pid !== undefined && isOurs(pid, 'src/main.ts')) {
      if (performance.now() > end) process.kill(pid, 'SIGKILL')
      await delay(100)
    }
    rmSync(file, { force: true })
  }
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    return Number.isInteger(pid) && pid > 1 ? pid : undefined
  } catch {
    return undefined
  }
}

/** Process ids are used again after a reboot, so the command line has to be one of ours too. */
function isOurs(pid: number, entry: string): boolean {
  try {
    return execFileSync('ps', ['-p', String(pid), '-o', 'args='], { encoding: 'utf8' }).includes(entry)
  } catch {
    return false
  }
}

/** The password of `admin`: the given one, else the one generated at the first start, kept in the data directory. */
export function adminPassword(dataDir: string, given: string | undefined): { password: string; generated: boolean } {
  if (given !== undefined && given !== '') return { password: given, generated: false }
  const file = join(dataDir, 'admin-password')
  try {
    return { password: readFileSync(file, 'utf8').trim(), generated: true }
  } catch {
    const password = randomBytes(12).toString('base64url')
    writeFileSync(file, `${password}\n`, { mode: 0o600 })
    return { password, generated: true }
  }
}
