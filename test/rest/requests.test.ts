import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { FakeClock } from '../support/fake-clock.ts'
import { pngOf } from '../support/pictures.ts'
import { sharedTestPlane } from '../support/test-plane.ts'

// How requests are read: bodies, forms, methods and queries, each by its own rules of HTTP.

const plane = sharedTestPlane(test, { clock: new FakeClock() })

interface Refusal {
  readonly code: number
  readonly errorCode: string
  readonly msg: string
}

async function refused(t: ExecutionContext, response: Response, status: number, names: RegExp): Promise<void> {
  const answer = (await response.json()) as Refusal
  t.is(response.status, status, answer.msg)
  t.is(answer.code, status)
  t.truthy(answer.errorCode)
  t.regex(answer.msg, names)
}

const send = async (
  method: string,
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
) => await plane().fetch(method, path, { body, headers })

const TAG = JSON.stringify({ name: 'from a request' })
const tagNames = async (): Promise<string[]> =>
  ((await plane().ok('GET', '/tags?size=100'))['items'] as { name: string }[]).map(({ name }) => name)

test.serial('a body that is not JSON is refused with the remedy instead of being ignored', async (t) => {
  const form = 'application/x-www-form-urlencoded'
  const { id } = await plane().ok('POST', '/tags', { name: 'kept' })
  await refused(t, await send('POST', '/tags', TAG, { 'content-type': form }), 415, /Content-Type.*application\/json/)
  await refused(t, await send('PATCH', `/tags/${Number(id)}`, TAG, { 'content-type': form }), 415, /Content-Type/)
  await refused(t, await send('PATCH', `/tags/${Number(id)}`, Buffer.from(TAG), {}), 415, /Content-Type.*missing/)
  const latin = { 'content-type': 'application/json; charset=iso-8859-1' }
  await refused(t, await send('POST', '/tags', TAG, latin), 415, /charset iso-8859-1.*UTF-8/)
  const bytes = Buffer.from([0x7b, 0x22, 0x6e, 0xff, 0x22, 0x7d])
  await refused(t, await send('POST', '/tags', bytes, { 'content-type': 'application/json' }), 400, /UTF-8/)
  t.deepEqual(await tagNames(), ['kept'])
  t.is((await plane().fetch('POST', '/auth/logout', { headers: await spareToken() })).status, 200, 'no body at all')
})

/** Of a sign-in a test may end. */
async function spareToken(): Promise<Record<string, string>> {
  const login = { username: 'admin', password: 'correct horse battery staple' }
  const { accessToken } = (await plane().request('POST', '/auth/login', login)).data as { accessToken: string }
  return { authorization: `Bearer ${accessToken}` }
}

test.serial('a compressed body is read, and one that only claims to be is refused', async (t) => {
  const as = (encoding: string) => ({ 'content-type': 'application/json', 'content-encoding': encoding })
  t.is((await send('POST', '/tags', gzipSync('{"name":"zipped"}'), as('gzip'))).status, 200)
  await refused(t, await send('POST', '/tags', Buffer.from('no gzip at all'), as('gzip')), 400, /body/)
  await refused(t, await send('POST', '/tags', gzipSync(TAG).subarray(0, 12), as('gzip')), 400, /body/)
  await refused(t, await send('POST', '/tags', TAG, as('compress')), 415, /Content-Encoding.*gzip/)
  const bomb = gzipSync(JSON.stringify({ name: 'x'.repeat(30_000_000) }))
  await refused(t, await send('POST', '/tags', bomb, as('gzip')), 413, /1 MB/)
  t.deepEqual((await tagNames()).slice(-1), ['zipped'])
})

test.serial('a form that is broken is refused, and nothing of it stays on the disk', async (t) => {
  const before = plane().files('uploads')
  const multipart = 'multipart/form-data; boundary=x'
  const part = '--x\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\n\r\nabc'
  await refused(t, await send('POST', '/materials', part, { 'content-type': 'multipart/form-data' }), 400, /form-data/)
  await refused(t, await send('POST', '/materials', part, { 'content-type': multipart }), 400, /form-data/)
  const json = { 'content-type': 'application/json' }
  for (const path of ['/materials', '/customers/import'])
    await refused(t, await send('POST', path, '{}', json), 415, /Content-Type.*multipart\/form-data/)
  const picture = new Blob([new Uint8Array(pngOf(8, 1))])
  const upload = async (fields: Record<string, string | Blob>, path = '/materials') => {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    return await plane().fetch('POST', path, { body: form })
  }
  await refused(t, await upload({ file: picture, name: 'a\u0000b' }), 400, /name.*U\+0000/)
  await refused(t, await upload({ file: picture, colour: 'red' }), 400, /colour/)
  await refused(t, await upload({ file: picture, categoryId: '0x1' }), 400, /categoryId/)
  await refused(t, await upload({ picture }), 400, /picture/)
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`f${at}`, '1']))
  await refused(t, await upload({ ...many, file: picture }), 400, /fields/i)
  const large = new Blob([new Uint8Array(5 * 1024 * 1024 + 1)])
  await refused(t, await upload({ file: large, accountId: '1' }, '/customers/import'), 413, /file.*5 MB/)
  t.deepEqual(plane().files('uploads'), before)
})

