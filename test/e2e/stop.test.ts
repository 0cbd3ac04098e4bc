import test, { type ExecutionContext } from 'ava'
import { friendsWithTag, messageTask } from '../support/customers.ts'
import { startProduct, type Product } from '../support/product.ts'
import { within } from '../support/within.ts'
import { worldWhere } from '../support/world.ts'

const LIMIT_MS = 5000
const FRIENDS = 12

/** A batch of a message every 500 ms on one phone, with the first one sent. */
async function runningBatch(t: ExecutionContext): Promise<{ product: Product; taskId: number; deviceId: number }> {
  const product = await startProduct(t, { phones: 1 })
  await product.startAgent('phone-1')
  const [device] = (await product.devices(['phone-1'])).values()
  if (!device) throw new Error('no device')
  const friends = Array.from({ length: FRIENDS }, (_, index) => ({ id: `wxid_f${index}`, nickname: `朋友${index}` }))
  const { tagId } = await friendsWithTag(product, [device.id], new Map([[device.wechatId, friends]]))
  const taskId = await messageTask(product, {
    text: '你好{nickname}',
    tagId,
    devices: [device.id],
    more: { intervalSeconds: 1 },
  })
  await worldWhere(product.emulator, 'the first message', ({ messages }) => messages.length > 0)
  return { product, taskId, deviceId: device.id }
}

/** What was sent is SUCCEEDED, what was not is CANCELLED, and the world agrees. */
async function judge(t: ExecutionContext, product: Product, taskId: number): Promise<void> {
  const items = await product.items(taskId)
  const sent = items.filter(({ status }) => status === 'SUCCEEDED').length
  t.is(sent, product.emulator.world().messages.length)
  t.true(sent > 0 && sent < FRIENDS)
  t.is(items.filter(({ status }) => status === 'CANCELLED').length, FRIENDS - sent)
}

test('cancel stops a running batch on the phone within 5 s', async (t) => {
  const { product, taskId } = await runningBatch(t)
  await product.ok('POST', `/tasks/${taskId}/cancel`, {})
  t.is(await within(product.finished(taskId), LIMIT_MS, () => 'the task to end'), 'CANCELLED')
  await judge(t, product, taskId)
})

for (const scope of ['TASK', 'DEVICE', 'FLEET'] as const) {
  test(`the kill switch of scope ${scope} stops a running batch on the phone within 5 s`, async (t) => {
    const { product, taskId, deviceId } = await runningBatch(t)
    const id = { TASK: taskId, DEVICE: deviceId, FLEET: undefined }[scope]
    await product.ok('POST', '/kill-switches', { scope, ...(id === undefined ? {} : { id }), reason: 'stop it' })
    const stopped = (e: { type: string; taskId?: number; status: string }) =>
      e.type === 'item.updated' && e.taskId === taskId && e.status === 'CANCELLED'
    await within(product.events.find('a cancelled item', stopped), LIMIT_MS, () => 'a cancelled item')
    await within(product.finished(taskId), LIMIT_MS, () => 'the task to end')
    await judge(t, product, taskId)
  })
}

test('a paused batch goes on where it stopped, and nobody gets it twice', async (t) => {
  const { product, taskId } = await runningBatch(t)
  await product.ok('POST', `/tasks/${taskId}/pause`, {})
  const paused = (e: { type: string; id: number; status: string }) =>
    e.type === 'task.updated' && e.id === taskId && e.status === 'PAUSED'
  await within(product.events.find('PAUSED', paused), LIMIT_MS, () => 'PAUSED')
  await product.ok('POST', `/tasks/${taskId}/resume`, {})
  t.is(await product.finished(taskId), 'COMPLETED')
  const receivers = product.emulator.world().messages.map(({ to }) => to)
  t.is(new Set(receivers).size, FRIENDS)
  t.is(receivers.length, FRIENDS)
})
