import { once } from 'node:events'
import { Agent as HttpAgent, request, type IncomingMessage } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { configFrom } from '@muster/control-plane'
import { FakeClock } from '../support/fake-clock.ts'
import { pngOf } from '../support/pictures.ts'
import type { Answer } from '../support/rest-client.ts'
import { startTestPlane, type TestPlane } from '../support/test-plane.ts'
import { within } from '../support/within.ts'

interface Stage {
  readonly plane: TestPlane
  readonly clock: FakeClock
  readonly deviceId: number
  readonly materialId: number
  readonly templateId: number
  /** A Moments task that would be accepted. */
  readonly moment: Record<string, unknown>
}

async function stage(t: ExecutionContext): Promise<Stage> {
  const clock = new FakeClock()
  const plane = await startTestPlane(t, { clock })
  const { deviceId } = await plane.enrol('a')
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array(pngOf(8, 9))], { type: 'image/png' }), 'a.png')
  const materialId = Number((await plane.ok('POST', '/materials', form))['id'])
  const template = {
    name: 'greeting',
    type: 'TEXT',
    content: '你好{nickname}，{product}',
    variables: ['nickname', 'product'],
  }
  const { id } = await plane.ok('POST', '/message/templates', { ...template, materialIds: [] })
  return { plane, clock, deviceId, materialId, templateId: Number(id), moment: { content: 'hi', devices: [deviceId] } }
}

/** Everything a bad request could have changed. */
async function everything(plane: TestPlane): Promise<unknown> {
  const lists = [
    'tasks',
    'materials',
    'message/templates',
    'customers',
    'tags',
    'devices',
    'users',
    'material-categories',
  ]
  return await Promise.all(lists.map(async (list) => await plane.ok('GET', `/${list}?size=100`)))
}

/** The status, an error code, and a message that names the field. */
function refused(t: ExecutionContext, answer: Answer, what: string, status: number, names: RegExp | undefined): void {
  t.is(answer.status, status, `${what}: ${answer.msg}`)
  t.truthy(answer.code, what)
  if (names) t.regex(answer.msg, names, what)
}

test.serial('a bad Moments task is refused with the field it is about, and changes nothing', async (t) => {
  const { plane, moment, materialId } = await stage(t)
  const before = await everything(plane)
  const pictures = (count: number) => Array.from({ length: count }, () => ({ materialId }))
  const cases: [string, unknown, number, RegExp?][] = [
    ['broken JSON', '{"content": ', 400, /JSON/],
    ['no object', [1, 2], 400],
    ['an unknown field', { ...moment, colour: 'red' }, 400, /colour/],
    ['a wrong type', { ...moment, devices: 'all' }, 400, /devices/],
    ['a wrong type inside', { ...moment, devices: ['1'] }, 400, /devices/],
    ['no device', { ...moment, devices: [] }, 400, /devices/],
    ['an unknown device', { ...moment, devices: [987_654] }, 404, /987654/],
    ['an unknown picture', { ...moment, images: [{ materialId: 987_654 }] }, 404, /987654/],
    ['ten pictures', { ...moment, images: pictures(10) }, 400, /images/],
    ['a past date', { ...moment, scheduledTime: '2020-01-01T00:00:00Z' }, 400, /scheduledTime/],
    ['no date at all', { ...moment, scheduledTime: 'tomorrow' }, 400, /scheduledTime/],
    ['a date that does not exist', { ...moment, scheduledTime: '2099-02-30T10:00:00Z' }, 400, /scheduledTime/],
    ['an invalid time zone', { ...moment, scheduledTime: '2099-01-01T10:00:00+99:00' }, 400, /scheduledTime/],
    [
      'a named time zone that is none',
      { ...moment, scheduledTime: '2099-01-01T10:00:00[Mars/Phobos]' },
      400,
      /scheduledTime/,
    ],
    ['nothing to say', { ...moment, content: '' }, 400],
    ['an unknown audience', { ...moment, visibleTo: 'SOME' }, 400, /visibleTo/],
    ['an audience without anybody', { ...moment, visibleTo: 'INCLUDE' }, 400, /tagIds|customerIds|visibleTo/],
    ['a like of what nobody sees', { ...moment, visibleTo: 'PRIVATE', autoLike: true }, 400, /autoLike.*PRIVATE/],
    ['a blank comment', { ...moment, autoComment: true, commentTexts: ['so nice', ' \n'] }, 400, /commentTexts\.1/],
    ['a blank name', { ...moment, name: ' ' }, 400, /name/],
    ['a negative deadline', { ...moment, deliverWithinSeconds: -1 }, 400, /deliverWithinSeconds/],
  ]
  for (const [what, body, status, names] of cases)
    refused(t, await plane.call('POST', '/wechat/moments/tasks', body), what, status, names)
  t.deepEqual(await everything(plane), before)
})

