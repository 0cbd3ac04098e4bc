import test from 'ava'
import { CommandStatus } from '@muster/proto'
import { accountOf, customer, held } from '../support/plane-tasks.ts'
import { pngOf } from '../support/pictures.ts'
import { succeeded } from '../support/raw-agent.ts'
import { sharedTestPlane } from '../support/test-plane.ts'

const plane = sharedTestPlane(test)

async function uploaded(shade: number): Promise<{ id: number; url: string }> {
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array(pngOf(8, shade))]), 'a.png')
  return (await plane().ok('POST', '/materials', form)) as unknown as { id: number; url: string }
}

test.serial("a picture is taken by the url its material answers, and by nobody else's", async (t) => {
  const { deviceId } = await plane().enrol('pictures')
  const { id, url } = await uploaded(7)
  const create = async (...images: object[]) =>
    await plane().call('POST', '/wechat/moments/tasks', { devices: [deviceId], images, scheduledTime: '2999-01-01' })
  t.is((await create({ url })).status, 200)
  t.is((await create({ materialId: id, url: 'https://elsewhere.example/a.png' })).status, 200, 'the id wins')
  for (const foreign of [
    `https://elsewhere.example${url}`,
    `http://127.0.0.1:${plane().httpPort}@elsewhere.example${url}`,
    `//elsewhere.example${url}`,
    `/proxy${url}`,
    `${url}?token=1`,
    '/api/v1/materials/0/file',
    '',
  ]) {
    const refused = await create({ materialId: id }, { url: foreign })
    t.deepEqual([refused.status, refused.code], [400, 'INVALID_REQUEST'], foreign)
    t.regex(refused.msg, /^images\.1\.url: .*upload/)
  }
  t.regex((await create({})).msg, /^images\.0\.materialId: is missing/)
  t.is((await create({ url: '/api/v1/materials/987654/file' })).status, 404)
})

test.serial('a Moment that looks like one that is still to be liked waits for that', async (t) => {
  const [author, liker] = [await plane().enrol('author'), await plane().enrol('fan')]
  const [posts, likes] = [await author.connect({ credits: 8 }), await liker.connect({ credits: 8 })]
  const devices = [author.deviceId, liker.deviceId]
  const create = async (content: string) =>
    Number((await plane().ok('POST', '/wechat/moments/tasks', { content, devices, autoLike: true }))['taskId'])
  const first = await create('早安')
  const firstPosts = [await posts.next('command'), await likes.next('command')] as const
  const [second, other] = [await create('早安'), await create('晚安')]
  // What looks otherwise does not wait.
  const [night] = [await posts.next('command'), await likes.next('command')]
  t.is(night.payload?.$case === 'publishMoment' ? night.payload.value.text : '', '晚安')
  const item = await held(plane(), second, 'QUEUE_FULL')
  t.regex(item.reason ?? '', new RegExp(`Moment of task ${first} looks the same`))
  posts.say(succeeded(firstPosts[0]))
  likes.say(succeeded(firstPosts[1]))
  const theirLikes = [await posts.next('command'), await likes.next('command')] as const
  t.deepEqual(
    theirLikes.map(({ payload }) => payload?.$case),
    ['likeMoment', 'likeMoment'],
  )
  posts.say(succeeded(theirLikes[0]))
  likes.say(succeeded(theirLikes[1]))
  t.is(await plane().finished(first), 'COMPLETED')
  const again = [await posts.next('command'), await likes.next('command')]
  t.deepEqual(
    again.map(({ payload }) => (payload?.$case === 'publishMoment' ? payload.value.text : payload?.$case)),
    ['早安', '早安'],
  )
  await plane().ok('POST', `/tasks/${other}/cancel`)
})

test.serial('a Moment that only another try published is liked by the others like any', async (t) => {
  const [one, two] = [await plane().enrol('poster'), await plane().enrol('liker')]
  const [first, second] = [await one.connect(), await two.connect()]
  const devices = [one.deviceId, two.deviceId]
  const body = { content: 'again', devices, autoLike: true }
  const taskId = Number((await plane().ok('POST', '/wechat/moments/tasks', body))['taskId'])
  const failed = { status: CommandStatus.FAILED, code: 'APP_NOT_READY', reason: 'busy', items: [] }
  first.say(succeeded(await first.next('command'), failed))
  second.say(succeeded(await second.next('command')))
  first.say(succeeded(await first.next('command')))
  t.is(await plane().finished(taskId), 'PARTIAL')
  await plane().ok('POST', `/tasks/${taskId}/retry-failed`)
  first.say(succeeded(await first.next('command')))
  const like = await second.next('command')
  t.is(like.payload?.$case, 'likeMoment')
  second.say(succeeded(like))
  await plane().events.find(
    'the end',
    ({ type, id, status }) => type === 'task.updated' && id === taskId && status === 'COMPLETED',
  )
  t.deepEqual(
    (await plane().items(taskId)).map(({ status, reason }) => [status, reason]),
    Array.from({ length: 4 }, () => ['SUCCEEDED', null]),
  )
})

test.serial('who may see a Moment is named only where that is asked for', async (t) => {
  const agent = await plane().enrol('audience')
  await agent.connect()
  const customerIds = [await customer(plane(), await accountOf(plane(), agent), 'zhang')]
  const { id: tagId } = await plane().ok('POST', '/tags', { name: 'seen' })
  const create = async (more: object) =>
    await plane().call('POST', '/wechat/moments/tasks', { content: 'a', devices: [agent.deviceId], ...more })
  for (const more of [
    { tagIds: [tagId] },
    { visibleTo: 'ALL', tagIds: [tagId] },
    { visibleTo: 'PRIVATE', customerIds },
  ]) {
    const refused = await create(more)
    t.deepEqual([refused.status, refused.code], [400, 'INVALID_REQUEST'])
    t.regex(refused.msg, 'customerIds' in more ? /^customerIds: visibleTo PRIVATE/ : /^tagIds: visibleTo ALL/)
  }
  for (const [more, what] of [
    [{ tagIds: [987_654], customerIds }, /^tagIds: tag 987654/],
    [{ customerIds: [987_654] }, /^customerIds: customer 987654/],
  ] as const) {
    const unknown = await create({ visibleTo: 'INCLUDE', ...more })
    t.deepEqual([unknown.status, unknown.code], [404, 'NOT_FOUND'])
    t.regex(unknown.msg, what)
  }
  t.is((await plane().ok('GET', `/wechat/moments/tasks?deviceId=${agent.deviceId}`))['total'], 0)
  t.is((await create({ visibleTo: 'PRIVATE', tagIds: [], customerIds: [] })).status, 200)
})
