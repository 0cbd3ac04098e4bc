import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import anyTest, { type ExecutionContext } from 'ava'
import { Journal, systemClock } from '@muster/sdk/agent'
import { ScriptedGateway } from '../../../test/support/scripted-gateway.ts'

/** The name of an open file can be read back only there. */
const test = process.platform === 'linux' ? anyTest.serial : anyTest.skip

interface Synced {
  readonly path: string
  /** What stood in the directory then; empty for a file. */
  readonly names: readonly string[]
}

/** Everything that is forced to the disk from now on, in order. */
async function watched(t: ExecutionContext): Promise<Synced[]> {
  const handle = await open(import.meta.filename)
  const prototype = Object.getPrototypeOf(handle) as { sync: FileHandle['sync'] }
  await handle.close()
  const { sync } = prototype
  t.teardown(() => {
    prototype.sync = sync
  })
  const synced: Synced[] = []
  prototype.sync = async function (this: FileHandle): Promise<void> {
    const path = readlinkSync(`/proc/self/fd/${this.fd}`)
    synced.push({ path, names: (await this.stat()).isDirectory() ? readdirSync(path) : [] })
    await sync.call(this)
  }
  return synced
}

function directory(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

test('a power cut does not take a new journal, nor one that was written anew, out of its directory', async (t) => {
  const synced = await watched(t)
  const top = directory(t)
  const dir = join(top, 'phones', 'one')
  await (await Journal.open(dir, systemClock)).close()
  const nameIsSure = (path: string, name: string): boolean =>
    synced.some((one) => one.path === path && one.names.includes(name))
  t.true(nameIsSure(top, 'phones') && nameIsSure(join(top, 'phones'), 'one') && nameIsSure(dir, 'journal.jsonl'))
  synced.length = 0
  await (await Journal.open(dir, systemClock)).close()
  const half = synced.findIndex(({ path }) => path.endsWith('journal.jsonl.part'))
  t.true(half >= 0)
  const after = synced.slice(half + 1).find(({ path }) => path === dir)
  t.deepEqual(
    after?.names.filter((name) => !name.startsWith('agent.lock')),
    ['journal.jsonl'],
    'the new name is sure, and the old one gone',
  )
})

test('a power cut after the enrolment does not lose the identity, whose code is good once', async (t) => {
  const dir = directory(t)
  const gateway = await ScriptedGateway.start(dir)
  t.teardown(() => gateway.close())
  const synced = await watched(t)
  await gateway.identity()
  const identity = join(dir, 'identity')
  const files = ['ca.pem', 'cert.pem', 'device.json', 'key.pem']
  t.true(files.every((name) => existsSync(join(identity, name))))
  t.true(files.every((name) => synced.some(({ path }) => path === join(identity, `${name}.part`))))
  t.deepEqual(synced.findLast(({ path }) => path === identity)?.names.toSorted(), files)
})
