import test from 'ava'
import { friendsWithTag, type Friend } from '../support/customers.ts'
import { uploadPicture } from '../support/pictures.ts'
import { groupsOf, walk, walksOf, walkStage, type Walk } from '../support/walks.ts'

const once = ['command.', 'send.push', 'send.pick']
/** Asked for once per person, not for each part. */
const perPerson = ['item.admit', 'item.started', 'item.finish', ...once]
const all = walksOf('send')
const startsWithAny = ([point]: Walk, names: readonly string[]) => names.some((name) => point?.startsWith(name))

/** Which time a point is reached is the deadly one. Those of a person are reached once for each part. */
const TIMES = [
  { what: 'the first text', nth: 1, walks: all },
  {
    what: 'the picture after it',
    nth: 2,
    walks: all.filter((points) => !startsWithAny(points, [...perPerson, 'send.write', 'send.open'])),
  },
  {
    what: 'the second text',
    nth: 3,
    walks: all.filter((points) => points.length === 1 && !startsWithAny(points, [...perPerson, 'send.'])),
  },
]
const WALKS = TIMES.flatMap(({ nth, walks }) => walks.map(([first, ...later]): Walk => [`${first}:${nth}`, ...later]))

/** Two friends of each phone's account, with a tag on them all, and a picture. */
const stage = walkStage(test, async (product, devices) => {
  const friends = new Map<string, Friend[]>()
  for (const { wechatId } of devices.values()) {
    const people = ['发送', '完成'].map((nickname, index) => ({ id: `${wechatId}_friend${index}`, nickname }))
    friends.set(wechatId, people)
  }
  const deviceIds = [...devices.values()].map(({ id }) => id)
  const { tagId } = await friendsWithTag(product, deviceIds, friends)
  return { friends, tagId, picture: await uploadPicture(product, 77) }
})

for (const planeToo of [false, true]) {
  const whose = planeToo ? 'agent and plane are' : 'its agent is'
  test.serial(`a text and a picture reach two people once though ${whose} killed at every point`, async (t) => {
    t.timeout(600_000)
    for (const { what, walks } of TIMES) t.true(walks.length > 0, what)
    const { product, devices, more } = stage()
    const { friends, tagId, picture } = more
    for (const [index, phones] of groupsOf(t, WALKS, devices).entries()) {
      const before = product.emulator.world().messages.length
      const items = await walk(t, product, phones, {
        planeToo,
        begin: async () => {
          const template = await product.ok('POST', '/message/templates', {
            name: `walk ${index}`,
            type: 'TEXT_WITH_IMAGE',
            content: `你好{nickname} ${index}`,
            variables: ['nickname'],
            materialIds: [picture.id],
          })
          return await product.ok('POST', '/message/tasks', {
            templateId: template['id'],
            name: `walk ${index}`,
            receivers: { type: 'TAG', tagIds: [tagId], groupIds: [], customerIds: [] },
            variables: {},
            devices: [...phones.keys()].map((phone) => devices.get(phone)?.id),
            intervalSeconds: 0,
          })
        },
      })
      const itemsOf = Map.groupBy(items, ({ deviceId }) => deviceId)
      const messages = product.emulator.world().messages.slice(before)
      for (const [phone, points] of phones) {
        const device = devices.get(phone)
        const mine = itemsOf.get(device?.id ?? 0) ?? []
        const what = `${points.join(', then ')}: ${mine.map(({ reason }) => reason).join('; ')}`
        const statuses = mine.map(({ status }) => status)
        t.deepEqual(statuses, ['SUCCEEDED', 'SUCCEEDED'], what)
        for (const { id, nickname } of friends.get(device?.wechatId ?? '') ?? []) {
          const got = messages.filter(({ to }) => to === id).map(({ text, image }) => text ?? image)
          t.deepEqual(got, [`你好${nickname} ${index}`, picture.sha256], what)
        }
      }
      t.is(messages.length, phones.size * 4)
    }
  })
}
