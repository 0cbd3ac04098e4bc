import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { Product } from '../support/product.ts'
import { groupsOf, walk, walksOf, walkStage } from '../support/walks.ts'

// The example of the README, an agent author's file, killed wherever it can die.

const AGENT = 'test/support/armed-agent.ts'
const WALKS = walksOf()
const stage = walkStage(test, async () => undefined, AGENT)

const labels = (product: Product, phone: string): string[] =>
  readFileSync(join(product.agentDirectory(phone), 'labels.txt'), 'utf8')
    .split('\n')
    .slice(0, -1)

for (const planeToo of [false, true]) {
  const whose = planeToo ? 'agent and plane are' : 'its agent is'
  test.serial(`a custom command takes effect once though ${whose} killed at every point`, async (t) => {
    t.timeout(600_000)
    const { product, devices } = stage()
    for (const [index, phones] of groupsOf(t, WALKS, devices).entries()) {
      const text = `label ${index}${planeToo ? ' of a plane that dies' : ''}`
      const items = await walk(t, product, phones, {
        planeToo,
        begin: async () =>
          await product.ok('POST', '/custom/tasks', {
            command: 'shop.print-label',
            payload: { text },
            devices: [...phones.keys()].map((phone) => devices.get(phone)?.id),
          }),
      })
      for (const [phone, points] of phones) {
        const item = items.find(({ deviceId }) => deviceId === devices.get(phone)?.id)
        const what = `${points.join(', then ')}: ${item?.reason}`
        const printed = labels(product, phone)
        t.deepEqual([item?.status, item?.result], ['SUCCEEDED', { number: printed.length }], what)
        t.is(printed.filter((one) => one === text).length, 1, what)
      }
    }
  })
}
