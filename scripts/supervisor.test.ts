import { closeSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { PartLog } from './part-log.ts'
import type { PartSpec } from './managed-process.ts'
import { Supervisor } from './supervisor.ts'
import { within } from '../test/support/within.ts'

const LIMIT_MS = 30_000
const READY = "process.send({ type: 'ready' });"
/** A part's channel alone does not keep it running. */
const STAY = 'setInterval(() => undefined, 1000);'

interface Stage {
  readonly supervisor: Supervisor
  readonly stop: AbortController
  /** How long each restart waits. */
  readonly waits: readonly number[]
  /** Why a part was started again, as it happens. */
  readonly restart: () => Promise<string>
  readonly part: (name: string, code: string) => PartSpec
  readonly pid: (name: string) => number
}

function stage(t: ExecutionContext): Stage {
  const dataDir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  for (const folder of ['run', 'log', 'lock']) mkdirSync(join(dataDir, folder))
  const stop = new AbortController()
  const reasons: string[] = []
  const waiting: ((reason: string) => void)[] = []
  const waits: number[] = []
  const onRestart = (_part: string, reason: string, waitMs: number): void => {
    waits.push(waitMs)
    const first = waiting.shift()
    if (first) first(reason)
    else reasons.push(reason)
  }
  const supervisor = new Supervisor({ dataDir, signal: stop.signal, onRestart })
  t.teardown(async () => {
    stop.abort()
    await supervisor.stop(() => true, 0)
    rmSync(dataDir, { recursive: true, force: true })
  })
  const restart = async (): Promise<string> => {
    const seen = reasons.shift()
    const next = seen === undefined ? new Promise<string>((resolve) => waiting.push(resolve)) : Promise.resolve(seen)
    return await within(next, LIMIT_MS, () => 'a restart')
  }
  const part = (name: string, code: string): PartSpec => {
    const entry = join(dataDir, `${name}.mjs`)
    writeFileSync(entry, code)
    return { name, entry, environment: async () => ({}) }
  }
  const pid = (name: string): number => Number(readFileSync(join(dataDir, 'run', `${name}.pid`), 'utf8'))
  return { supervisor, stop, restart, waits, part, pid }
}

test('a part that cannot run as things are ends the start with its reason, and is not tried again', async (t) => {
  const { supervisor, restart, part } = stage(t)
  const hopeless = part(
    'hopeless',
    'process.stderr.write(\'{"level":30}\\nport 1 is in use\\n\'); process.exitCode = 78',
  )
  const mortal = part('mortal', 'process.exit(1)')
  await t.throwsAsync(supervisor.start(hopeless, LIMIT_MS), {
    message: /^hopeless cannot run: port 1 is in use; read /,
  })
  const start = supervisor.start(mortal, LIMIT_MS)
  t.is(await restart(), 'exit code 1', 'only the other one is started again')
  start.catch(() => undefined)
})

test('a part that dies later is started again, whatever it says', async (t) => {
  const { supervisor, restart, part } = stage(t)
  const code = `process.once('message', () => { process.stderr.write('no more'); process.exit(78) }); ${STAY} ${READY}`
  await supervisor.start(part('mortal', code), LIMIT_MS)
  await t.throwsAsync(supervisor.ask('mortal', { type: 'end' }), { message: 'mortal ends before it answers' })
  t.is(await restart(), 'no more')
})

test('a part that ran and cannot start again is tried on, but not all the time: a person has to do something', async (t) => {
  const { supervisor, restart, waits, part } = stage(t)
  const lives: string[] = ["process.send({ type: 'ready' }, () => process.exit(1))"]
  const spec = part('spoilt', '')
  const environment = async (): Promise<NodeJS.ProcessEnv> => {
    const code = lives.shift() ?? "process.stderr.write('the rules are not accepted; set X=yes'); process.exitCode = 78"
    writeFileSync(spec.entry, code)
    return {}
  }
  await supervisor.start({ ...spec, environment }, LIMIT_MS)
  t.is(await restart(), 'exit code 1')
  t.is(await restart(), 'the rules are not accepted; set X=yes')
  t.deepEqual(waits, [50, 60_000])
})

test('a part that is late is told with the reason of its last end, and tried on', async (t) => {
  const { supervisor, restart, part } = stage(t)
  const mortal = part('mortal', 'process.exit(1)')
  let lives = 0
  // Its second life begins only after the limit.
  const environment = async (): Promise<NodeJS.ProcessEnv> => {
    lives++
    if (lives === 1) throw new Error('no plane')
    await t.throwsAsync(start, { message: /^mortal was not ready within 0.05 s \(could not start: no plane\); read / })
    return {}
  }
  const start = supervisor.start({ ...mortal, environment }, 50)
  t.is(await restart(), 'could not start: no plane')
  t.is(await restart(), 'exit code 1')
})

test('nothing is started once all is to stop, and nobody waits for it any more', async (t) => {
  const { supervisor, stop, part, pid } = stage(t)
  const slow = part('slow', `process.on('message', () => process.send({ id: 0 })); ${STAY}`)
  const starting = supervisor.start(slow, LIMIT_MS)
  const stopped = t.throwsAsync(starting)
  stop.abort(new Error('asked to stop'))
  await stopped
  await t.throwsAsync(supervisor.start(part('later', STAY), LIMIT_MS), { message: 'asked to stop' })
  await supervisor.stop(() => true, LIMIT_MS)
  t.throws(() => pid('slow'))
  t.throws(() => pid('later'))
})

test('a question without an answer ends when all is to stop', async (t) => {
  const { supervisor, stop, part } = stage(t)
  await supervisor.start(part('deaf', `${READY} ${STAY}`), LIMIT_MS)
  const question = t.throwsAsync(supervisor.ask('deaf', { type: 'anything' }))
  stop.abort()
  await question
})

test('a part that does not end when asked is killed', async (t) => {
  const { supervisor, stop, part, pid } = stage(t)
  await supervisor.start(part('stubborn', `process.on('SIGTERM', () => undefined); ${STAY} ${READY}`), LIMIT_MS)
  const id = pid('stubborn')
  stop.abort()
  await supervisor.stop(() => true, 50)
  t.throws(() => process.kill(id, 0), { code: 'ESRCH' })
})

test('each question gets its own answer though they come in another order', async (t) => {
  const { supervisor, part } = stage(t)
  const code = `const asked = []
    process.on('message', ({ id, name }) => {
      asked.unshift({ id, name })
      if (asked.length < 3) return
      for (const { id, name } of asked) process.send(name === 'bad' ? { id, error: 'no such name' } : { id, code: name })
    })
    ${READY} ${STAY}`
  await supervisor.start(part('clerk', code), LIMIT_MS)
  const answers = ['one', 'bad', 'two'].map(async (name) => await supervisor.ask('clerk', { name }))
  t.deepEqual(
    (await Promise.allSettled(answers)).map((answer) =>
      answer.status === 'fulfilled' ? answer.value['code'] : (answer.reason as Error).message,
    ),
    ['one', 'no such name', 'two'],
  )
})

test('a log that grew too long is put aside while its part goes on writing', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const log = new PartLog(join(dir, 'part.log'), 20)
  const file = log.open()
  writeSync(file, 'short\n')
  log.rotate()
  t.is(readFileSync(log.path, 'utf8'), 'short\n')
  writeSync(file, 'a line that is long\n')
  log.rotate()
  writeSync(file, '{"level":30}\nError: last words\n    at somewhere\n\nNode.js v24\n')
  closeSync(file)
  t.is(readFileSync(`${log.path}.1`, 'utf8'), 'short\na line that is long\n')
  t.is(log.lastWords(), 'Error: last words')
})
