import { once } from 'node:events'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import test from 'ava'
import fc from 'fast-check'
import { FAULT_KINDS, WebDriverError, type Emulator } from '@muster/emulator'
import { emulatorFor, EmulatedPhone, words } from '../support/emulated-phone.ts'

/** Sends bytes as they are and hangs up; answers what came back once the emulator has hung up too. */
async function raw(emulator: Emulator, bytes: string | Uint8Array): Promise<string> {
  const socket = connect(emulator.port, '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
  socket.on('error', () => undefined)
  socket.end(bytes)
  await once(socket, 'close')
  return answer
}

const credentials = (user: string): string => `Basic ${Buffer.from(`${user}:x`).toString('base64')}`
const connectTo = (target: string, user = 'phone-1'): string =>
  `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\nProxy-Authorization: ${credentials(user)}\r\n\r\n`

const jsonOf = (value: unknown): string => JSON.stringify(value)

async function sessionOf(emulator: Emulator): Promise<string> {
  const capabilities = { alwaysMatch: { 'appium:udid': 'phone-1' } }
  return ((await emulator.dispatch('POST', '/session', { capabilities })) as { sessionId: string }).sessionId
}

async function call(emulator: Emulator, method: string, path: string, body?: string) {
  const response = await fetch(`${emulator.url}${path}`, { method, ...(body === undefined ? {} : { body }) })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test('one bad request ends at most its own connection', async (t) => {
  const emulator = await emulatorFor(t)
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`
  t.regex(await raw(emulator, get('//')), /^HTTP\/1.1 404 /)
  t.regex(await raw(emulator, get('http://[/phones')), /^HTTP\/1.1 404 /)
  for (const target of ['127.0.0.1:99999', '127.0.0.1:0', '127.0.0.1:', ':1', 'x', '127.0.0.1:1e3', '']) {
    t.regex(await raw(emulator, connectTo(target)), /^HTTP\/1.1 40[03] /, target)
  }
  t.regex(await raw(emulator, connectTo('192.0.2.1:80')), /^HTTP\/1.1 403 /)
  t.regex(await raw(emulator, connectTo('127.0.0.1:80', 'phone-9')), /^HTTP\/1.1 407 /)
  t.is((await call(emulator, 'GET', '/phones')).status, 200)
})

test('no other machine can reach it', async (t) => {
  const emulator = await emulatorFor(t)
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
  for (const { address } of outside) {
    const [error] = (await once(connect(emulator.port, address), 'error')) as [NodeJS.ErrnoException]
    t.is(error.code, 'ECONNREFUSED', address)
  }
  t.is(new URL(emulator.url).hostname, '127.0.0.1')
})

test('a client that stays does not keep the emulator from closing', async (t) => {
  const emulator = await emulatorFor(t)
  const socket = connect({ port: emulator.port, host: '127.0.0.1', allowHalfOpen: true })
  t.teardown(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.write(connectTo(`127.0.0.1:${emulator.port}`, 'nobody'))
  await once(socket, 'data')
  await emulator.close()
  await emulator.close()
  t.pass()
})

const NAMES = ['phones', 'phone-1', 'world', 'accounts', 'wxid_phone1', 'contacts', 'groups', 'session', 'status']
const ACTIONS = ['faults', 'offline', 'crash', 'screen', 'element', 'elements', 'execute', 'sync', 'actions', 'source']
const BODIES = ['{', 'nul', '[]', '"x"', '{"a":', '{"using":"xpath","value":"//["}', '{"script":"constructor"}']
const body = fc.oneof(
  fc.json(),
  fc.constantFrom(...BODIES),
  fc.record({ kind: fc.constantFrom(...FAULT_KINDS), times: fc.jsonValue(), ms: fc.jsonValue() }).map(jsonOf),
  fc.record({ using: fc.constantFrom('xpath', '-android uiautomator'), value: fc.string() }).map(jsonOf),
)
const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'OPTIONS'),
  path: fc.array(
    fc.oneof(
      fc.constantFrom(...NAMES, ...ACTIONS, ':session'),
      fc.string().map(encodeURIComponent),
      fc.constant('%zz'),
    ),
    { maxLength: 6 },
  ),
  body,
})
const bytes = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 200 }),
  fc.string().map((text) => `GET ${text} HTTP/1.1\r\n\r\n`),
  fc.tuple(fc.string(), fc.nat(100_000)).map(([host, port]) => connectTo(`${host}:${port}`)),
  fc.nat(100_000).map((port) => connectTo(`127.0.0.1:${port}`)),
)

test('no input ends the process, and what is refused changes nothing', async (t) => {
  const seed = Date.now() % 2 ** 31
  t.log(`seed ${seed}`)
  const emulator = await emulatorFor(t)
  const session = await sessionOf(emulator)
  const asked = fc.asyncProperty(request, async ({ method, path, body: content }) => {
    const before = JSON.stringify(emulator.world())
    const target = `/${path.join('/').replaceAll(':session', session)}`
    const head = `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`
    const answer = await raw(emulator, `${head}Content-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`)
    const [, status = '', json = ''] = /^HTTP\/1.1 (\d+) [^]*?\r\n\r\n([^]*)$/.exec(answer) ?? []
    const value: unknown = JSON.parse(json)
    // What was ordered must not make later calls slow.
    await emulator.dispatch('DELETE', '/phones/phone-1/faults')
    if (Number(status) < 400) return
    if (JSON.stringify(emulator.world()) !== before) throw new Error('a refused call changed the world')
    if (typeof value !== 'object' || value === null || !('error' in value || 'value' in value)) throw new Error(answer)
  })
  const thrown = fc.asyncProperty(bytes, async (some) => void (await raw(emulator, some)))
  await fc.assert(asked, { seed, numRuns: 250 })
  await fc.assert(thrown, { seed, numRuns: 100 })
  t.is((await call(emulator, 'GET', '/phones')).status, 200)
})

test('a WebDriver client always gets the error of the W3C protocol', async (t) => {
  const emulator = await emulatorFor(t)
  const at = `/session/${await sessionOf(emulator)}`
  const error = async (method: string, path: string, content?: string) => {
    const answer = await call(emulator, method, path, content)
    return [answer.status, (answer.body['value'] as { error?: string } | null)?.error]
  }
  t.deepEqual(await error('POST', `${at}/element`, '{"using":'), [400, 'invalid argument'])
  t.deepEqual(await error('POST', '/session', 'x'), [400, 'invalid argument'])
  t.deepEqual(await error('POST', '/session', '{"capabilities":{"firstMatch":[]}}'), [400, 'invalid argument'])
  t.deepEqual(await error('DELETE', `${at}/source`), [405, 'unknown method'])
  t.deepEqual(await error('PUT', at), [405, 'unknown method'])
  t.deepEqual(await error('POST', '/status', '{}'), [405, 'unknown method'])
  t.deepEqual(await error('DELETE', '/session'), [405, 'unknown method'])
  t.deepEqual(await error('GET', `${at}/nowhere`), [404, 'unknown command'])
  t.deepEqual(await error('GET', '/wd/hub/nowhere'), [404, 'unknown command'])
  t.deepEqual(await error('GET', '/session/unknown/source'), [404, 'invalid session id'])
  t.deepEqual(await error('GET', `${at}/element/%zz/text`), [400, 'invalid argument'])
  t.deepEqual(await error('GET', `${at}/element/constructor/text`), [404, 'no such element'])
  t.deepEqual(await error('POST', `${at}/execute/sync`, '{"script":"constructor"}'), [404, 'unknown command'])
})

test('a selector that is wrong, or would never end, is an invalid selector', async (t) => {
  const emulator = await emulatorFor(t)
  emulator.addContacts('wxid_phone1', [{ id: 'wxid_a', nickname: 'a'.repeat(40) }])
  const phone = await EmulatedPhone.open(emulator)
  await phone.tap(words('通讯录'))
  for (const selector of ['textMatches("(")', 'constructor("x")', 'toString()', 'text(3)', 'textMatches("(a+)+b")']) {
    const sought = phone.run('POST', '/elements', {
      using: '-android uiautomator',
      value: `new UiSelector().${selector}`,
    })
    const error = await t.throwsAsync(sought, { instanceOf: WebDriverError }, selector)
    t.is(error?.code, 'invalid selector', selector)
  }
})

test('its control port names the field and the remedy, and changes nothing', async (t) => {
  const emulator = await emulatorFor(t)
  const before = emulator.world()
  const wrong = async (method: string, path: string, content?: unknown) => {
    const answer = await call(emulator, method, path, content === undefined ? undefined : JSON.stringify(content))
    return `${answer.status} ${String(answer.body['error'])}`
  }
  const owner = '/world/accounts/wxid_phone1'
  const twins = [{ id: 'a', nickname: 'a' }, { id: '' }]
  t.regex(
    await wrong('POST', `${owner}/contacts`, { contacts: twins }),
    /^400 contacts\[1\]\.id: .*contacts\[1\]\.nickname: /,
  )
  t.regex(await wrong('POST', `${owner}/contacts`), /^400 contacts: /)
  const typo = [{ id: 'a', nickname: 'a', nick: 'b' }]
  t.regex(
    await wrong('POST', `${owner}/contacts`, { contacts: typo }),
    /^400 contacts\[0\]: nick is not known; known are id, nickname/,
  )
  t.regex(await wrong('POST', `${owner}/groups`, { name: 'x' }), /^400 members: /)
  t.regex(await wrong('POST', `${owner}/groups/group-9/members`, { members: ['a'] }), /^404 group group-9/)
  t.regex(
    await wrong('POST', '/phones/phone-1/offline', { now: true }),
    /^400 the body: now is not known; no fields are/,
  )
  t.regex(await wrong('POST', '/phones/phone-1/faults', { kind: 'EARTHQUAKE' }), /^400 kind: .*LIST_REORDER/)
  t.regex(await wrong('POST', '/phones/phone-1/faults', { kind: 'DIALOG', times: 0 }), /^400 times: /)
  t.regex(await wrong('POST', '/phones/phone-1/faults', { kind: 'AGENT_KILLED' }), /^409 .*npm start/)
  t.regex(await wrong('POST', '/phones/phone-99/crash'), /^404 phone phone-99 .*GET \/phones/)
  t.regex(await wrong('POST', '/world/accounts/nobody/groups', {}), /^404 account nobody .*GET \/phones/)
  t.regex(await wrong('DELETE', `${owner}/contacts/nobody`), /^404 contact nobody/)
  t.regex(await wrong('GET', '/phones/phone-1/offline'), /^405 .* POST only/)
  t.regex(await wrong('GET', '/phones/%zz/x'), /^400 .*%25/)
  t.regex(await wrong('GET', '/nowhere'), /^404 .*\/phones, \/world/)
  t.deepEqual(emulator.world(), before)
  t.deepEqual(await emulator.dispatch('GET', '/phones/phone-1/faults'), { id: 'phone-1', faults: [] })
  t.true(emulator.phones()[0]?.online)
})
