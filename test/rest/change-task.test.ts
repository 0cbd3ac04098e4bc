import test from 'ava'
import { accountOf, customer, messageTo } from '../support/plane-tasks.ts'
import { startTestPlane, type TestPlane } from '../support/test-plane.ts'

const later = { scheduledTime: '2999-01-01T10:00:00+08:00' }

async function stage(plane: TestPlane) {
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  await session.heard()
  const accountId = await accountOf(plane, agent)
  const people = [await customer(plane, accountId, 'one'), await customer(plane, accountId, 'two')]
  return { agent, session, people }
}

/** Signs in as a new operator; answers calls of theirs. */
async function operator(plane: TestPlane, username: string) {
  const password = `a long password of ${username}`
  await plane.ok('POST', '/users', { username, password, role: 'operator' })
  const { data } = await plane.request('POST', '/auth/login', { username, password })
  const { accessToken } = data as { accessToken: string }
  return async (method: string, path: string, body?: unknown) => await plane.request(method, path, body, accessToken)
}

test.serial(
  'a task that has not begun is changed by the rules of its creation, and moves to its new time',
  async (t) => {
    const plane = await startTestPlane(t)
    const { agent, session } = await stage(plane)
    const moment = { content: 'a', name: 'n', devices: [agent.deviceId], ...later }
    const id = Number((await plane.ok('POST', '/wechat/moments/tasks', moment))['taskId'])
    const patch = async (body: object) => await plane.call('PATCH', `/tasks/${id}`, body)
    for (const [body, status, what] of [
      [{ colour: 'red' }, 400, /^colour: unknown field/],
      [{ params: { colour: 'red' } }, 400, /^params\.colour: unknown field/],
      [{ params: { templateId: 1 } }, 400, /^params\.templateId: unknown field of a MOMENTS task/],
      [{ params: { content: ' ' } }, 400, /^content: is empty/],
      [{ params: { visibleTo: 'INCLUDE' } }, 400, /^tagIds: /],
      [{ params: { images: [{ url: 'https://elsewhere.example/api/v1/materials/1/file' }] } }, 400, /^images\.0\.url/],
      [{ scheduledTime: '2001-01-01' }, 400, /^scheduledTime: is in the past/],
      [{ devices: [987_654] }, 404, /^devices: device 987654/],
    ] as const) {
      const refused = await patch(body)
      t.is(refused.status, status, JSON.stringify(body))
      t.regex(refused.msg, what)
    }
    const changed = await plane.ok('PATCH', `/tasks/${id}`, {
      name: 'm',
      deliverWithinSeconds: 60,
      params: { content: 'b' },
    })
    t.like(changed, { id, name: 'm', status: 'SCHEDULED', deliverWithinSeconds: 60, params: { content: 'b' } })
    t.is((await plane.items(id)).length, 1)

    await plane.ok('PATCH', `/tasks/${id}`, { scheduledTime: new Date().toISOString() })
    const { payload } = await session.next('command')
    t.is(payload?.$case === 'publishMoment' ? payload.value.text : undefined, 'b')
    const begun = await patch({ name: 'late' })
    t.deepEqual([begun.status, begun.code], [409, 'CONFLICT'])
    t.regex(begun.msg, new RegExp(`task ${id} is PROCESSING.*copy it with POST /tasks/${id}/copy`))
    const { items } = (await plane.ok('GET', '/audit?action=PATCH%20%2Ftasks%2F%7Bid%7D&size=3')) as {
      items: { before: { name: string }; after: { name: string } | null }[]
    }
    t.deepEqual(
      items.map(({ before, after }) => [before.name, after?.name]),
      [
        ['m', undefined],
        ['m', 'm'],
        ['n', 'm'],
      ],
    )
  },
)

test.serial('what was changed is approved anew, and by nobody who had a part in it', async (t) => {
  const plane = await startTestPlane(t, { env: { MUSTER_APPROVAL_ABOVE: '1' } })
  const { agent, session, people } = await stage(plane)
  const colleague = await operator(plane, 'colleague')
  const third = await operator(plane, 'third')
  const body = await messageTo(plane, [agent], people.slice(0, 1), later)
  const created = await plane.ok('POST', '/message/tasks', body)
  t.is(created['status'], 'SCHEDULED')
  const id = Number(created['taskId'])
  await plane.ok('PATCH', `/message/templates/${Number(body.templateId)}`, { content: 'edited' })

  const more = { params: { receivers: { type: 'CUSTOMERS', customerIds: people } } }
  const grown = await colleague('PATCH', `/tasks/${id}`, more)
  t.like(grown.data as object, { status: 'IN_REVIEW', params: { template: { content: 'hi' } } })
  t.regex((grown.data as { reason: string }).reason, /2 messages.*admin and colleague, such as third/)
  const approval = async (call: typeof third, revision?: number) =>
    (await call('POST', `/tasks/${id}/approve`, revision === undefined ? {} : { revision })).status
  t.is(await approval(colleague), 403)
  t.is(await approval(async (...args) => await plane.call(...args)), 403)
  const looked = (grown.data as { revision: number }).revision
  // Somebody changes what a third one is about to approve.
  t.is((await colleague('PATCH', `/tasks/${id}`, { params: { intervalSeconds: 7 } })).status, 200)
  t.is(await approval(third), 409)
  t.is(await approval(third, looked), 409, 'nobody approves what they have not seen')
  const now = Number((await plane.ok('GET', `/tasks/${id}`))['revision'])
  t.is(await approval(third, now), 200)

  t.is((await plane.ok('PATCH', `/tasks/${id}`, { name: 'another name' }))['status'], 'SCHEDULED')
  t.is((await plane.ok('PATCH', `/tasks/${id}`, { params: { batchSize: 1 } }))['status'], 'IN_REVIEW')
  const fewer = { params: { receivers: { type: 'CUSTOMERS', customerIds: people.slice(1) } } }
  const shrunk = await plane.ok('PATCH', `/tasks/${id}`, fewer)
  t.is(shrunk['status'], 'IN_REVIEW', 'what is in review leaves it only by somebody else')
  t.is(await approval(colleague), 403)
  await plane.ok('PATCH', `/message/templates/${Number(body.templateId)}`, { content: 'newer' })
  await third('PATCH', `/tasks/${id}`, { params: { templateId: body.templateId } })
  t.is(await approval(third), 403)
  t.like((await plane.ok('GET', `/tasks/${id}`))['params'] as object, { template: { content: 'newer' } })
  await session.heard()
  t.deepEqual(session.commands, [])
})
