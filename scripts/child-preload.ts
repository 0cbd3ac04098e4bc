import { flushCompileCache } from 'node:module'
import { FileLock } from '@muster/sdk/file-lock'

// Loaded into every part before its own code: what the launcher needs of a part, whatever program it is.
/** As sysexits.h has it: a person has to change something first. */
const EX_CONFIG = 78
/** A part that is asked to end ends within 8 s by itself. */
const END_LIMIT_MS = 9000
/** A part has started by then, and on a slow machine by the second. */
const KEEP_COMPILED_AFTER_MS = [3000, 15_000]

holdLock(process.env['MUSTER_PART_LOCK'] ?? '')
endWithLauncher()
keepCompiled()

/** A start after this one's launcher was killed waits for the lock, so that no part is ever there twice. */
function holdLock(path: string): void {
  const lock = FileLock.take(path)
  // Kept by the listener: a lock that nothing refers to would be let go when memory is tidied.
  if (lock) process.once('exit', () => lock.release())
  else {
    process.stderr.write(`the same part of an earlier start still holds ${path}; end that process first\n`)
    process.exit(EX_CONFIG)
  }
}

/** The launcher may die while this part still starts; nobody would end it any more. */
function endWithLauncher(): void {
  const end = (): void => {
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), END_LIMIT_MS).unref()
    process.kill(process.pid, 'SIGTERM')
  }
  process.once('disconnect', end)
  // Listening would keep a part alive that has nothing left to do because it could not start.
  process.channel?.unref()
  if (!process.connected) end()
}

/** By itself Node keeps what it has compiled when a process ends: one that is killed would be slow to come back. */
function keepCompiled(): void {
  for (const ms of KEEP_COMPILED_AFTER_MS) setTimeout(flushCompileCache, ms).unref()
}
