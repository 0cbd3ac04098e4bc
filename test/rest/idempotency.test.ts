import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as endOfTurn } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { Caller } from '../../control-plane/src/http/route.ts'
import { openDatabase, type OpenDatabase } from '../../control-plane/src/infra/database/database.ts'
import { insert, rows } from '../../control-plane/src/infra/database/table.ts'
import { IdempotencyKeys, type Claim } from '../../control-plane/src/edge/api/idempotency-keys.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { pngOf } from '../support/pictures.ts'
import { sharedTestPlane } from '../support/test-plane.ts'

// Behind the real time also when it has been moved: the scheduler's own timers are real.
const clock = new FakeClock(Date.now() - 3_600_000)
const plane = sharedTestPlane(test, { clock })

interface Answer {
  readonly status: number
  readonly data: Record<string, unknown> | null
  readonly msg: string
}

async function post(path: string, key: string, body: object | FormData): Promise<Answer> {
  const form = body instanceof FormData
  const headers = { 'idempotency-key': key, ...(form ? {} : { 'content-type': 'application/json' }) }
  const response = await plane().fetch('POST', path, { headers, body: form ? body : JSON.stringify(body) })
  return { status: response.status, ...((await response.json()) as { data: Answer['data']; msg: string }) }
}

test.serial('a dry run and the real run with one key are two requests', async (t) => {
  const { deviceId } = await plane().enrol('a')
  const inAnHour = new Date(clock.now().getTime() + 3_600_000).toISOString()
  const body = { content: 'once', devices: [deviceId], scheduledTime: inAnHour }
  const dry = await post('/wechat/moments/tasks?dryRun=true', 'k', body)
  t.true('wouldSend' in (dry.data ?? {}), dry.msg)
  const clash = await post('/wechat/moments/tasks', 'k', body)
  t.deepEqual([clash.status, /Idempotency-Key.*new key/.test(clash.msg)], [409, true])
  const real = await post('/wechat/moments/tasks', 'k2', body)
  t.is(typeof real.data?.['taskId'], 'number')
  const reordered = { scheduledTime: inAnHour, devices: [deviceId], content: 'once' }
  t.deepEqual((await post('/wechat/moments/tasks', 'k2', reordered)).data, real.data, 'in another order of fields')
  t.is((await plane().ok('GET', '/tasks'))['total'], 1)
})

test.serial('two files with one key are two requests, and neither is lost', async (t) => {
  const upload = async (key: string, grey: number) => {
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(pngOf(8, grey))]), 'a.png')
    return await post('/materials', key, form)
  }
  const first = await upload('file', 1)
  t.is((await upload('file', 2)).status, 409)
  t.deepEqual((await upload('file', 1)).data, first.data)
  t.is((await upload('other', 2)).status, 200)
  t.is((await plane().ok('GET', '/materials'))['total'], 2)
})

test.serial('a request that is sent again while it runs answers as the first', async (t) => {
  const { deviceId } = await plane().enrol('at once')
  const scheduledTime = new Date(clock.now().getTime() + 3_600_000).toISOString()
  const before = Number((await plane().ok('GET', '/tasks'))['total'])
  const body = { content: 'at once', devices: [deviceId], scheduledTime }
  const tries = Array.from({ length: 5 }, async () => await post('/wechat/moments/tasks', 'at once', body))
  const [first, ...others] = await Promise.all(tries)
  t.is(first?.status, 200, first?.msg)
  for (const other of others) t.deepEqual([other.status, other.data], [200, first?.data])
  t.is((await plane().ok('GET', '/tasks'))['total'], before + 1)
})

test.serial('a refused request does not use its key up', async (t) => {
  await plane().ok('POST', '/tags', { name: 'taken' })
  t.is((await post('/tags', 'tag', { name: 'taken' })).status, 409)
  t.is((await post('/tags', 'tag', { name: 'free' })).status, 200)
})

test.serial('what an answer held is not in the database in clear, and is answered again all the same', async (t) => {
  const first = await post('/devices/enrolment-codes', 'code', { name: 'a' })
  const code = String(first.data?.['code'])
  t.true(code.length > 20)
  t.deepEqual((await post('/devices/enrolment-codes', 'code', { name: 'a' })).data, first.data)
  const secret = code.split('.')[0] ?? ''
  t.false(plane().dump().includes(secret))
})

