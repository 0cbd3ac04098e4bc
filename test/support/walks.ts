import type { ExecutionContext, TestFn } from 'ava'
import { AGENT_FAULT_POINTS } from '@muster/agent'
import { KIT_FAULT_POINTS } from '@muster/sdk/agent'
import { sharedProduct, type Product } from './product.ts'
import type { Item } from './rest-client.ts'
import { ALL_POINTS, sampleOf } from './sample.ts'

/** Fault points an agent dies at one after the other; after the last one it is let live. */
export type Walk = readonly string[]

export type Devices = Awaited<ReturnType<Product['devices']>>

/** Phones at once: enough to share the waiting, few enough for a small machine. */
const AT_ONCE = ALL_POINTS ? 12 : 4

/**
 * Every fault point of the kit and of the named steps of the phone.
 * A probe only runs after a crash, so its points need one before.
 * @param prefix of the steps; none for a command without steps of its own
 */
export function walksOf(prefix?: 'publish' | 'send'): Walk[] {
  const kit = KIT_FAULT_POINTS.filter((point) => !point.startsWith('item.probe'))
  const phone = AGENT_FAULT_POINTS.filter((point) => point.startsWith(`${prefix}.`))
  const probes = KIT_FAULT_POINTS.filter((point) => point.startsWith('item.probe')).flatMap((point) => [
    ['item.intent.after', point],
    ['item.commit.after', point],
    ['item.confirm.after', point, 'item.finish.before'],
  ])
  return [...[...kit, ...phone].map((point) => [point]), ...probes]
}

export interface WalkStage<T> {
  readonly product: Product
  readonly devices: Devices
  readonly more: T
}

/**
 * The product with as many phones as walk at the same time, for all walks of a file, which are serial tests.
 * @param prepare what all of them need, as `more`
 * @param entry of the phones' agents; Muster's own by default
 */
export function walkStage<T>(
  test: TestFn,
  prepare: (product: Product, devices: Devices) => Promise<T>,
  entry?: string,
): () => WalkStage<T> {
  return sharedProduct(test, { phones: AT_ONCE }, async (product) => {
    const phones = Array.from({ length: AT_ONCE }, (_, index) => `phone-${index + 1}`)
    await Promise.all(phones.map((phone) => product.startAgent(phone, undefined, entry)))
    const devices = await product.devices(phones)
    return { product, devices, more: await prepare(product, devices) }
  })
}

/** Hands the walks to the phones, in groups that walk at the same time. A sample of the walks is one group. */
export function groupsOf(t: ExecutionContext, walks: readonly Walk[], devices: Devices): Map<string, Walk>[] {
  const phones = [...devices.keys()]
  const tried = sampleOf(t, walks, AT_ONCE)
  return Array.from({ length: Math.ceil(tried.length / AT_ONCE) }, (_, group) => {
    const some = tried.slice(group * AT_ONCE, (group + 1) * AT_ONCE)
    return new Map(some.map((walk, index) => [phones[index] ?? '', walk]))
  })
}

/**
 * Lets the agents of phones die at the points of their walks, one after the other, in what `begin` has them do; then
 * lets them live. Answers the items of the task once it has ended.
 * @param steps.begin creates the task
 * @param steps.planeToo whether the plane is killed too, each time all agents of a round are dead
 */
export async function walk(
  t: ExecutionContext,
  product: Product,
  phones: ReadonlyMap<string, Walk>,
  steps: { begin(): Promise<Record<string, unknown>>; readonly planeToo: boolean },
): Promise<Item[]> {
  await Promise.all([...phones].map(async ([phone, [point]]) => await product.agents.get(phone)?.arm(point ?? '')))
  const taskId = Number((await steps.begin())['taskId'])
  let left = phones
  for (let round = 0; left.size > 0; round++) {
    await Promise.all(
      [...left].map(async ([phone, points]) => {
        const end = await product.agents.get(phone)?.ended()
        t.is(end, 'SIGKILL', `${phone} dies at ${points[round]}`)
      }),
    )
    if (steps.planeToo) await product.restartPlane()
    // One that is to die again can do so before it says that it is ready.
    await Promise.all([...left].map(async ([phone, points]) => await product.startAgent(phone, points[round + 1])))
    left = new Map([...left].filter(([, points]) => points.length > round + 1))
  }
  await product.finished(taskId)
  return await product.items(taskId)
}
