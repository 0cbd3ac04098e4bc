import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { Audit } from '../../control-plane/src/records/audit/service.ts'
import { openDatabase } from '../../control-plane/src/infra/database/database.ts'
import { insert, rows } from '../../control-plane/src/infra/database/table.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { PASSWORD } from '../support/signed-in-admin.ts'
import { sharedTestPlane } from '../support/test-plane.ts'

const plane = sharedTestPlane(test, { clock: new FakeClock() })

interface Entry {
  readonly username: string
  readonly action: string
  readonly target: string
  readonly request: unknown
  readonly before: unknown
  readonly after: unknown
  readonly outcome: number
}

async function entries(action: string): Promise<Entry[]> {
  const query = `action=${encodeURIComponent(action)}&size=100`
  return (await plane().ok('GET', `/audit?${query}`))['items'] as Entry[]
}

test.serial('a change is recorded with what was asked, the state before it and the state after it', async (t) => {
  const { id } = await plane().ok('POST', '/tags', { name: 'old' })
  await plane().ok('PATCH', `/tags/${Number(id)}`, { name: 'new' })
  await plane().ok('DELETE', `/tags/${Number(id)}`)
  const [patch] = await entries('PATCH /tags/{id}')
  t.like(patch, { username: 'admin', target: `/tags/${Number(id)}`, outcome: 200, request: { name: 'new' } })
  t.deepEqual(
    [patch?.before, patch?.after],
    [
      { id, name: 'old' },
      { id, name: 'new' },
    ],
  )
  const [removal] = await entries('DELETE /tags/{id}')
  t.deepEqual([removal?.before, removal?.after], [{ id, name: 'new' }, null])
  t.is((await entries('POST /tags')).length, 1, 'each call is listed once')
})

test.serial('what was refused is recorded, whoever asked and why ever it was refused', async (t) => {
  const token = async (): Promise<string> => {
    const login = { username: 'eve', password: 'a long password' }
    const answer = await plane().request('POST', '/auth/login', login)
    return (answer.data as { accessToken: string }).accessToken
  }
  await plane().ok('POST', '/users', { username: 'eve', password: 'a long password', role: 'viewer' })
  const path = '/material-categories'
  await plane().request('POST', path, { name: 'a' })
  await plane().request('POST', path, { name: 'a' }, await token())
  await plane().call('POST', path, { name: 7 })
  const found = (await entries(`POST ${path}`)).map(({ username, outcome }) => [username, outcome])
  t.deepEqual(found, [
    ['admin', 400],
    ['eve', 403],
    ['', 401],
  ])
})

test.serial('who knocks without a token a thousand times is recorded some times, and a user always', async (t) => {
  const path = '/tags'
  const knocks = Array.from({ length: 80 }, async () => await plane().request('POST', path, { name: 'x' }))
  t.deepEqual(new Set((await Promise.all(knocks)).map(({ status }) => status)), new Set([401]))
  await plane().call('POST', path, { name: 7 })
  const found = (await entries(`POST ${path}`)).map(({ outcome }) => outcome)
  const strangers = found.filter((outcome) => outcome === 401).length
  t.true(strangers > 0 && strangers <= 60, `${strangers}`)
  t.is(found[0], 400)
})

test.serial('what takes effect is recorded with its outcome, however much strangers knock', async (t) => {
  const path = '/auth/refresh'
  const refresh = async (refreshToken: string) => (await plane().request('POST', path, { refreshToken })).status
  const { data } = await plane().request('POST', '/auth/login', { username: 'admin', password: PASSWORD })
  const { refreshToken } = data as { refreshToken: string }
  t.is(await refresh(refreshToken), 200)
  await Promise.all(Array.from({ length: 80 }, async () => await refresh('a guess')))
  t.is(await refresh(refreshToken), 401, 'used again: its sign-in is revoked')
  const open = plane().read(
    "SELECT * FROM audit_log i WHERE kind = 'INTENT' AND NOT EXISTS (SELECT 1 FROM audit_log o WHERE o.intent_id = i.id)",
  )
  t.deepEqual(open, [])
})

test.serial('sign-ins are recorded with their name, and never with a secret', async (t) => {
  await plane().request('POST', '/auth/login', { username: 'mallory', password: 'a wild guess' })
  const good = await plane().request('POST', '/auth/login', { username: 'admin', password: PASSWORD })
  const { refreshToken } = good.data as { refreshToken: string }
  await plane().request('POST', '/auth/refresh', { refreshToken })
  const logins = (await entries('POST /auth/login')).slice(0, 2).map(({ username, outcome }) => [username, outcome])
  t.deepEqual(logins, [
    ['admin', 200],
    ['mallory', 401],
  ])
  t.is((await entries('POST /auth/refresh'))[0]?.username, 'admin')
  const { code } = await plane().ok('POST', '/devices/enrolment-codes', {})
  const exported = await (await plane().fetch('GET', '/audit/export')).text()
  for (const secret of [PASSWORD, 'a wild guess', refreshToken, String(code)]) t.false(exported.includes(secret))
})

test.serial('the audit log can be taken away as a file, oldest first', async (t) => {
  const response = await plane().fetch('GET', '/audit/export?username=admin')
  t.is(response.headers.get('content-type'), 'application/x-ndjson')
  const lines = (await response.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry & { id: number })
  t.true(lines.every(({ username }) => username === 'admin'))
  t.deepEqual(
    lines,
    lines.toSorted((a, b) => a.id - b.id),
  )
  t.is(lines.length, Number((await plane().ok('GET', '/audit?username=admin'))['total']))
  t.is((await plane().ok('GET', '/audit?endTime=2001-01-01'))['total'], 0)
})

test('what took effect in a plane that died is in the log after its next start', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  const db = await openDatabase(join(dir, 'a.sqlite'))
  t.teardown(async () => {
    await db.close()
    rmSync(dir, { recursive: true })
  })
  const caller = { userId: 1, username: 'a', role: 'admin', ip: '', authorization: '', requestId: 'r' } as const
  const audit = new Audit({ db, tables: db.tables, clock: new FakeClock() })
  const trail = (target: string) => {
    const one = audit.begin(caller, 'POST /tags', target)
    const effect = async () => await db.write(async (tx) => await insert(db.tables.tags, { name: target }, tx))
    return { one, run: async () => await db.accompanied(async (tx) => await one.intent(tx), effect) }
  }
  const [dead, alive] = [trail('dead'), trail('alive')]
  await dead.run()
  await alive.run()
  await db.write(async (tx) => await alive.one.outcome(tx, 200, null))
  await audit.recover()
  await audit.recover()
  const outcomes = await rows(db.models.auditLog, { where: { kind: 'OUTCOME' } })
  t.deepEqual(
    outcomes.map(({ target, outcome }) => [target, outcome]),
    [
      ['alive', 200],
      ['dead', 0],
    ],
  )
})