/** fetch() refuses to send some methods. */
async function bare(method: string, path: string): Promise<{ status: number; allow: string; body: string }> {
  return await new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port: plane().httpPort, method, path }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, allow: response.headers.allow ?? '', body }))
    })
    call.on('error', reject)
    call.end()
  })
}

test.serial('a method that a path does not have is refused with those it has', async (t) => {
  for (const method of ['PROPFIND', 'TRACE', 'LOCK', 'PUT', 'PATCH']) {
    const { status, allow, body } = await bare(method, '/api/v1/tags')
    t.is(status, 405, method)
    t.deepEqual(allow.split(', ').toSorted(), ['GET', 'HEAD', 'OPTIONS', 'POST'])
    t.is((JSON.parse(body) as Refusal).errorCode, 'METHOD_NOT_ALLOWED')
  }
  for (const path of ['/healthz', '/readyz', '/metrics', '/docs', '/api/v1/openapi.json'])
    t.deepEqual(
      [(await bare('POST', path)).status, (await bare('POST', path)).allow],
      [405, 'GET, HEAD, OPTIONS'],
      path,
    )
  t.is((await bare('PROPFIND', '/nowhere')).status, 404)
  const options = await bare('OPTIONS', '/api/v1/tags/1')
  t.deepEqual([options.status, options.body], [204, ''])
  t.deepEqual(options.allow.split(', ').toSorted(), ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH'])
})

test.serial('HEAD answers wherever GET does, without the body', async (t) => {
  for (const path of ['/healthz', '/readyz', '/metrics', '/docs', '/docs/swagger-ui.css', '/api/v1/openapi.json'])
    t.deepEqual([(await bare('HEAD', path)).status, (await bare('HEAD', path)).body], [200, ''], path)
  const response = await plane().fetch('HEAD', '/tags')
  t.deepEqual([response.status, await response.text()], [200, ''])
  t.is((await bare('GET', '/api/v1/ws')).status, 426)
})

test.serial('a query parameter without a value counts as absent', async (t) => {
  const { page, size } = await plane().ok('GET', '/tasks?status=&page=&size=&deviceId=')
  t.deepEqual([page, size], [1, 20])
})

test.serial('a text keeps its lines, however they end', async (t) => {
  const body = { name: 'lines', type: 'TEXT', content: 'one\r\ntwo\tand\nthree', variables: [], materialIds: [] }
  t.is((await plane().ok('POST', '/message/templates', body))['content'], 'one\ntwo\tand\nthree')
})

test.serial('a time is a day and a time of day', async (t) => {
  const { deviceId } = await plane().enrol('a')
  const contradictory = ['2099-01-01T10:00:00Z[America/New_York]', '2099-01-01T10:00:00+08:99', '9999-12-31T23:59:59Z']
  const notDays = ['23:59', 'T23:59', '2099', '2099-W01', '2099-001', '20990101', '+002099-01-01']
  for (const scheduledTime of [...notDays, ...contradictory]) {
    const answer = await plane().call('POST', '/wechat/moments/tasks', {
      content: 'a',
      devices: [deviceId],
      scheduledTime,
    })
    t.deepEqual([answer.status, /scheduledTime/.test(answer.msg)], [400, true], scheduledTime)
  }
})

test.serial('of two users who are added under one name at once, one is refused as a conflict', async (t) => {
  const body = { username: 'twice', password: 'a long password', role: 'viewer' }
  const answers = await Promise.all([plane().call('POST', '/users', body), plane().call('POST', '/users', body)])
  t.deepEqual(answers.map(({ status }) => String(status)).toSorted(), ['200', '409'])
})

test.serial('an offer to speak HTTP/2 is passed over, and the request answered', async (t) => {
  const status = await new Promise((resolve, reject) => {
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': '' }
    const call = request({ host: '127.0.0.1', port: plane().httpPort, path: '/healthz', headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    call.on('error', reject)
    call.end()
  })
  t.is(status, 200)
})
