import test from 'ava'
import { friendsWithTag } from '../support/customers.ts'
import { uploadPicture } from '../support/pictures.ts'
import { startProduct } from '../support/product.ts'
import { TaskEvents } from '../support/task-events.ts'

const PHONES = ['phone-1', 'phone-2', 'phone-3']

test('a scheduled Moment with pictures and an audience is posted once by each phone, and each change is told once', async (t) => {
  const product = await startProduct(t, { phones: 3 })
  await Promise.all(PHONES.map(async (phone) => await product.startAgent(phone)))
  const devices = [...(await product.devices(PHONES)).values()]
  // Their names are those of buttons on the way.
  const friends = new Map(
    devices.map(({ wechatId }) => [wechatId, [{ id: `friend_of_${wechatId}`, nickname: '公开', remark: '完成' }]]),
  )
  const { tagId } = await friendsWithTag(
    product,
    devices.map(({ id }) => id),
    friends,
  )
  const pictures = [await uploadPicture(product, 10), await uploadPicture(product, 200)]
  const text = '七夕活动 <b>"限时"</b> & 👉 https://example.com\n第二行'
  const created = await product.ok('POST', '/wechat/moments/tasks', {
    content: text,
    images: pictures.map(({ id }) => ({ materialId: id })),
    devices: devices.map(({ id }) => id),
    scheduledTime: new Date(Date.now() + 3000).toISOString(),
    visibleTo: 'EXCLUDE',
    tagIds: [tagId],
  })
  t.is(created['status'], 'SCHEDULED')
  const taskId = Number(created['taskId'])
  t.is(await product.finished(taskId), 'COMPLETED')
  t.deepEqual(
    (await product.items(taskId)).map(({ status }) => status),
    ['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED'],
  )
  const moments = product.emulator.world().moments
  t.deepEqual(moments.map(({ author }) => author).sort(), devices.map(({ wechatId }) => wechatId).sort())
  for (const moment of moments) {
    t.is(moment.text, text)
    t.deepEqual(
      moment.images,
      pictures.map(({ sha256 }) => sha256),
    )
    t.deepEqual(moment.visibility, { type: 'EXCLUDE', contacts: [`friend_of_${moment.author}`] })
  }

  const { seen } = product.events
  const order = seen.map(({ seq }) => seq)
  t.deepEqual(
    order,
    [...new Set(order)].sort((a, b) => a - b),
    'sequence numbers rise, none comes twice',
  )
  const ofTask = seen.filter(({ type, id }) => type === 'task.updated' && id === taskId).map(({ status }) => status)
  t.deepEqual(ofTask, [...new Set(ofTask)], 'each state of the task is told once')
  t.deepEqual([ofTask[0], ofTask.at(-1)], ['SCHEDULED', 'COMPLETED'])
  for (const { id } of await product.items(taskId)) {
    const states = seen.filter((event) => event.type === 'item.updated' && event.id === id).map(({ status }) => status)
    t.deepEqual(states, [...new Set(states)], 'each state of an item is told once')
    t.is(states.at(-1), 'SUCCEEDED')
  }

  const half = order[Math.floor(order.length / 2)] ?? 0
  const wanted = order.filter((seq) => seq > half)
  const again = new TaskEvents(async () => await product.eventsUrl())
  t.teardown(() => again.close())
  await again.connect(half)
  await again.find('the last event again', ({ seq }) => seq === order.at(-1))
  t.deepEqual(
    again.seen.slice(0, wanted.length).map(({ seq }) => seq),
    wanted,
    'a client that comes back misses none',
  )
})
