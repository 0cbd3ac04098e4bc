import test from 'ava'
import { z } from 'zod'
import { callOf, operator, routeOf } from '../../../../test/support/mutation-calls.ts'
import { configFrom } from '../../config.ts'
import { allRoutes } from '../../control-plane.ts'
import { defineRoute, type Route } from '../../http/route.ts'
import { IdParams } from '../../http/schemas.ts'
import { notFound } from '../../infra/errors.ts'
import { stateBefore } from './state-before.ts'

/** `GET /things/{id}`, as it answers for one caller. */
const getThing = (answer: (id: number, user: string) => Promise<object>): Route =>
  defineRoute({
    method: 'get',
    path: '/things/{id}',
    summary: '',
    tag: '',
    role: 'viewer',
    params: IdParams,
    data: z.unknown(),
    handle: ({ params, caller }) => answer(params.id, caller.username),
  })
const change = routeOf({ path: '/things/{id}/paint', stateOf: '/things/{id}' })

async function before(route: Route, get: Route): Promise<unknown> {
  const call = await callOf({ route, caller: operator, input: { params: { id: 3 } } })
  let seen: unknown
  const next = () => {
    seen = call.before
    return Promise.resolve('done')
  }
  if ((await stateBefore([get, route])(call, next)) !== 'done') throw new Error('the route did not run')
  return seen
}

test('the state before is what the named GET route answers', async (t) => {
  const get = getThing((id, user) => Promise.resolve({ id, user }))
  t.deepEqual(await before(change, get), { id: 3, user: 'ann' })
})

test('there is none where the route names none, and where the thing does not exist', async (t) => {
  const get = getThing((id) => Promise.reject(notFound('thing', id)))
  t.is(await before(change, get), null)
  t.is(
    await before(
      routeOf({ path: '/things/{id}' }),
      getThing(() => Promise.resolve({})),
    ),
    null,
  )
})

test('an error that is no refusal stops the call', async (t) => {
  const bug = new TypeError('a bug')
  await t.throwsAsync(
    async () =>
      await before(
        change,
        getThing(() => Promise.reject(bug)),
      ),
    { is: bug },
  )
})

test('a path that no GET route has stops the start', (t) => {
  t.throws(() => stateBefore([change]), { message: /stateOf is \/things\/\{id\}, and no GET route/ })
})

test('every route that changes one thing names its state', async (t) => {
  const unnamed = (await allRoutes(configFrom({})))
    .filter(({ method, path, stateOf }) => method !== 'get' && path.includes('{') && stateOf === undefined)
    .map(({ method, path }) => `${method} ${path}`)
  t.deepEqual(unnamed, ['delete /kill-switches/{id}'], 'a kill switch cannot be asked for alone')
})