test.serial('a bad message task is refused with the field it is about, and changes nothing', async (t) => {
  const { plane, templateId, deviceId, materialId } = await stage(t)
  const tag = await plane.ok('POST', '/tags', { name: 'vip' })
  const receivers = { type: 'TAG', tagIds: [tag['id']], groupIds: [], customerIds: [] }
  const good = { templateId, name: 'm', receivers, variables: { product: 'x' }, devices: [deviceId] }
  const before = await everything(plane)
  const cases: [string, unknown, number, RegExp?][] = [
    ['an unknown template', { ...good, templateId: 987_654 }, 404, /987654/],
    ['an unknown tag', { ...good, receivers: { ...receivers, tagIds: [987_654] } }, 404, /987654/],
    ['an undeclared variable', { ...good, variables: { product: 'x', price: '1' } }, 400, /price/],
    ['an unknown kind of receivers', { ...good, receivers: { ...receivers, type: 'EVERYBODY' } }, 400, /receivers/],
    ['receivers without anybody', { ...good, receivers: { ...receivers, tagIds: [] } }, 400, /receivers|tagIds/],
    ['a blank variable', { ...good, variables: { product: '  ' } }, 400, /product has no value/],
    ['a tag beside everybody', { ...good, receivers: { ...receivers, type: 'ALL' } }, 400, /receivers\.tagIds/],
    [
      'customers beside a tag',
      { ...good, receivers: { ...receivers, customerIds: [1] } },
      400,
      /receivers\.customerIds/,
    ],
    ['a pace that is none', { ...good, intervalSeconds: -5 }, 400, /intervalSeconds/],
    ['an empty batch', { ...good, batchSize: 0 }, 400, /batchSize/],
    ['no device', { ...good, devices: [] }, 400, /devices/],
  ]
  for (const [what, body, status, names] of cases)
    refused(t, await plane.call('POST', '/message/tasks', body), what, status, names)
  const template = { name: 't', type: 'TEXT', content: 'for {price}', variables: ['nickname'], materialIds: [] }
  const templates: [string, object, RegExp][] = [
    ['a text with an undeclared variable', template, /price/],
    ['one that every receiver has', { ...template, content: '{nickname}', variables: [] }, /nickname/],
    [
      'a text nobody would get',
      { ...template, type: 'IMAGE', content: 'hi', materialIds: [materialId] },
      /^content.*TEXT_WITH_IMAGE/,
    ],
  ]
  for (const [what, body, names] of templates)
    refused(t, await plane.call('POST', '/message/templates', body), what, 400, names)
  refused(t, await plane.call('POST', '/accounts/1/clear', { note: ' ' }), 'a blank note', 400, /note/)
  const pull = { scope: 'FLEET', reason: ' ' }
  refused(t, await plane.call('POST', '/kill-switches', pull), 'a blank reason', 400, /reason/)
  t.deepEqual(await everything(plane), before)
})

test.serial('a file that is not what it says is refused by its content, and nothing is kept', async (t) => {
  const { plane } = await stage(t)
  const before = await everything(plane)
  const upload = async (bytes: Uint8Array, type: string, name: string) => {
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(bytes)], { type }), name)
    return await plane.call('POST', '/materials', form)
  }
  refused(t, await upload(Buffer.from('hello'), 'image/png', 'a.png'), 'a text called PNG', 415, /file/)
  refused(t, await upload(pngOf(8, 1).subarray(0, 20), 'image/png', 'a.png'), 'half a PNG', 415, /file/)
  refused(t, await upload(Buffer.from('<svg onload="alert(1)"/>'), 'image/png', 'a.svg'), 'an SVG', 415, /file/)
  refused(t, await upload(new Uint8Array(0), 'image/png', 'a.png'), 'nothing', 400, /file/)
  refused(t, await plane.call('POST', '/materials', new FormData()), 'no file', 400, /file/)
  refused(t, await plane.call('POST', '/materials', { file: 'a' }), 'no form', 415, /multipart/)
  t.deepEqual(await everything(plane), before)
})

test.serial('a body that is too big is refused before it is read', async (t) => {
  const { plane, moment } = await stage(t)
  const before = await everything(plane)
  const answer = await plane.call('POST', '/wechat/moments/tasks', { ...moment, content: 'x'.repeat(5_000_000) })
  refused(t, answer, 'five megabytes', 413, /body/)
  t.deepEqual(await everything(plane), before)
})

