import { rmSync } from 'node:fs'
import test from 'ava'
import { isWhole } from '../../control-plane/src/records/materials/pictures.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { pngOf, sha256 } from '../support/pictures.ts'
import type { Answer } from '../support/rest-client.ts'
import { sharedTestPlane } from '../support/test-plane.ts'

const plane = sharedTestPlane(test, { clock: new FakeClock() })

async function upload(bytes: Uint8Array, fields: Record<string, string> = {}, name = 'a.png'): Promise<Answer> {
  const form = new FormData()
  for (const [field, value] of Object.entries(fields)) form.append(field, value)
  form.append('file', new Blob([new Uint8Array(bytes)]), name)
  return await plane().call('POST', '/materials', form)
}
const idOf = (answer: Answer): number => Number((answer.data as { id: number }).id)

// The smallest pictures of each kind.
const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
const JPEG = Buffer.from(
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=',
  'base64',
)
const WEBP = Buffer.from('UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA', 'base64')

test.serial('the same bytes that come many times at once are one material, and nothing half is left', async (t) => {
  const bytes = pngOf(64, 50)
  const answers = await Promise.all(Array.from({ length: 8 }, async () => await upload(bytes)))
  t.deepEqual(
    answers.map(({ status }) => status),
    Array.from({ length: 8 }, () => 200),
  )
  t.is(new Set(answers.map(idOf)).size, 1)
  t.deepEqual(
    plane()
      .files('media')
      .filter((file) => file.includes('/')),
    [`${sha256(bytes).slice(0, 2)}/${sha256(bytes)}`],
  )
})

test('a picture is whole or refused, wherever it was cut off', (t) => {
  const jpeg = Buffer.concat([JPEG, Buffer.from([0xff, 0xd9])])
  const pictures = { 'image/png': pngOf(4, 1), 'image/jpeg': jpeg, 'image/gif': GIF, 'image/webp': WEBP }
  for (const [type, bytes] of Object.entries(pictures)) {
    t.true(isWhole[type]?.(bytes), type)
    for (let length = 0; length < bytes.length; length++)
      t.false(isWhole[type]?.(bytes.subarray(0, length)), `${type} cut after ${length}`)
  }
  const thumbnail = Buffer.concat([
    jpeg.subarray(0, 2),
    Buffer.from([0xff, 0xe1, 0, 6, 0xff, 0xd9, 0, 0]),
    JPEG.subarray(2),
  ])
  t.false(isWhole['image/jpeg']?.(thumbnail), 'the end of its thumbnail is not the end of a picture')
})

test.serial('a picture that is cut off, or larger than any, is refused with its field', async (t) => {
  const huge = pngOf(1, 1)
  huge.writeUInt32BE(60_000, 16)
  huge.writeUInt32BE(60_000, 20)
  for (const bytes of [pngOf(8, 3).subarray(0, 33), pngOf(64, 3).subarray(0, -5), GIF.subarray(0, -1), JPEG, huge]) {
    const answer = await upload(bytes)
    t.deepEqual([answer.status, answer.msg.startsWith('file:')], [415, true], answer.msg)
  }
  t.is((await upload(GIF)).status, 200)
  t.is((await upload(WEBP)).status, 200)
})

test.serial('a material that was deleted comes back as what is uploaded now', async (t) => {
  const category = async (name: string) => (await plane().ok('POST', '/material-categories', { name }))['id']
  const [old, fresh] = [String(await category('old')), String(await category('fresh'))]
  const bytes = pngOf(8, 77)
  const id = idOf(await upload(bytes, { name: 'first', categoryId: old }))
  t.is(((await upload(bytes, { name: 'ignored' })).data as { name: string }).name, 'first')
  await plane().ok('DELETE', `/materials/${id}`)
  await plane().ok('DELETE', `/material-categories/${old}`)
  const again = (await upload(bytes, { name: 'second', categoryId: fresh })).data
  t.like(again, { id, name: 'second', categoryId: Number(fresh) })
  t.is((await upload(pngOf(8, 78), { categoryId: old })).status, 404)
})