test.serial('a task whose alarm could not be set is made all the same, once, and starts', async (t) => {
  const { deviceId } = await plane().enrol('b')
  const make = async () => await post('/wechat/moments/tasks', 'alarm', { content: 'alarm', devices: [deviceId] })
  await plane().sql('ALTER TABLE agenda_jobs RENAME TO hidden_jobs')
  const first = await make()
  t.is(first.status, 200, first.msg)
  t.deepEqual((await make()).data, first.data)
  await plane().sql('ALTER TABLE hidden_jobs RENAME TO agenda_jobs')
  clock.advance(6000)
  const id = first.data?.['taskId']
  await plane().events.find('the task to start', (event) => event.id === id && event.status === 'PROCESSING')
  t.pass()
})

// Below, the parts themselves: what is left when the plane dies at a point.

const caller: Caller = { userId: 1, username: 'a', role: 'admin', ip: '', authorization: '', requestId: 'r' }
const call = { caller, path: '/tags', key: 'k', request: { name: 'a' } }
const SECRET = new Uint8Array(32)

interface Stage {
  readonly db: OpenDatabase
  readonly time: FakeClock
  /** As a plane that starts. */
  readonly start: () => Promise<IdempotencyKeys>
  readonly tagNames: () => Promise<string[]>
}

async function stage(t: ExecutionContext): Promise<Stage> {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  const db = await openDatabase(join(dir, 'a.sqlite'))
  t.teardown(async () => {
    await db.close()
    rmSync(dir, { recursive: true })
  })
  const time = new FakeClock()
  return {
    db,
    time,
    start: async () => {
      const idempotency = new IdempotencyKeys({ db, tables: db.tables, clock: time, secret: SECRET })
      await idempotency.recover()
      return idempotency
    },
    tagNames: async () => (await rows(db.models.tags)).map(({ name }) => name),
  }
}

async function claim(idempotency: IdempotencyKeys): Promise<Claim> {
  const claimed = await idempotency.claim(call)
  if ('response' in claimed) throw new Error('the key was used already')
  return claimed
}

/** An effect with the mark that goes with it. */
const addTag = async (db: OpenDatabase, key: Claim): Promise<unknown> =>
  await db.accompanied(
    async (tx) => await key.tookEffect(tx),
    async () => {
      return await db.write(async (tx) => await insert(db.tables.tags, { name: 'a' }, tx))
    },
  )

test('a key whose call died before it took effect is free after a restart', async (t) => {
  const { start } = await stage(t)
  await claim(await start())
  const again = await start()
  await t.notThrowsAsync(async () => await claim(again))
})

test('a key whose call died after it took effect is refused with the remedy, and nothing is made twice', async (t) => {
  const { db, time, start, tagNames } = await stage(t)
  const first = await start()
  await addTag(db, await claim(first))
  let waits = true
  const second = t.throwsAsync(async () => await claim(first), { message: /still running/ })
  void second.finally(() => (waits = false))
  while (waits) {
    time.advance(1000)
    await endOfTurn()
  }
  const again = await start()
  await t.throwsAsync(async () => await claim(again), { message: /took effect.*list.*new key/ })
  t.deepEqual(await tagNames(), ['a'])
})

test('an error after the effect keeps the key, and one before it frees it', async (t) => {
  const { db, start } = await stage(t)
  const idempotency = await start()
  const before = await claim(idempotency)
  await db.write(async (tx) => await before.failed(tx))
  const after = await claim(idempotency)
  await addTag(db, after)
  await db.write(async (tx) => await after.failed(tx))
  await t.throwsAsync(async () => await claim(idempotency), { message: /took effect/ })
})

test('an effect and its mark are committed together or not at all', async (t) => {
  const { db, tagNames } = await stage(t)
  const fails = async () => await Promise.reject(new Error('no mark'))
  const effect = async (name: string) => await db.write(async (tx) => await insert(db.tables.tags, { name }, tx))
  await t.throwsAsync(async () => await db.accompanied(fails, async () => await effect('a')), { message: 'no mark' })
  t.deepEqual(await tagNames(), [])
  let marks = 0
  const mark = async () => void marks++
  await db.accompanied(mark, async () => {
    await effect('a')
    await effect('b')
  })
  t.is(marks, 1, 'it is marked once, however often it writes')
})
