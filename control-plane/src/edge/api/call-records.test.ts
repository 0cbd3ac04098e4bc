import test, { type ExecutionContext } from 'ava'
import { callOf } from '../../../../test/support/mutation-calls.ts'
import { openDatabase } from '../../infra/database/database.ts'
import { insert, rows } from '../../infra/database/table.ts'
import { recordsAtEnd, recordsWithEffect } from './call-records.ts'
import type { CallEnd } from './mutation-call.ts'

/** A call with one record that adds a tag for each of its two writes. */
async function stage(t: ExecutionContext) {
  const db = await openDatabase(':memory:')
  t.teardown(() => db.close())
  const call = await callOf()
  const ends: CallEnd[] = []
  call.records.push({
    withEffect: async (tx) => void (await insert(db.tables.tags, { name: 'with the effect' }, tx)),
    atEnd: async (tx, end) => {
      ends.push(end)
      await insert(db.tables.tags, { name: `end ${ends.length}` }, tx)
    },
  })
  return {
    db,
    call,
    ends,
    add: (name: string) => db.write((tx) => insert(db.tables.tags, { name }, tx)),
    tags: async () => (await rows(db.models.tags, { order: [['id', 'ASC']] })).map(({ name }) => name),
  }
}

test('records go with the first effect of a call, once, and not into a write that fails', async (t) => {
  const { db, call, add, tags } = await stage(t)
  await recordsWithEffect(db)(call, async () => {
    const failing = db.write(() => Promise.reject(new Error('rolled back')))
    await t.throwsAsync(() => failing, { message: 'rolled back' })
    t.deepEqual(await tags(), [])
    await add('a')
    await add('b')
  })
  t.deepEqual(await tags(), ['a', 'with the effect', 'b'])
})

test('a call without an effect leaves no record of one', async (t) => {
  const { db, call, tags } = await stage(t)
  t.is(await recordsWithEffect(db)(call, () => Promise.resolve('read only')), 'read only')
  t.deepEqual(await tags(), [])
})

test('records are written after the call, with its data or with its error', async (t) => {
  const { db, call, ends, tags } = await stage(t)
  t.is(await recordsAtEnd(db)(call, () => Promise.resolve('done')), 'done')
  const broken = new TypeError('a bug')
  await t.throwsAsync(() => recordsAtEnd(db)(call, () => Promise.reject(broken)), { is: broken })
  t.deepEqual(await tags(), ['end 1', 'end 2'])
  t.deepEqual(ends[0], { data: 'done' })
  t.like(ends[1], { error: { code: 'INTERNAL', status: 500 } })
})

test('a call that gave up its records leaves none', async (t) => {
  const { db, call, tags } = await stage(t)
  await recordsAtEnd(db)(call, () => {
    call.records = []
    return Promise.resolve(null)
  })
  t.deepEqual(await tags(), [])
})
