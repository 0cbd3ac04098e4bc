import test from 'ava'
import { FakeClock } from '../../../../test/support/fake-clock.ts'
import { nobody, routeOf } from '../../../../test/support/mutation-calls.ts'
import type { Caller, Route } from '../../http/route.ts'
import { openDatabase } from '../../infra/database/database.ts'
import { insert, rows } from '../../infra/database/table.ts'
import { MusterError } from '../../infra/errors.ts'
import { Audit } from '../../records/audit/service.ts'
import type { Authenticator } from '../../records/auth/service.ts'
import { IdempotencyKeys } from './idempotency-keys.ts'
import { AnonymousAuditLimit, callLimits } from './limits.ts'
import { Mutations } from './mutations.ts'

const TOKEN = 'Bearer ann'
/** Knows one user by one token. */
const auth = {
  verify: (authorization: string) =>
    authorization === TOKEN
      ? Promise.resolve({ userId: 7, username: 'ann', role: 'operator' as const })
      : Promise.reject(new MusterError('UNAUTHENTICATED', 'no token')),
} as unknown as Authenticator

test('a call passes the concerns in order: what one refuses, those inside it do not see', async (t) => {
  const db = await openDatabase(':memory:')
  t.teardown(() => db.close())
  const clock = new FakeClock()
  const addTag = () => db.write(async (tx) => void (await insert(db.tables.tags, { name: 'a' }, tx)))
  const handle = async () => {
    await addTag()
    return {}
  }
  const create = routeOf({ method: 'post', path: '/tasks', limit: 'task-creation', handle })
  const routes = [create, routeOf({ path: '/admins', role: 'admin' })] as const
  const mutations = new Mutations({
    db,
    auth,
    audit: new Audit({ db, tables: db.tables, clock }),
    idempotencyKeys: new IdempotencyKeys({ db, tables: db.tables, clock, secret: new Uint8Array(32) }),
    anonymousAuditLimit: new AnonymousAuditLimit(clock),
    limits: callLimits({ clock, tasksPerMinute: 1 }),
    routes,
  })
  let reads = 0
  const send = async (route: Route, authorization: string, idempotencyKey: string): Promise<string> => {
    const caller = { ...nobody, authorization }
    const read = (known: Caller) => {
      reads++
      return Promise.resolve({ params: {}, query: {}, body: {}, file: undefined, caller: known })
    }
    try {
      await mutations.answer({ route, target: route.path, caller, idempotencyKey, read })
      return 'done'
    } catch (error) {
      return error instanceof MusterError ? error.code : String(error)
    }
  }
  const answers = [
    await send(create, '', 'one'),
    await send(routes[1], TOKEN, 'one'),
    await send(create, TOKEN, 'one'),
    await send(create, TOKEN, 'one'),
    await send(create, TOKEN, 'two'),
  ]
  t.deepEqual(answers, ['UNAUTHENTICATED', 'FORBIDDEN', 'done', 'done', 'RATE_LIMITED'])
  t.is(reads, 3, 'a request is read once its caller may call')
  t.is(await db.models.tags.count(), 1, 'the second call was a replay')
  const keys = (await rows(db.models.idempotencyKeys)).map(({ key, status }) => [key, status])
  t.deepEqual(keys, [['one', 200]], 'the refused call gave its key back')
  const entries = (await rows(db.models.auditLog, { order: [['id', 'ASC']] })).map(({ kind, outcome }) => [
    kind,
    outcome,
  ])
  const outcomes = [401, 403, 0, 200, 429].map((outcome) => [outcome === 0 ? 'INTENT' : 'OUTCOME', outcome])
  t.deepEqual(entries, outcomes)
})
