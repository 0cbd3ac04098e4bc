import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { FileLock } from '@muster/sdk/file-lock'

/** Parts end within 9 s of their launcher's death. */
const LEFTOVER_LIMIT_MS = 12_000
const LOOK_EVERY_MS = 100
const MIB = 1024 * 1024
/** A start alone writes a few of them. */
const LEAST_ROOM_MIB = 16

/** Where a part's lock is. Beside `run/`, which holds process ids and nothing else. */
export const partLock = (dataDir: string, part: string): string => join(dataDir, 'lock', `${part}.lock`)

/**
 * Claims the data directory for this launcher until it is released. Throws when another one runs on it, when
 * parts of an earlier one do not end, and when it cannot be written.
 */
export async function claimDataDir(dataDir: string, signal: AbortSignal): Promise<{ release(): void }> {
  makeWritable(dataDir)
  checkRoom(dataDir)
  const lock = FileLock.take(join(dataDir, 'launcher.lock'))
  const note = join(dataDir, 'launcher.pid')
  if (!lock) {
    throw new Error(`another "npm start"${processOf(note)} uses ${dataDir}; stop it or set MUSTER_DATA_DIR`)
  }
  try {
    await leftoversGone(dataDir, signal)
    for (const folder of ['run', 'log']) mkdirSync(join(dataDir, folder), { recursive: true })
    for (const file of readdirSync(join(dataDir, 'run'))) rmSync(join(dataDir, 'run', file))
    writeFileSync(note, String(process.pid))
  } catch (error) {
    lock.release()
    throw error
  }
  return {
    release: () => {
      rmSync(note, { force: true })
      lock.release()
    },
  }
}

function makeWritable(dataDir: string): void {
  try {
    for (const folder of [dataDir, join(dataDir, 'lock')]) {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      accessSync(folder, constants.W_OK | constants.X_OK)
    }
  } catch (error) {
    const { message } = error as NodeJS.ErrnoException
    throw new Error(`cannot write to the data directory: ${message}; mend that or set MUSTER_DATA_DIR`, {
      cause: error,
    })
  }
}

/** On a full disk a part could not even write down why it ends. */
function checkRoom(dataDir: string): void {
  const { blocks, bavail, bsize } = statfsSync(dataDir)
  const room = Math.floor((bavail * bsize) / MIB)
  // Some file systems do not know their size.
  if (blocks === 0 || room >= LEAST_ROOM_MIB) return
  throw new Error(`the disk of ${dataDir} is full (${room} MiB are free); make room or set MUSTER_DATA_DIR`)
}

/** Parts of a launcher that was killed end by themselves; until then they hold their ports and their journals. */
async function leftoversGone(dataDir: string, signal: AbortSignal): Promise<void> {
  const end = performance.now() + LEFTOVER_LIMIT_MS
  for (const file of readdirSync(join(dataDir, 'lock')).filter((name) => name.endsWith('.lock'))) {
    const part = basename(file, '.lock')
    for (;;) {
      const free = FileLock.take(partLock(dataDir, part))
      free?.release()
      if (free) break
      if (performance.now() > end) {
        const id = processOf(join(dataDir, 'run', `${part}.pid`))
        throw new Error(`${part}${id} of an earlier start does not end; end it, then start again`)
      }
      await delay(LOOK_EVERY_MS, undefined, { signal })
    }
  }
}

/** For people to read: what a file says may long be the id of another program. */
function processOf(file: string): string {
  try {
    return ` (process ${readFileSync(file, 'utf8').trim()})`
  } catch {
    return ''
  }
}
