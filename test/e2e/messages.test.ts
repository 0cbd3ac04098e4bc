import test from 'ava'
import { friendsWithTag, messageTask } from '../support/customers.ts'
import { startProduct } from '../support/product.ts'

const PHONES = ['phone-1', 'phone-2', 'phone-3']
const CUSTOMERS = 200

test('a tag of 200 customers gets one rendered text each; who may not or cannot be reached is named with the reason', async (t) => {
  const product = await startProduct(t, { phones: 3, seed: 5 })
  await Promise.all(PHONES.map(async (phone) => await product.startAgent(phone)))
  const devices = [...(await product.devices(PHONES)).values()]
  const friends = new Map(
    devices.map(({ wechatId }, phone) => [
      wechatId,
      Array.from({ length: CUSTOMERS }, (_, index) => index)
        .filter((index) => index % 3 === phone)
        // Every tenth friend shares the nickname of others: only the WeChat id tells them apart.
        .map((index) => ({ id: `wxid_c${index}`, nickname: index % 10 === 0 ? '发送' : `客户{${index}}` })),
    ]),
  )
  const { tagId, customers } = await friendsWithTag(
    product,
    devices.map(({ id }) => id),
    friends,
  )
  t.is(customers.length, CUSTOMERS)
  const customer = (index: number) => {
    const found = customers.find(({ wechatId }) => wechatId === `wxid_c${index}`)
    if (!found) throw new Error(`customer ${index} was not synced`)
    return found
  }
  const [optedOut, gone] = [customer(7), customer(31)]
  await product.ok('PATCH', `/customers/${optedOut.id}`, { optOut: true })
  const owner = devices.find(({ accountId }) => accountId === gone.accountId)?.wechatId
  await product.emulator.dispatch('DELETE', `/world/accounts/${owner}/contacts/${gone.wechatId}`)
  const capped = devices[2]
  await product.ok('PATCH', `/accounts/${capped?.accountId}`, { caps: { messages: 60 } })

  const taskId = await messageTask(product, {
    text: '亲爱的{nickname}，{product}限时7折',
    variables: { product: '尊享会员' },
    tagId,
    devices: devices.map(({ id }) => id),
  })
  t.is(await product.finished(taskId), 'PARTIAL')
  const items = await product.items(taskId)
  t.is(items.length, CUSTOMERS)
  const item = (id: number) => items.find(({ customerId }) => customerId === id)
  t.deepEqual([item(optedOut.id)?.status, item(optedOut.id)?.code], ['SKIPPED', 'OPTED_OUT'])
  t.deepEqual([item(gone.id)?.status, item(gone.id)?.code], ['FAILED', 'CONTACT_NOT_FOUND'])
  const overCap = items.filter(({ code }) => code === 'BUDGET_SPENT')
  t.true(overCap.length > 0 && overCap.every(({ status, deviceId }) => status === 'SKIPPED' && deviceId === capped?.id))
  const sent = items.filter(({ status }) => status === 'SUCCEEDED')
  t.is(sent.length, CUSTOMERS - 2 - overCap.length)

  const { messages } = product.emulator.world()
  t.is(messages.length, sent.length, 'nothing else was sent')
  const byId = new Map(customers.map((one) => [one.id, one]))
  for (const { customerId } of sent) {
    const one = byId.get(customerId ?? 0)
    const got = messages.filter(({ to }) => to === one?.wechatId).map(({ text }) => text)
    t.deepEqual(got, [`亲爱的${one?.nickname}，尊享会员限时7折`])
  }
})

test('a variable without a value skips that customer only', async (t) => {
  const product = await startProduct(t, { phones: 1 })
  await product.startAgent('phone-1')
  const [device] = (await product.devices(['phone-1'])).values()
  if (!device) throw new Error('no device')
  const friends = new Map([
    [
      device.wechatId,
      [
        { id: 'wxid_a', nickname: '甲', remark: '王总' },
        { id: 'wxid_b', nickname: '乙' },
      ],
    ],
  ])
  const { tagId, customers } = await friendsWithTag(product, [device.id], friends)
  const taskId = await messageTask(product, { text: '{remark}，{nickname}好', tagId, devices: [device.id] })
  t.is(await product.finished(taskId), 'PARTIAL')
  const items = await product.items(taskId)
  const of = (wechatId: string) => {
    const id = customers.find((one) => one.wechatId === wechatId)?.id
    return items.find(({ customerId }) => customerId === id)
  }
  t.is(of('wxid_a')?.status, 'SUCCEEDED')
  t.deepEqual([of('wxid_b')?.status, of('wxid_b')?.code], ['SKIPPED', 'MISSING_VARIABLE'])
  t.deepEqual(
    product.emulator.world().messages.map(({ text }) => text),
    ['王总，甲好'],
  )
})
