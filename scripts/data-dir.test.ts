import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { claimDataDir, partLock } from './data-dir.ts'
import { FileLock } from '@muster/sdk/file-lock'

const scripts = import.meta.dirname
const { signal } = new AbortController()

function directory(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'muster test '))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Runs a program; resolves when it writes its first line. */
async function program(t: ExecutionContext, file: string, code: string): Promise<ChildProcess> {
  writeFileSync(file, code)
  const child = spawn(process.execPath, ['--conditions=source', file], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  if (child.stdout) await once(child.stdout, 'data')
  return child
}

test('a foreign program that has the process id of an earlier part is left alone', async (t) => {
  const dir = directory(t)
  mkdirSync(join(dir, 'src'))
  const stay = "process.stdout.write('up'); setInterval(() => undefined, 1000)"
  const foreign = await program(t, join(dir, 'src/main.ts'), stay)
  mkdirSync(join(dir, 'run'))
  for (const file of ['run/agent-phone-1.pid', 'launcher.pid']) writeFileSync(join(dir, file), String(foreign.pid))
  const claim = await claimDataDir(dir, signal)
  t.deepEqual(readdirSync(join(dir, 'run')), [])
  t.is(foreign.signalCode ?? foreign.exitCode, null)
  claim.release()
})

test('a directory is claimed once, until it is released', async (t) => {
  const dir = directory(t)
  const claim = await claimDataDir(dir, signal)
  await t.throwsAsync(claimDataDir(dir, signal), {
    message: `another "npm start" (process ${process.pid}) uses ${dir}; stop it or set MUSTER_DATA_DIR`,
  })
  claim.release()
  t.false(existsSync(join(dir, 'launcher.pid')))
  const again = await claimDataDir(dir, signal)
  again.release()
})

test('a claim waits until a part of an earlier start has ended', async (t) => {
  const dir = directory(t)
  mkdirSync(join(dir, 'lock'))
  const part = FileLock.take(partLock(dir, 'agent-phone-1'))
  const order: string[] = []
  setImmediate(() => {
    order.push('ended')
    part?.release()
  })
  const claim = await claimDataDir(dir, signal)
  order.push('claimed')
  t.deepEqual(order, ['ended', 'claimed'])
  claim.release()
})

test('a part ends with its launcher, also one that only starts, and a claim waits for that', async (t) => {
  const dir = directory(t)
  mkdirSync(join(dir, 'lock'))
  const part = join(dir, 'part.mjs')
  writeFileSync(part, 'process.stdout.write(String(process.pid)); setInterval(() => undefined, 1000)')
  const preload = pathToFileURL(join(scripts, 'child-preload.ts')).href
  const env = { ...process.env, MUSTER_PART_LOCK: partLock(dir, 'part') }
  const launcher = await program(
    t,
    join(dir, 'launcher.mjs'),
    `import { fork } from 'node:child_process'
     fork(${JSON.stringify(part)}, { execArgv: ['--conditions=source', '--import=${preload}'], env: ${JSON.stringify(env)}, detached: true })`,
  )
  t.is(FileLock.take(partLock(dir, 'part')), undefined)
  launcher.kill('SIGKILL')
  const claim = await claimDataDir(dir, signal)
  const lock = FileLock.take(partLock(dir, 'part'))
  t.truthy(lock)
  lock?.release()
  claim.release()
})

test("a lock that may only be read is nobody's", (t) => {
  const file = join(directory(t), 'lock')
  writeFileSync(file, '', { mode: 0o400 })
  // To root every file is writable.
  if (process.getuid?.() === 0) {
    t.notThrows(() => FileLock.take(file)?.release())
    return
  }
  t.throws(() => FileLock.take(file), {
    message: /lock cannot be opened for writing; make it this user's, or remove it/,
  })
})

test('a data directory that cannot be used says why and what to do', async (t) => {
  const dir = directory(t)
  const file = join(dir, 'a file')
  writeFileSync(file, '')
  await t.throwsAsync(claimDataDir(file, signal), {
    message: /^cannot write to the data directory: EEXIST.*a file.*; mend that or set MUSTER_DATA_DIR$/,
  })
  // The superuser may write anywhere.
  if (process.getuid?.() === 0) return
  chmodSync(dir, 0o500)
  await t.throwsAsync(claimDataDir(dir, signal), { message: /^cannot write to the data directory: EACCES/ })
  chmodSync(dir, 0o700)
})
