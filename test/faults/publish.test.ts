import test from 'ava'
import { uploadPicture } from '../support/pictures.ts'
import { groupsOf, walk, walksOf, walkStage } from '../support/walks.ts'

const stage = walkStage(test, (product) => uploadPicture(product, 77))

for (const planeToo of [false, true]) {
  const whose = planeToo ? 'agent and plane are' : 'its agent is'
  test.serial(`a Moment is published once though ${whose} killed at every point`, async (t) => {
    t.timeout(600_000)
    const { product, devices, more: picture } = stage()
    for (const [index, phones] of groupsOf(t, walksOf('publish'), devices).entries()) {
      const content = `${planeToo ? '全部' : ''}断电也只发一次 ${index}`
      const items = await walk(t, product, phones, {
        planeToo,
        begin: async () => {
          const ids = [...phones.keys()].map((phone) => devices.get(phone)?.id)
          const images = [{ materialId: picture.id }]
          return await product.ok('POST', '/wechat/moments/tasks', { content, images, devices: ids })
        },
      })
      const itemOf = new Map(items.map((item) => [item.deviceId, item]))
      const moments = product.emulator.world().moments.filter(({ text }) => text === content)
      for (const [phone, points] of phones) {
        const device = devices.get(phone)
        const item = itemOf.get(device?.id ?? 0)
        const shown = moments.filter(({ author }) => author === device?.wechatId).map(({ images }) => images)
        const what = `${points.join(', then ')}: ${item?.reason}`
        t.deepEqual([item?.status, shown], ['SUCCEEDED', [[picture.sha256]]], what)
      }
      t.is(moments.length, phones.size)
    }
  })
}
