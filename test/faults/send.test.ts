import test, { type ExecutionContext } from 'ava'
import { friendsWithTag, type Friend } from '../support/customers.ts'
import { uploadPicture } from '../support/pictures.ts'
import { startProduct } from '../support/product.ts'
import { groupsOf, walk, walksOf, type Walk } from '../support/walks.ts'

/**
 * Sends a text and a picture to two people from each phone; each agent dies at its own points.
 * @param nth which time a point is reached is the deadly one: 1 the first text, 2 the first picture, 3 the second text
 */
async function sendThrough(t: ExecutionContext, walks: readonly Walk[], nth: number, planeToo: boolean): Promise<void> {
  const product = await startProduct(t, { phones: walks.length })
  const phones = new Map(walks.map((points, index) => [`phone-${index + 1}`, armed(points, nth)]))
  await Promise.all([...phones].map(async ([phone, points]) => await product.startAgent(phone, points[0])))
  const devices = await product.devices([...phones.keys()])
  const friends = new Map<string, Friend[]>()
  for (const { wechatId } of devices.values()) {
    friends.set(
      wechatId,
      ['发送', '完成'].map((nickname, index) => ({ id: `${wechatId}_friend${index}`, nickname })),
    )
  }
  const deviceIds = [...devices.values()].map(({ id }) => id)
  const { tagId } = await friendsWithTag(product, deviceIds, friends)
  const picture = await uploadPicture(product, 77)
  const template = await product.ok('POST', '/message/templates', {
    name: 'walk',
    type: 'TEXT_WITH_IMAGE',
    content: '你好{nickname}',
    variables: ['nickname'],
    materialIds: [picture.id],
  })
  const created = await product.ok('POST', '/message/tasks', {
    templateId: template['id'],
    name: 'walk',
    receivers: { type: 'TAG', tagIds: [tagId], groupIds: [], customerIds: [] },
    variables: {},
    devices: deviceIds,
    intervalSeconds: 0,
  })
  await walk(t, product, phones, async () => {
    if (planeToo) await product.restartPlane()
  })
  const taskId = Number(created['taskId'])
  await product.finished(taskId)
  const items = Map.groupBy(await product.items(taskId), ({ deviceId }) => deviceId)
  const { messages } = product.emulator.world()
  for (const [phone, points] of phones) {
    const device = devices.get(phone)
    const mine = items.get(device?.id ?? 0) ?? []
    const what = `${points.join(', then ')}: ${mine.map(({ reason }) => reason).join('; ')}`
    t.deepEqual(
      mine.map(({ status }) => status),
      ['SUCCEEDED', 'SUCCEEDED'],
      what,
    )
    for (const { id, nickname } of friends.get(device?.wechatId ?? '') ?? []) {
      const got = messages.filter(({ to }) => to === id).map(({ text, image }) => text ?? image)
      t.deepEqual(got, [`你好${nickname}`, picture.sha256], what)
    }
  }
}

/** The sync before reached the points of a command once; those of an item are reached once for each part. */
const armed = (points: Walk, nth: number): Walk =>
  points.map((point, index) => (index > 0 ? point : `${point}:${point.startsWith('command.') ? 2 : nth}`))

const once = ['command.', 'send.push', 'send.pick']
/** Asked for once per person, not for each part. */
const perPerson = ['item.admit', 'item.started', 'item.finish', ...once]
const all = walksOf('send')
const startsWithAny = ([point]: Walk, names: readonly string[]) => names.some((name) => point?.startsWith(name))

for (const [what, nth, walks] of [
  ['first text', 1, all],
  ['picture after it', 2, all.filter((points) => !startsWithAny(points, [...perPerson, 'send.write', 'send.open']))],
  ['second text', 3, all.filter((points) => points.length === 1 && !startsWithAny(points, [...perPerson, 'send.']))],
] as const) {
  for (const group of groupsOf(walks)) {
    const name = `the ${what}, ${group[0]?.join('+')} to ${group.at(-1)?.join('+')}`
    test.serial(`a message is sent once though its agent is killed: ${name}`, async (t) => {
      t.timeout(180_000)
      await sendThrough(t, group, nth, false)
    })
    test.serial(`a message is sent once though agent and plane are killed: ${name}`, async (t) => {
      t.timeout(180_000)
      await sendThrough(t, group, nth, true)
    })
  }
}
