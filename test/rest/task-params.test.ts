import test from 'ava'
import { accountOf, customer } from '../support/plane-tasks.ts'
import { pngOf } from '../support/pictures.ts'
import { startTestPlane, type TestPlane } from '../support/test-plane.ts'

const later = { scheduledTime: '2999-01-01T10:00:00+08:00', deliverWithinSeconds: 600 }

async function uploaded(plane: TestPlane, shade: number): Promise<{ materialId: number; url: string }> {
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array(pngOf(8, shade))]), 'a.png')
  const { id, url } = await plane.ok('POST', '/materials', form)
  return { materialId: Number(id), url: String(url) }
}

test.serial('a task says what it was asked to do: text, pictures, who sees it and who gets it', async (t) => {
  const plane = await startTestPlane(t, { env: { MUSTER_APPROVAL_ABOVE: '1' } })
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  await session.heard()
  const accountId = await accountOf(plane, agent)
  const friend = await customer(plane, accountId, 'zhang')
  const other = await customer(plane, accountId, 'wang')
  const { id: tagId } = await plane.ok('POST', '/tags', { name: 'seen' })
  await plane.ok('POST', '/customers/tags', { customerIds: [friend], add: [tagId] })
  const pictures = [await uploaded(plane, 1), await uploaded(plane, 2)]
  const devices = [agent.deviceId]

  const moment = {
    content: 'spring',
    images: pictures.toReversed().map(({ materialId }) => ({ materialId })),
    visibleTo: 'INCLUDE',
    tagIds: [tagId],
    customerIds: [friend],
    autoComment: true,
    commentTexts: ['nice'],
  }
  const { taskId: momentId } = await plane.ok('POST', '/wechat/moments/tasks', { ...moment, devices, ...later })
  const shown = await plane.ok('GET', `/tasks/${Number(momentId)}`)
  t.deepEqual(shown['params'], {
    kind: 'MOMENTS',
    ...moment,
    images: pictures.toReversed(),
    audience: [{ accountId, customers: 1 }],
    autoLike: false,
  })
  t.deepEqual(shown['devices'], [{ id: agent.deviceId, name: 'a', status: 'ONLINE', deleted: false }])
  t.is(shown['deliverWithinSeconds'], 600)
  t.deepEqual(await plane.ok('GET', `/wechat/moments/tasks/${Number(momentId)}`), shown)

  const template = {
    name: 't',
    type: 'TEXT_WITH_IMAGE',
    content: 'hi {nickname}, {offer}',
    variables: ['nickname', 'offer'],
    materialIds: [pictures[0]?.materialId],
  }
  const { id: templateId } = await plane.ok('POST', '/message/templates', template)
  const receivers = { type: 'CUSTOMERS', tagIds: [], groupIds: [], customerIds: [friend, other] }
  const pace = { intervalSeconds: 7, batchSize: 20, batchPauseSeconds: 30 }
  const message = { templateId, receivers, variables: { offer: 'tea' }, devices, ...pace, ...later }
  const { taskId: messageId, status } = await plane.ok('POST', '/message/tasks', message)
  t.is(status, 'IN_REVIEW')
  await plane.ok('PATCH', `/message/templates/${Number(templateId)}`, { content: 'something else' })
  const toJudge = await plane.ok('GET', `/tasks/${Number(messageId)}`)
  t.deepEqual(toJudge['params'], {
    kind: 'MESSAGE',
    templateId,
    template: { type: 'TEXT_WITH_IMAGE', content: template.content, images: [pictures[0]] },
    receivers,
    variables: { offer: 'tea' },
    ...pace,
  })

  const { taskId: syncId } = await plane.ok('POST', '/wechat/friends/sync', { devices, ...later })
  t.deepEqual((await plane.ok('GET', `/tasks/${Number(syncId)}`))['params'], { kind: 'FRIENDS_SYNC' })
  const { items } = (await plane.ok('GET', '/tasks')) as { items: Record<string, unknown>[] }
  const { devices: _, params: __, deliverWithinSeconds: ___, revision: ____, ...brief } = toJudge
  t.deepEqual(
    items.find(({ id }) => id === messageId),
    brief,
    'a list has all but what the task is to do',
  )
})
