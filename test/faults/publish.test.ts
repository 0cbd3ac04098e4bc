import test, { type ExecutionContext } from 'ava'
import { uploadPicture } from '../support/pictures.ts'
import { startProduct } from '../support/product.ts'
import { groupsOf, walk, walksOf, type Walk } from '../support/walks.ts'

/** Publishes a Moment on one phone for each walk; each agent dies at its own points. */
async function publishThrough(t: ExecutionContext, walks: readonly Walk[], planeToo: boolean): Promise<void> {
  const product = await startProduct(t, { phones: walks.length })
  const phones = new Map(walks.map((points, index) => [`phone-${index + 1}`, points]))
  await Promise.all([...phones].map(async ([phone, points]) => await product.startAgent(phone, points[0])))
  const devices = await product.devices([...phones.keys()])
  const picture = await uploadPicture(product, 77)
  const created = await product.ok('POST', '/wechat/moments/tasks', {
    content: '断电也只发一次',
    images: [{ materialId: picture.id }],
    devices: [...devices.values()].map(({ id }) => id),
  })
  await walk(t, product, phones, async () => {
    if (planeToo) await product.restartPlane()
  })
  const taskId = Number(created['taskId'])
  await product.finished(taskId)
  const items = new Map((await product.items(taskId)).map((item) => [item.deviceId, item]))
  const { moments } = product.emulator.world()
  for (const [phone, points] of phones) {
    const device = devices.get(phone)
    const shown = moments.filter(({ author }) => author === device?.wechatId)
    const item = items.get(device?.id ?? 0)
    t.deepEqual([item?.status, shown.length], ['SUCCEEDED', 1], `${points.join(', then ')}: ${item?.reason}`)
    t.deepEqual(shown[0]?.images, [picture.sha256])
  }
}

for (const group of groupsOf(walksOf('publish'))) {
  const name = `${group[0]?.join('+')} to ${group.at(-1)?.join('+')}`
  test.serial(`a Moment is published once though its agent is killed: ${name}`, async (t) => {
    t.timeout(180_000)
    await publishThrough(t, group, false)
  })
  test.serial(`a Moment is published once though agent and plane are killed: ${name}`, async (t) => {
    t.timeout(180_000)
    await publishThrough(t, group, true)
  })
}
