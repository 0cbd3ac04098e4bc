import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { ItemStatus } from '@muster/proto'
import { Journal, resultOf, systemClock } from '@muster/sdk/agent'
import { momentCommand } from '../../../test/support/scripted-gateway.ts'

function directory(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

// Spends of days long gone are forgotten.
const TODAY = new Date().toISOString().slice(0, 10)

const outcome = (itemId: string) => ({
  itemId,
  status: ItemStatus.SUCCEEDED,
  code: '',
  reason: '',
  evidenceId: '',
  atUnixMs: 1,
})

/** Everything that happens to one command. */
async function wholeLife(journal: Journal, id: string): Promise<void> {
  const item = `item of ${id}`
  await journal.received([momentCommand(id)])
  journal.reached(id, 'ACCEPTED')
  journal.reached(id, 'STARTED')
  await journal.intent(id, item, { part: 0, baseline: ['a'], spend: 'posts', day: TODAY })
  await journal.done(id, item, 0)
  await journal.outcome(id, outcome(item))
  await journal.result(resultOf(id, [outcome(item)]))
}

test('a journal cut off at any byte opens, and knows a prefix of what happened', async (t) => {
  const dir = directory(t)
  const journal = await Journal.open(dir, systemClock)
  const { id } = journal
  await wholeLife(journal, 'c1')
  await journal.close()
  const file = join(dir, 'journal.jsonl')
  const whole = readFileSync(file)
  const ranks: number[] = []
  for (let bytes = whole.length; bytes > 0; bytes -= 7) {
    truncateSync(file, bytes)
    const again = await Journal.open(dir, systemClock)
    const entry = again.entry('c1')
    const memory = again.recall('c1', 'item of c1')
    ranks.push(entry?.result ? 5 : memory.finished ? 4 : memory.doneParts ? 3 : memory.openIntent ? 2 : entry ? 1 : 0)
    if (bytes > 80) t.is(again.id, id)
    await again.close()
  }
  t.deepEqual(
    ranks,
    ranks.toSorted((a, b) => b - a),
    'less of the file never means more happened',
  )
  t.is(ranks[0], 5)
  t.true(new Set(ranks).size >= 5)
})

test('budget is spent once by an item, over restarts, and counts only its day', async (t) => {
  const dir = directory(t)
  let journal = await Journal.open(dir, systemClock)
  await wholeLife(journal, 'c1')
  await wholeLife(journal, 'c2')
  for (let life = 0; life < 2; life++) {
    t.is(journal.spent('posts', TODAY, 'another item'), 2)
    t.is(journal.spent('posts', TODAY, 'item of c1'), 1, 'a replay of an item finds its own spend free')
    t.is(journal.spent('posts', '2000-01-01', 'another item'), 0)
    t.is(journal.spent('messages', TODAY, 'another item'), 0)
    await journal.close()
    journal = await Journal.open(dir, systemClock)
  }
  await journal.close()
})

test('a journal that is written anew keeps what an item answered, and an intent that counts for no cap', async (t) => {
  const dir = directory(t)
  let journal = await Journal.open(dir, systemClock)
  await journal.received([momentCommand('c1')])
  await journal.intent('c1', 'one', { part: 0, baseline: 3 })
  await journal.done('c1', 'one', 0, '{"number":4}')
  await journal.intent('c1', 'two', { part: 0, baseline: 4 })
  for (let life = 0; life < 3; life++) {
    t.like(journal.recall('c1', 'one'), { doneParts: 1, openIntent: undefined, answer: '{"number":4}' })
    t.like(journal.recall('c1', 'two'), { doneParts: 0, openIntent: { part: 0, baseline: 4 }, answer: undefined })
    t.false(journal.hasSpent('two'))
    await journal.close()
    journal = await Journal.open(dir, systemClock)
  }
  await journal.close()
})

test('two processes cannot have one journal', async (t) => {
  const dir = directory(t)
  const journal = await Journal.open(dir, systemClock)
  await t.throwsAsync(async () => await Journal.open(dir, systemClock), { message: /process|in use|another/ })
  const alias = join(directory(t), 'alias')
  symlinkSync(dir, alias)
  await t.throwsAsync(async () => await Journal.open(alias, systemClock), { message: /another/ }, 'by another name')
  await journal.close()
})

test('of many that reach at once for the journal of an agent that was killed, one gets it', async (t) => {
  const dir = directory(t)
  const code = `import { Journal, systemClock } from '@muster/sdk/agent'
    await Journal.open(process.argv[1], systemClock)
    process.stdout.write('up')
    setInterval(() => undefined, 1000)`
  const args = ['--conditions=source', '--input-type=module', '-e', code, dir]
  const killed = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  t.teardown(() => killed.kill('SIGKILL'))
  await once(killed.stdout, 'data')
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  const opened = await Promise.allSettled(Array.from({ length: 8 }, async () => await Journal.open(dir, systemClock)))
  const journals = opened.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  t.is(journals.length, 1)
  await Promise.all(journals.map(async (journal) => await journal.close()))
})

test('a journal that cannot be written refuses everything and says so', async (t) => {
  const journal = await Journal.open(directory(t), systemClock)
  await wholeLife(journal, 'c1')
  // Its file is closed under it: every further write fails, as on a full disk.
  await journal.close()
  await t.throwsAsync(async () => await journal.received([momentCommand('c2')]))
  t.regex((await journal.failed).message, /journal cannot be written/)
})

test('a journal that finds no room to be written anew goes on with the lines it has', async (t) => {
  const dir = directory(t)
  let journal = await Journal.open(dir, systemClock)
  const { id } = journal
  await wholeLife(journal, 'c1')
  await journal.close()
  const before = readFileSync(join(dir, 'journal.jsonl'))
  // A directory in the place of the new file: it can no more be written than on a full disk.
  mkdirSync(join(dir, 'journal.jsonl.part'))
  journal = await Journal.open(dir, systemClock)
  t.deepEqual([journal.id, readFileSync(join(dir, 'journal.jsonl'))], [id, before])
  await wholeLife(journal, 'c2')
  await journal.close()
  journal = await Journal.open(dir, systemClock)
  t.truthy(journal.entry('c1')?.result)
  t.truthy(journal.entry('c2')?.result)
  await journal.close()
})
