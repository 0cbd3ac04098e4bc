import { writeFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { callOf, nobody, operator, routeOf, type CallOptions } from '../../../../test/support/mutation-calls.ts'
import { FakeClock } from '../../../../test/support/fake-clock.ts'
import { openDatabase } from '../../infra/database/database.ts'
import { conflict } from '../../infra/errors.ts'
import { IdempotencyKeys } from './idempotency-keys.ts'
import { idempotent } from './idempotency.ts'

const post = routeOf({ method: 'post' })

async function stage(t: ExecutionContext) {
  const db = await openDatabase(':memory:')
  t.teardown(() => db.close())
  const middleware = idempotent(
    new IdempotencyKeys({ db, tables: db.tables, clock: new FakeClock(), secret: new Uint8Array(32) }),
  )
  let runs = 0
  /** Returns the answer of a call, which is the number of its run, and how many records it leaves. */
  const run = async (options: CallOptions, error?: Error): Promise<readonly [unknown, number]> => {
    const call = await callOf({ route: post, idempotencyKey: 'k', ...options })
    const next = () => (error ? Promise.reject(error) : Promise.resolve(++runs))
    try {
      const data = await middleware(call, next)
      const records = call.records.length
      await db.write(async (tx) => {
        for (const record of call.records) await record.atEnd(tx, { data })
      })
      return [data, records]
    } catch (refused) {
      await db.write(async (tx) => {
        for (const record of call.records) await record.atEnd(tx, { error: conflict('taken') })
      })
      throw refused
    }
  }
  return { run }
}

test('a request that is sent again with its key gets the first answer, and leaves no record', async (t) => {
  const { run } = await stage(t)
  t.deepEqual(await run({ input: { body: { name: 'a' } } }), [1, 1])
  t.deepEqual(await run({ input: { body: { name: 'a' } } }), [1, 0])
  await t.throwsAsync(() => run({ input: { body: { name: 'b' } } }), {
    message: /used for another request/,
  })
})

test('a key belongs to its user', async (t) => {
  const { run } = await stage(t)
  t.deepEqual(await run({}), [1, 1])
  t.deepEqual(await run({ caller: { ...operator, userId: 8 } }), [2, 1])
})

test('calls without a key, without a user or of another method than POST run each time', async (t) => {
  const { run } = await stage(t)
  for (const options of [{ idempotencyKey: '' }, { caller: nobody }, { route: routeOf({ method: 'patch' }) }])
    t.deepEqual([(await run(options))[1], (await run(options))[1]], [0, 0])
  t.deepEqual(await run({}), [7, 1])
})

test('a refused call gives its key back', async (t) => {
  const { run } = await stage(t)
  await t.throwsAsync(() => run({}, conflict('taken')), { message: 'taken' })
  t.deepEqual(await run({}), [1, 1])
})

test('an upload counts by the bytes of its file', async (t) => {
  const { run } = await stage(t)
  const dir = await mkdtemp(join(tmpdir(), 'muster-test-'))
  t.teardown(() => rm(dir, { recursive: true }))
  const upload = async (name: string, text: string): Promise<CallOptions> => {
    await writeFile(join(dir, name), text)
    return { input: { file: { path: join(dir, name), originalName: 'a.txt', size: text.length } } }
  }
  t.deepEqual(await run(await upload('first', 'one')), [1, 1])
  t.deepEqual(await run(await upload('again', 'one')), [1, 0])
  const other = await upload('other', 'two')
  await t.throwsAsync(() => run(other), { message: /used for another request/ })
})
