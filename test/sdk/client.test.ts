import test from 'ava'
import { MusterApiError, MusterClient } from '@muster/sdk'
import { succeeded } from '../support/raw-agent.ts'
import { pngOf, sha256 } from '../support/pictures.ts'
import { PASSWORD } from '../support/signed-in-admin.ts'
import { startTestPlane, type TestPlane } from '../support/test-plane.ts'

const clientOf = (plane: TestPlane, password = PASSWORD) =>
  new MusterClient({
    baseUrl: `http://127.0.0.1:${plane.httpPort}`,
    credentials: { username: 'admin', password },
    retries: 0,
  })

test.serial('pages are one long list, whatever their size', async (t) => {
  const plane = await startTestPlane(t)
  const muster = clientOf(plane)
  for (let count = 0; count < 7; count++) await muster.post('/tags', { body: { name: `tag ${count}` } })
  const names: string[] = []
  for await (const tag of muster.pages('/tags', { params: { query: { size: 3 } } })) names.push(tag.name)
  t.deepEqual(names, ['tag 0', 'tag 1', 'tag 2', 'tag 3', 'tag 4', 'tag 5', 'tag 6'])
})

test.serial('an error has its status, its code and the words of the plane', async (t) => {
  const plane = await startTestPlane(t)
  const missing = await t.throwsAsync(
    async () => await clientOf(plane).get('/tasks/{id}', { params: { path: { id: 987_654 } } }),
    { instanceOf: MusterApiError },
  )
  t.deepEqual([missing?.status, missing?.code], [404, 'NOT_FOUND'])
  t.regex(missing?.message ?? '', /987654/)
  const refused = await t.throwsAsync(async () => await clientOf(plane, 'wrong').get('/devices'), {
    instanceOf: MusterApiError,
  })
  t.is(refused?.status, 401)
})

test.serial('a picture goes up and comes down as it was, and the same one is the same material', async (t) => {
  const muster = clientOf(await startTestPlane(t))
  const bytes = pngOf(16, 120)
  const blob = new Blob([new Uint8Array(bytes)], { type: 'image/png' })
  const first = await muster.uploadMaterial(blob, { name: 'a.png' })
  const second = await muster.uploadMaterial(blob, { name: 'b.png' })
  t.is(second.id, first.id)
  t.is(sha256(await muster.download(`/materials/${first.id}/file`)), sha256(bytes))
})

test.serial('a task is made, followed through its events, and waited for', async (t) => {
  const plane = await startTestPlane(t)
  const muster = clientOf(plane)
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  const stop = new AbortController()
  const states: string[] = []
  const following = (async () => {
    for await (const event of muster.events({ since: 0, signal: stop.signal })) {
      if (event.type === 'item.updated') states.push(event.status)
      if (event.type === 'task.updated' && event.status === 'COMPLETED') return
    }
  })()
  const created = await muster.post('/wechat/moments/tasks', { body: { content: 'hi', devices: [agent.deviceId] } })
  t.true('taskId' in created)
  if (!('taskId' in created)) return
  session.say(succeeded(await session.next('command')))
  const task = await muster.waitForTask(created.taskId, { pollMs: 10 })
  t.is(task.status, 'COMPLETED')
  await following
  stop.abort()
  t.deepEqual(states, ['DISPATCHED', 'SUCCEEDED'])
})

test.serial('a POST that is sent again after a broken connection does nothing twice', async (t) => {
  const plane = await startTestPlane(t)
  const muster = clientOf(plane)
  const agent = await plane.enrol('a')
  const body = { content: 'once', devices: [agent.deviceId] }
  const headers = { 'Idempotency-Key': 'the same key' }
  const send = async () => await muster.post('/wechat/moments/tasks', { body, headers } as never)
  const [first, second] = [await send(), await send()]
  t.deepEqual(second, first)
  t.is((await muster.get('/tasks')).total, 1)
  const other = { body: { ...body, content: 'another' }, headers } as never
  const refused = await t.throwsAsync(async () => await muster.post('/wechat/moments/tasks', other), {
    instanceOf: MusterApiError,
  })
  t.is(refused?.status, 409)
})
