import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { taskNamed, walkPlane, type Scenario, type Stage } from '../support/plane-walk.ts'

const PHONE = 'phone-1'

/** The command of the README's example, on an agent that knows no WeChat. */
const printLabel: Scenario = {
  run: async (stage, name) => void (await stage.product.finished(await label(stage, name))),
  check: async (t, stage, name) => {
    const { product } = stage
    const printed = readFileSync(join(product.agentDirectory(PHONE), 'labels.txt'), 'utf8').split('\n')
    t.is(printed.filter((line) => line === name).length, 1)
    const [item] = await product.items(await label(stage, name))
    t.deepEqual([item?.status, item?.result], ['SUCCEEDED', { number: printed.indexOf(name) + 1 }])
  },
}

async function label(stage: Stage, name: string): Promise<number> {
  const known = await taskNamed(stage, name)
  if (known) return known.id
  const devices = [stage.devices.get(PHONE)?.id]
  const body = { name, command: 'shop.print-label', payload: { text: name }, devices }
  return Number((await stage.product.ok('POST', '/custom/tasks', body))['taskId'])
}

walkPlane(['task', 'dispatch', 'record', 'hello'], async (product) => {
  await product.startAgent(PHONE, undefined, 'test/support/armed-agent.ts')
  return { product, devices: await product.devices([PHONE]), tagId: 0, usual: printLabel }
})