test.serial('a category keeps its place when it is renamed, and its tree stays a tree', async (t) => {
  const add = async (name: string, parentId?: number) =>
    Number((await plane().ok('POST', '/material-categories', { name, parentId }))['id'])
  const a = await add('A')
  const b = await add('B', a)
  const c = await add('C', b)
  const change = async (id: number, body: object) => await plane().call('PATCH', `/material-categories/${id}`, body)
  t.like((await change(b, { name: 'B2' })).data, { name: 'B2', parentId: a })
  t.deepEqual([(await change(a, { parentId: c })).status, (await change(a, { parentId: a })).status], [400, 400])
  t.like((await change(c, { parentId: null })).data, { name: 'C', parentId: null })
  const same = await plane().call('POST', '/material-categories', { name: 'B2', parentId: a })
  t.deepEqual([same.status, (await change(c, { parentId: a, name: 'B2' })).status], [409, 409])
  t.is((await plane().call('POST', '/material-categories', { name: 'B2' })).status, 200, 'elsewhere it may')
})

test.serial('a file can be asked for in part, again only when it changed, and under its name', async (t) => {
  const bytes = pngOf(32, 99)
  const id = idOf(await upload(bytes, { name: "海's 1.png" }))
  const get = async (headers: Record<string, string> = {}) =>
    await plane().fetch('GET', `/materials/${id}/file`, { headers })
  const whole = await get()
  t.deepEqual(Buffer.from(await whole.bytes()), bytes)
  t.is(whole.headers.get('content-type'), 'image/png')
  t.is(whole.headers.get('content-length'), String(bytes.length))
  t.is(whole.headers.get('etag'), `"${sha256(bytes)}"`)
  t.is(whole.headers.get('content-disposition'), "inline; filename*=UTF-8''%E6%B5%B7%27s%201.png")
  t.is((await get({ 'if-none-match': `"${sha256(bytes)}"` })).status, 304)
  const part = await get({ range: 'bytes=4-9' })
  t.deepEqual([part.status, part.headers.get('content-range')], [206, `bytes 4-9/${bytes.length}`])
  t.deepEqual(Buffer.from(await part.bytes()), bytes.subarray(4, 10))
  t.deepEqual(Buffer.from(await (await get({ range: 'bytes=-3' })).bytes()), bytes.subarray(-3))
  t.is((await get({ range: 'bytes=4-9', 'if-range': '"another"' })).status, 200)
  const beyond = await get({ range: `bytes=${bytes.length}-` })
  t.deepEqual([beyond.status, beyond.headers.get('content-range')], [416, `bytes */${bytes.length}`])
  t.is(beyond.headers.get('cache-control'), null)
})

test.serial('a device that is disabled gets no media, and gets them again when it is enabled', async (t) => {
  // More than a stream takes at once.
  const bytes = Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(3_000_000)])
  const materialId = idOf(await upload(bytes))
  const agent = await plane().enrol('a')
  const client = agent.client
  t.teardown(() => client.close())
  const fetched = async (): Promise<Buffer> => {
    const chunks: Buffer[] = []
    for await (const { chunk } of client.fetchMaterial({ materialId }) as AsyncIterable<{ chunk: Buffer }>)
      chunks.push(chunk)
    return Buffer.concat(chunks)
  }
  t.is(sha256(await fetched()), sha256(bytes))
  await plane().ok('POST', `/devices/${agent.deviceId}/disable`)
  await t.throwsAsync(fetched, { message: /UNAUTHENTICATED.*disabled/ }, 'it is told, and does not wait')
  await plane().ok('POST', `/devices/${agent.deviceId}/enable`)
  t.is(sha256(await fetched()), sha256(bytes))
  rmSync(plane().path('media'), { recursive: true })
  await t.throwsAsync(fetched, { message: /INTERNAL/ }, 'nor when the file cannot be read')
})
