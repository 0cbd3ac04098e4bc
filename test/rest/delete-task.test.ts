import test from 'ava'
import { accountOf, customer, messageTo } from '../support/plane-tasks.ts'
import { pngOf } from '../support/pictures.ts'
import { succeeded } from '../support/raw-agent.ts'
import { startTestPlane, type TestPlane } from '../support/test-plane.ts'

const later = { scheduledTime: '2999-01-01T10:00:00+08:00' }

async function uploaded(plane: TestPlane): Promise<number> {
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array(pngOf(8, 7))]), 'a.png')
  return Number((await plane.ok('POST', '/materials', form))['id'])
}

const statusOf = async (plane: TestPlane, method: string, path: string) => (await plane.call(method, path)).status

test.serial('a task that has not begun is taken back whole by its deletion, and what it used is free', async (t) => {
  const plane = await startTestPlane(t, { env: { MUSTER_APPROVAL_ABOVE: '1' } })
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  await session.heard()
  const accountId = await accountOf(plane, agent)
  const people = [await customer(plane, accountId, 'one'), await customer(plane, accountId, 'two')]
  const materialId = await uploaded(plane)
  const moment = { images: [{ materialId }], devices: [agent.deviceId], ...later }
  const scheduled = Number((await plane.ok('POST', '/wechat/moments/tasks', moment))['taskId'])
  const draft = Number((await plane.ok('POST', `/tasks/${scheduled}/copy`))['id'])
  const message = await messageTo(plane, [agent], people)
  const made = await plane.ok('POST', '/message/tasks', message)
  t.is(made['status'], 'IN_REVIEW')
  const review = Number(made['taskId'])
  t.is(await statusOf(plane, 'DELETE', `/materials/${materialId}`), 409)
  t.is(await statusOf(plane, 'DELETE', `/message/templates/${Number(message.templateId)}`), 409)

  for (const id of [scheduled, draft, review]) {
    t.is(await plane.ok('DELETE', `/tasks/${id}`), null as never)
    await plane.events.find(
      `the end of ${id}`,
      (e) => e.type === 'task.updated' && e.id === id && e.status === 'CANCELLED',
    )
    for (const [method, path] of [
      ['GET', `/tasks/${id}`],
      ['GET', `/tasks/${id}/items`],
      ['POST', `/tasks/${id}/resume`],
      ['POST', `/tasks/${id}/copy`],
      ['DELETE', `/tasks/${id}`],
    ] as const)
      t.is(await statusOf(plane, method, path), 404, `${method} ${path}`)
  }
  t.is(await statusOf(plane, 'GET', `/wechat/moments/tasks/${scheduled}`), 404)
  for (const path of ['/tasks', '/message/tasks', '/wechat/moments/tasks', `/tasks?deviceId=${agent.deviceId}`])
    t.is((await plane.ok('GET', path))['total'], 0, path)
  t.deepEqual(
    plane.read('SELECT DISTINCT status FROM items').map(({ status }) => status),
    ['CANCELLED'],
  )
  t.is(await statusOf(plane, 'DELETE', `/materials/${materialId}`), 200)
  t.is(await statusOf(plane, 'DELETE', `/message/templates/${Number(message.templateId)}`), 200)
  await session.heard()
  t.deepEqual(session.commands, [])
})

test.serial('a task that runs is not deleted; one that has ended is, and what it did still counts', async (t) => {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  const created = await plane.ok('POST', '/wechat/moments/tasks', { content: 'a', devices: [agent.deviceId] })
  const id = Number(created['taskId'])
  const command = await session.next('command')
  const refused = await plane.call('DELETE', `/tasks/${id}`)
  t.deepEqual([refused.status, refused.code], [409, 'CONFLICT'])
  t.is(refused.msg, `task ${id} is PROCESSING; cancel it, and delete it when it has ended`)
  session.say(succeeded(command))
  t.is(await plane.finished(id), 'COMPLETED')

  const account = async () => await plane.ok('GET', '/accounts/1')
  const before = { account: await account(), items: plane.read('SELECT * FROM items') }
  await plane.ok('DELETE', `/tasks/${id}`)
  t.is(await statusOf(plane, 'GET', `/tasks/${id}`), 404)
  t.deepEqual({ account: await account(), items: plane.read('SELECT * FROM items') }, before)
  const { items } = (await plane.ok('GET', '/audit?action=DELETE%20%2Ftasks%2F%7Bid%7D')) as {
    items: { before: { id: number; status: string } | null; outcome: number }[]
  }
  t.deepEqual(
    items.map(({ before: was, outcome }) => [was?.status, outcome]),
    [
      ['COMPLETED', 200],
      ['PROCESSING', 409],
    ],
  )
})
