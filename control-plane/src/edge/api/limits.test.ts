import test from 'ava'
import { FakeClock } from '../../../../test/support/fake-clock.ts'
import { callOf, operator, routeOf } from '../../../../test/support/mutation-calls.ts'
import { conflict, MusterError } from '../../infra/errors.ts'
import { AnonymousAuditLimit, callLimits, limited } from './limits.ts'

const clock = new FakeClock()
const creates = routeOf({ limit: 'task-creation' })
const signsIn = routeOf({ limit: 'sign-in', role: 'public' })
const done = (): Promise<string> => Promise.resolve('done')
const refused = (): Promise<never> => Promise.reject(conflict('taken'))

/** What a call becomes: `done`, or the code of its refusal. */
async function codeOf(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    return error instanceof MusterError ? error.code : error
  }
}

test('a user may create so many tasks a minute, and then is told when to try again', async (t) => {
  const middleware = limited(callLimits({ clock, tasksPerMinute: 2 }), [creates])
  const create = async (userId: number) => {
    const caller = { ...operator, userId }
    return await middleware(await callOf({ route: creates, caller, input: { caller } }), done)
  }
  t.deepEqual([await create(1), await create(1)], ['done', 'done'])
  const error = await t.throwsAsync(() => create(1), { instanceOf: MusterError })
  t.regex(error?.message ?? '', /^at most 2 tasks a minute may be created; try again in \d+ s$/)
  t.is(error?.code, 'RATE_LIMITED')
  t.true(Number(error?.retryAfterSeconds) >= 1 && Number(error?.retryAfterSeconds) <= 60)
  t.is(await create(2), 'done', 'another user')
})

test('dry runs and refused creations do not count, and neither do other routes', async (t) => {
  const other = routeOf()
  const middleware = limited(callLimits({ clock, tasksPerMinute: 1 }), [creates, other])
  const dryRun = await callOf({ route: creates, input: { query: { dryRun: 'true' } } })
  const create = await callOf({ route: creates })
  for (let i = 0; i < 3; i++) {
    t.is(await middleware(dryRun, done), 'done')
    t.is(await codeOf(middleware(create, refused)), 'CONFLICT')
    t.is(await middleware(await callOf({ route: other }), done), 'done')
  }
  t.deepEqual([await middleware(create, done), await codeOf(middleware(create, done))], ['done', 'RATE_LIMITED'])
})

test('failed sign-ins of an address are limited, and a user known there may still sign in', async (t) => {
  const middleware = limited(callLimits({ clock, tasksPerMinute: 1 }), [signsIn])
  const signIn = async (username: string, work: () => Promise<unknown>) =>
    await codeOf(middleware(await callOf({ route: signsIn, input: { body: { username } } }), work))
  for (let i = 0; i < 12; i++) t.is(await signIn('ann', done), 'done')
  const wrong = await Promise.all(Array.from({ length: 12 }, (_, at) => signIn(`guess ${at}`, refused)))
  t.is(wrong.filter((code) => code === 'CONFLICT').length, 10)
  t.is(wrong.filter((code) => code === 'RATE_LIMITED').length, 2)
  t.deepEqual([await signIn('bob', done), await signIn('ann', done)], ['RATE_LIMITED', 'done'])
})

test('a limit that is not in the table stops the start', (t) => {
  const route = routeOf({ limit: 'coffee' })
  t.throws(() => limited(callLimits({ clock, tasksPerMinute: 1 }), [route]), {
    message: 'patch /things: there is no limit coffee',
  })
})

test('anonymous refusals are counted by address, and by path on public routes', (t) => {
  const limit = new AnonymousAuditLimit(clock)
  const tags = { role: 'operator', path: '/tags' }
  for (let i = 0; i < 60; i++) limit.admit('::1', tags)
  t.false(limit.admit('::1', { role: 'viewer', path: '/tasks' }))
  t.true(limit.admit('::1', { role: 'public', path: '/auth/login' }))
  t.true(limit.admit('::2', tags))
})
