import test, { type ExecutionContext } from 'ava'
import { callOf, nobody, operator, routeOf } from '../../../../test/support/mutation-calls.ts'
import { FakeClock } from '../../../../test/support/fake-clock.ts'
import { openDatabase } from '../../infra/database/database.ts'
import { rows } from '../../infra/database/table.ts'
import type { Caller } from '../../http/route.ts'
import { conflict } from '../../infra/errors.ts'
import { Audit } from '../../records/audit/service.ts'
import { audited } from './audit.ts'
import { AnonymousAuditLimit } from './limits.ts'
import type { MutationCall } from './mutation-call.ts'

const refusal = conflict('taken')

async function stage(t: ExecutionContext) {
  const db = await openDatabase(':memory:')
  t.teardown(() => db.close())
  const limit = new AnonymousAuditLimit(new FakeClock())
  const withEffect = (call: MutationCall) =>
    db.write(async (tx) => {
      for (const record of call.records) await record.withEffect(tx)
    })
  const atEnd = (call: MutationCall, end: { data: unknown } | { error: typeof refusal }) =>
    db.write(async (tx) => {
      for (const record of call.records) await record.atEnd(tx, end)
    })
  return {
    middleware: audited(new Audit({ db, tables: db.tables, clock: new FakeClock() }), limit),
    withEffect,
    atEnd,
    entries: () => rows(db.models.auditLog, { order: [['id', 'ASC']] }),
  }
}

test('a call leaves an intent with its effect and an outcome that belongs to it', async (t) => {
  const { middleware, withEffect, atEnd, entries } = await stage(t)
  const call = await callOf({ input: { body: { name: 'new' } } })
  const data = await middleware(call, async () => {
    call.before = { name: 'old' }
    await withEffect(call)
    return { name: 'new' }
  })
  t.deepEqual(data, { name: 'new' })
  await atEnd(call, { data })
  const [intent, outcome] = await entries()
  t.like(intent, { kind: 'INTENT', action: 'PATCH /things', target: '/things', userId: 7, outcome: 0 })
  t.like(intent, { request: { name: 'new' }, before: { name: 'old' }, after: null })
  t.like(outcome, { kind: 'OUTCOME', intentId: intent?.id, after: { name: 'new' }, outcome: 200 })
})

test('a refused call leaves an outcome alone, with as much as was known of it', async (t) => {
  const { middleware, atEnd, entries } = await stage(t)
  const call = await callOf({ caller: nobody })
  const refuse = () => {
    call.caller = operator
    return Promise.reject(refusal)
  }
  await t.throwsAsync(() => middleware(call, refuse), { is: refusal })
  await atEnd(call, { error: refusal })
  const [only, ...others] = await entries()
  t.like(only, { kind: 'OUTCOME', username: 'ann', request: null, before: null, intentId: null, outcome: 409 })
  t.deepEqual(others, [])
})

test('of refusals without a sign-in, sixty a minute are recorded, and of a user all', async (t) => {
  const { middleware } = await stage(t)
  const recorded = async (caller: Caller): Promise<number> => {
    const call = await callOf({ route: routeOf(), caller })
    await t.throwsAsync(() => middleware(call, () => Promise.reject(refusal)))
    return call.records.length
  }
  const counts = []
  for (let i = 0; i < 62; i++) counts.push(await recorded(nobody))
  t.deepEqual([counts.slice(0, 60).every((count) => count === 1), counts.slice(60)], [true, [0, 0]])
  t.is(await recorded(operator), 1)
})
