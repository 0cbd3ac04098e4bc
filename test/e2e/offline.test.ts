import test from 'ava'
import { startProduct } from '../support/product.ts'
import { worldWhere } from '../support/world.ts'

const PHONES = ['phone-1', 'phone-2', 'phone-3']

test('a phone that returns in time does its part, one that does not ends EXPIRED, and nobody waits for them', async (t) => {
  const product = await startProduct(t, { phones: 3 })
  await Promise.all(PHONES.map(async (phone) => await product.startAgent(phone)))
  const devices = await product.devices(PHONES)
  const idOf = (phone: string) => devices.get(phone)?.id ?? 0
  const { emulator, events } = product
  for (const phone of ['phone-2', 'phone-3']) await emulator.dispatch('POST', `/phones/${phone}/offline`)
  for (const phone of ['phone-2', 'phone-3']) {
    const offline = (e: { type: string; id: number; status: string }) =>
      e.type === 'device.updated' && e.id === idOf(phone) && e.status === 'OFFLINE'
    await events.find(`${phone} OFFLINE`, offline)
  }
  const created = await product.ok('POST', '/wechat/moments/tasks', {
    content: '离线的手机',
    devices: [...devices.values()].map(({ id }) => id),
    deliverWithinSeconds: 20,
  })
  const taskId = Number(created['taskId'])
  await worldWhere(emulator, 'the phone that is there', ({ moments }) => moments.length === 1)
  const itemOf = async (phone: string) => (await product.items(taskId)).find(({ deviceId }) => deviceId === idOf(phone))
  t.not((await itemOf('phone-2'))?.status, 'EXPIRED', 'the one that is there is not held up by the others')
  await emulator.dispatch('POST', '/phones/phone-2/online')
  t.is(await product.finished(taskId), 'PARTIAL')
  t.is((await itemOf('phone-1'))?.status, 'SUCCEEDED')
  t.is((await itemOf('phone-2'))?.status, 'SUCCEEDED')
  const away = await itemOf('phone-3')
  t.deepEqual([away?.status, away?.code], ['EXPIRED', 'DEVICE_OFFLINE'])

  await emulator.dispatch('POST', '/phones/phone-3/online')
  const online = (e: { type: string; id: number; status: string }) =>
    e.type === 'device.updated' && e.id === idOf('phone-3') && e.status === 'ONLINE'
  await events.find('phone-3 ONLINE again', (e) => online(e) && e.seq > (events.seen.at(-1)?.seq ?? 0) - 50)
  // A later task passes through the same queue, so an expired command that was still held would show before it.
  const later = await product.ok('POST', '/wechat/moments/tasks', { content: '之后', devices: [idOf('phone-3')] })
  t.is(await product.finished(Number(later['taskId'])), 'COMPLETED')
  t.is(emulator.world().moments.filter(({ text }) => text === '离线的手机').length, 2)
})
