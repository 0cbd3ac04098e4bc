import test from 'ava'
import { friendsWithTag, messageTask } from '../support/customers.ts'
import { startProduct, type Product } from '../support/product.ts'

const seed = async (product: Product, wechatId: string, what: 'contacts' | 'groups', body: object) => {
  const answer = await fetch(`${product.emulator.url}/world/accounts/${wechatId}/${what}`, {
    method: 'POST',
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(await answer.text())
}

test('nobody is written to whom the phone cannot tell from another: by remark or WeChat id, or not at all', async (t) => {
  const product = await startProduct(t, { phones: 1 })
  await product.startAgent('phone-1')
  const [device] = (await product.devices(['phone-1'])).values()
  const { id: deviceId = 0, wechatId = '', accountId = 0 } = device ?? {}
  const names = ['发送', '😀{nickname}', '  ', '王 芳', 'O\'Brien "x" ]]>', '完成', '通讯录']
  const friends = names.flatMap((nickname, index) => [
    { id: `wxid_a${index}`, nickname },
    { id: `wxid_b${index}`, nickname, remark: `客户 ${index}` },
  ])
  const { tagId } = await friendsWithTag(product, [deviceId], new Map([[wechatId, friends]]))
  // Imported by name alone: two people fit, and nothing says which.
  const twin = await product.ok('POST', '/customers', { accountId, nickname: '发送' })
  await product.ok('POST', '/customers/tags', { customerIds: [twin['id']], add: [tagId], remove: [] })
  const taskId = await messageTask(product, { text: '你好{nickname}！', tagId, devices: [deviceId] })
  t.is(await product.finished(taskId), 'PARTIAL')
  const items = await product.items(taskId)
  const refused = items.find(({ customerId }) => customerId === Number(twin['id']))
  t.deepEqual([refused?.status, refused?.code], ['FAILED', 'CONTACT_AMBIGUOUS'])
  const sent = product.emulator.world().messages.map(({ to, text }) => `${to}: ${text}`)
  t.deepEqual(sent.sort(), friends.map(({ id, nickname }) => `${id}: 你好${nickname}！`).sort())
})

test('a group gets one message, and its members become known', async (t) => {
  const product = await startProduct(t, { phones: 1 })
  await product.startAgent('phone-1')
  const [device] = (await product.devices(['phone-1'])).values()
  const { id: deviceId = 0, wechatId = '' } = device ?? {}
  const members = Array.from({ length: 5 }, (_, index) => ({ id: `wxid_m${index}`, nickname: `成员${index}` }))
  await seed(product, wechatId, 'contacts', { contacts: members })
  await seed(product, wechatId, 'groups', { name: '老客户群', members: members.map(({ id }) => id) })
  await seed(product, wechatId, 'groups', { name: '发送', members: [members[0]?.id, members[1]?.id] })
  const sync = await product.ok('POST', '/wechat/groups/sync', { devices: [deviceId] })
  t.is(await product.finished(Number(sync['taskId'])), 'COMPLETED')
  const { items: groups } = (await product.ok('GET', '/wechat/groups')) as { items: { id: number; name: string }[] }
  t.deepEqual(groups.map(({ name }) => name).sort(), ['发送', '老客户群'])
  const old = groups.find(({ name }) => name === '老客户群')
  const known = await product.ok('GET', `/wechat/groups/${old?.id}/members?size=100`)
  const names = (known['items'] as { name: string }[]).map(({ name }) => name)
  for (const { nickname } of members) t.true(names.includes(nickname), nickname)

  const template = { name: 'g', type: 'TEXT', content: '群公告', variables: [], materialIds: [] }
  const { id: templateId } = await product.ok('POST', '/message/templates', template)
  const receivers = { type: 'GROUP', tagIds: [], groupIds: groups.map(({ id }) => id), customerIds: [] }
  const body = { templateId, name: 'g', receivers, variables: {}, devices: [deviceId], intervalSeconds: 0 }
  const created = await product.ok('POST', '/message/tasks', body)
  t.is(await product.finished(Number(created['taskId'])), 'COMPLETED')
  const world = product.emulator.world()
  const written = world.messages.map(({ group }) => String(world.groups.find(({ id }) => id === group)?.name))
  t.deepEqual(written.toSorted(), ['发送', '老客户群'])
})

test('the phones like and comment on the Moments of the others, once each', async (t) => {
  const phones = ['phone-1', 'phone-2']
  const product = await startProduct(t, { phones: 2 })
  await Promise.all(phones.map(async (phone) => await product.startAgent(phone)))
  const devices = await product.devices(phones)
  const [one, two] = [devices.get('phone-1'), devices.get('phone-2')]
  // They are friends, or they would not see each other's Moments.
  await seed(product, one?.wechatId ?? '', 'contacts', { contacts: [{ id: two?.wechatId, nickname: '二号' }] })
  await seed(product, two?.wechatId ?? '', 'contacts', { contacts: [{ id: one?.wechatId, nickname: '一号' }] })
  const sync = await product.ok('POST', '/wechat/friends/sync', { devices: [one?.id, two?.id] })
  t.is(await product.finished(Number(sync['taskId'])), 'COMPLETED')
  const created = await product.ok('POST', '/wechat/moments/tasks', {
    content: '新品上市',
    devices: [one?.id, two?.id],
    autoLike: true,
    autoComment: true,
    commentTexts: ['真不错', '已下单'],
  })
  const taskId = Number(created['taskId'])
  t.is(await product.finished(taskId), 'COMPLETED', JSON.stringify(await product.items(taskId)))
  const { moments } = product.emulator.world()
  t.is(moments.length, 2)
  for (const moment of moments) {
    const other = moment.author === one?.wechatId ? two : one
    t.deepEqual(moment.likes, [other?.wechatId ?? ''])
    t.is(moment.comments.length, 1)
    t.is(moment.comments[0]?.by, other?.wechatId)
    t.true(['真不错', '已下单'].includes(moment.comments[0]?.text ?? ''))
  }
})
