import { once } from 'node:events'
import test from 'ava'
import WebSocket from 'ws'
import { FakeClock } from '../support/fake-clock.ts'
import { PASSWORD } from '../support/signed-in-admin.ts'
import { sharedTestPlane } from '../support/test-plane.ts'

const clock = new FakeClock()
const plane = sharedTestPlane(test, { clock, env: { MUSTER_TASKS_PER_MINUTE: '3' } })
const HOUR_MS = 3_600_000

interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
}

const USER_PASSWORD = 'a long password'
const login = async (username: string, password = USER_PASSWORD) =>
  await plane().request('POST', '/auth/login', { username, password })
const tokensOf = async (username: string, password = USER_PASSWORD): Promise<Tokens> =>
  (await login(username, password)).data as Tokens
const addUser = async (username: string, role = 'viewer'): Promise<number> =>
  Number((await plane().ok('POST', '/users', { username, password: USER_PASSWORD, role }))['id'])
const status = async (token: string): Promise<number> =>
  (await plane().request('GET', '/auth/me', undefined, token)).status
const refreshStatus = async (refreshToken: string): Promise<number> =>
  (await plane().request('POST', '/auth/refresh', { refreshToken })).status

/** An open event socket of this token, and the code with which it is closed. */
async function openSocket(token: string): Promise<{ closed: Promise<number> }> {
  const socket = new WebSocket(`ws://127.0.0.1:${plane().httpPort}/api/v1/ws?token=${token}`)
  const closed = once(socket, 'close').then(([code]) => Number(code))
  await once(socket, 'open')
  return { closed }
}

test.serial('a new password ends every sign-in of the user: tokens, refresh tokens and sockets', async (t) => {
  const id = await addUser('ann')
  const [one, two, other] = [await tokensOf('ann'), await tokensOf('ann'), await tokensOf('admin', PASSWORD)]
  const { closed } = await openSocket(one.accessToken)
  t.deepEqual([await status(one.accessToken), await status(two.accessToken)], [200, 200])
  await plane().ok('PATCH', `/users/${id}`, { password: 'another long password' })
  t.deepEqual([await status(one.accessToken), await status(two.accessToken)], [401, 401])
  t.is(await refreshStatus(one.refreshToken), 401)
  t.is(await closed, 4401)
  t.is(await status(other.accessToken), 200, 'others stay signed in')
  t.deepEqual([(await login('ann')).status, (await login('ann', 'another long password')).status], [401, 200])
})

test.serial('a disabled user is signed out at once, and a deleted one is gone with its name', async (t) => {
  const id = await addUser('bob')
  const tokens = await tokensOf('bob')
  await plane().ok('PATCH', `/users/${id}`, { disabled: true })
  t.deepEqual([await status(tokens.accessToken), (await login('bob')).status], [401, 401])
  await plane().ok('PATCH', `/users/${id}`, { disabled: false })
  t.deepEqual([await status(tokens.accessToken), (await login('bob')).status], [401, 200])
  t.is((await plane().ok('GET', `/users/${id}`))['username'], 'bob')
  await plane().ok('DELETE', `/users/${id}`)
  t.is((await plane().call('GET', `/users/${id}`)).status, 404)
  t.is((await login('bob')).status, 401)
  const again = await plane().call('POST', '/users', { username: 'bob', password: USER_PASSWORD, role: 'viewer' })
  t.deepEqual([again.status, /deleted/.test(again.msg)], [409, true])
})

test.serial('nobody can delete itself, and the last admin stays', async (t) => {
  const self = Number((await plane().ok('GET', '/auth/me'))['id'])
  t.is((await plane().call('DELETE', `/users/${self}`)).status, 409)
  const [one, two] = [await addUser('root1', 'admin'), await addUser('root2', 'admin')]
  const [first, second] = [await tokensOf('root1'), await tokensOf('root2')]
  // Only two admins are left, and each wants to be rid of the other.
  await plane().request('PATCH', `/users/${self}`, { role: 'viewer' }, first.accessToken)
  const answers = await Promise.all([
    plane().request('DELETE', `/users/${two}`, undefined, first.accessToken),
    plane().request('DELETE', `/users/${one}`, undefined, second.accessToken),
  ])
  t.true(answers.filter((answer) => answer.status === 200).length <= 1)
  const left = answers[0]?.status === 200 ? first : second
  t.is((await plane().request('PATCH', `/users/${self}`, { role: 'admin' }, left.accessToken)).status, 200)
})

test.serial('an event socket ends with its token: at the sign-out and when the token expires', async (t) => {
  await addUser('cid')
  const [one, two] = [await tokensOf('cid'), await tokensOf('cid')]
  const signedOut = await openSocket(one.accessToken)
  const expired = await openSocket(two.accessToken)
  await plane().request('POST', '/auth/logout', undefined, one.accessToken)
  t.is(await signedOut.closed, 4401)
  clock.advance(3 * HOUR_MS)
  t.is(await expired.closed, 4401)
  await plane().signIn()
})

test.serial('a refresh token that is used twice ends its sign-in', async (t) => {
  await addUser('dan')
  const first = await tokensOf('dan')
  const second = (await plane().request('POST', '/auth/refresh', { refreshToken: first.refreshToken })).data as Tokens
  t.is(await refreshStatus(first.refreshToken), 401)
  t.deepEqual([await refreshStatus(second.refreshToken), await status(second.accessToken)], [401, 401])
})

test.serial('good sign-ins are not limited, however many come at once', async (t) => {
  await addUser('eve')
  const tries = Array.from({ length: 14 }, async () => await login('eve'))
  t.deepEqual(
    (await Promise.all(tries)).map((answer) => answer.status),
    tries.map(() => 200),
  )
})

test.serial('wrong passwords are limited however many come at once, and a known user is not locked out', async (t) => {
  await tokensOf('admin', PASSWORD)
  const tries = Array.from({ length: 30 }, async (_, at) => await login(`nobody${at}`, 'a wrong password'))
  const answers = (await Promise.all(tries)).map(({ status }) => status)
  t.deepEqual([answers.filter((one) => one === 401).length, answers.filter((one) => one === 429).length], [10, 20])
  const refused = await plane().fetch('POST', '/auth/login', {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'somebody', password: 'new' }),
  })
  t.is(refused.status, 429)
  const seconds = Number(refused.headers.get('retry-after'))
  t.true(seconds >= 1 && seconds <= 60)
  t.is((await login('admin', PASSWORD)).status, 200)
})

test.serial('what is refused does not count against the limit of tasks, and a copy does', async (t) => {
  const { deviceId } = await plane().enrol('a')
  const later = new Date(clock.now().getTime() + HOUR_MS).toISOString()
  const good = { content: 'a', devices: [deviceId], scheduledTime: later }
  const make = async (body: object) => (await plane().call('POST', '/wechat/moments/tasks', body)).status
  const bad = await Promise.all(Array.from({ length: 12 }, async () => await make({ ...good, devices: [987_654] })))
  t.true(bad.every((one) => one === 404 || one === 429))
  t.is(await make({ ...good, content: 7 }), 400)
  const { taskId } = await plane().ok('POST', '/wechat/moments/tasks', good)
  t.is(await make(good), 200)
  t.is((await plane().call('POST', `/tasks/${Number(taskId)}/copy`)).status, 200)
  const over = await plane().call('POST', `/tasks/${Number(taskId)}/copy`)
  t.deepEqual([over.status, over.code], [429, 'RATE_LIMITED'])
  t.is((await plane().call('POST', '/wechat/moments/tasks?dryRun=true', good)).status, 200)
})