test.serial('what follows on the connection of a body that was too big is answered', async (t) => {
  const { plane } = await stage(t)
  const connection = new HttpAgent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => connection.destroy())
  const send = async (method: string, path: string, body = ''): Promise<number | undefined> => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const call = request({ port: plane.httpPort, method, path, headers, agent: connection })
    call.end(body)
    const [answer] = (await within(once(call, 'response'), 60_000, () => `${method} ${path}`)) as [IncomingMessage]
    answer.resume()
    await once(answer, 'end')
    return answer.statusCode
  }
  const large = JSON.stringify({ username: 'x'.repeat(3_000_000), password: 'y' })
  for (let round = 0; round < 5; round++) {
    t.is(await send('POST', '/api/v1/auth/login', large), 413)
    t.is(await send('GET', '/healthz'), 200)
  }
})

test.serial('without a token, with a broken or an expired one, and signed out, nothing is answered', async (t) => {
  const { plane, clock, moment } = await stage(t)
  const attempt = async (token?: string) => await plane.request('POST', '/wechat/moments/tasks', moment, token)
  const token = await plane.token()
  refused(t, await attempt(), 'no token', 401, undefined)
  refused(t, await attempt('abc'), 'no JWT', 401, undefined)
  refused(t, await attempt(`${token.slice(0, -2)}xx`), 'a forged signature', 401, undefined)
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`
  refused(t, await attempt(none), 'no algorithm', 401, undefined)
  clock.advance(3 * 60 * 60 * 1000)
  refused(t, await attempt(token), 'an expired token', 401, /expired|sign in/i)
  const login = await plane.request('POST', '/auth/login', { username: 'admin', password: 'wrong' })
  refused(t, login, 'a wrong password', 401, undefined)
})

test.serial('a role that may not is told so, and changes nothing', async (t) => {
  const { plane, moment, deviceId, materialId } = await stage(t)
  const signIn = async (role: string) => {
    await plane.ok('POST', '/users', { username: role, password: `a long password of ${role}`, role })
    const answer = await plane.request('POST', '/auth/login', {
      username: role,
      password: `a long password of ${role}`,
    })
    return (answer.data as { accessToken: string }).accessToken
  }
  const [viewer, operator] = [await signIn('viewer'), await signIn('operator')]
  const before = await everything(plane)
  const cases: [string, string, string, unknown?][] = [
    [viewer, 'POST', '/wechat/moments/tasks', moment],
    [viewer, 'POST', '/tags', { name: 'x' }],
    [viewer, 'DELETE', `/materials/${materialId}`],
    [viewer, 'POST', '/kill-switches', { scope: 'FLEET', reason: 'x' }],
    [viewer, 'POST', '/devices/enrolment-codes', { name: 'x' }],
    [viewer, 'DELETE', `/devices/${deviceId}`],
    [operator, 'POST', '/users', { username: 'x', password: 'a long password', role: 'admin' }],
  ]
  for (const [token, method, path, body] of cases)
    refused(t, await plane.request(method, path, body, token), `${method} ${path}`, 403, undefined)
  t.is((await plane.request('GET', '/tasks', undefined, viewer)).status, 200)
  t.deepEqual(await everything(plane), before)
})

test.serial('unknown ids, addresses, methods and query parameters have their own answers', async (t) => {
  const { plane } = await stage(t)
  refused(t, await plane.call('GET', '/tasks/987654'), 'an unknown task', 404, /987654/)
  refused(t, await plane.call('GET', '/tasks/abc'), 'no number', 400, /id/)
  refused(t, await plane.call('POST', '/tasks/987654/cancel'), 'an unknown task', 404, /987654/)
  refused(t, await plane.call('GET', '/devices/987654'), 'an unknown device', 404, /987654/)
  refused(t, await plane.call('GET', '/nowhere'), 'an unknown address', 404, undefined)
  refused(t, await plane.call('PATCH', '/tasks'), 'an unknown method', 405, undefined)
  refused(t, await plane.call('GET', '/tasks?page=0'), 'page 0', 400, /page/)
  refused(t, await plane.call('GET', '/tasks?size=100000'), 'a huge page', 400, /size/)
  refused(t, await plane.call('GET', '/tasks?colour=red'), 'an unknown parameter', 400, /colour/)
  refused(t, await plane.call('GET', '/tasks?status=GREAT'), 'an unknown status', 400, /status/)
  refused(
    t,
    await plane.call('POST', '/kill-switches', { scope: 'TASK', id: 987_654, reason: 'x' }),
    'a switch',
    404,
    /987654/,
  )
})

test('settings that are wrong are refused with the name of the variable', (t) => {
  t.throws(() => configFrom({ MUSTER_TZ: 'Mars/Phobos' }), { message: /MUSTER_TZ.*time zone/ })
  t.throws(() => configFrom({ MUSTER_HTTP_PORT: 'http' }), { message: /MUSTER_HTTP_PORT/ })
  t.throws(() => configFrom({ MUSTER_GRPC_PORT: '99999' }), { message: /MUSTER_GRPC_PORT/ })
})
