import type { ExecutionContext } from 'ava'
import { AGENT_FAULT_POINTS } from '@muster/agent'
import { KIT_FAULT_POINTS } from '@muster/sdk/agent'
import type { Product } from './product.ts'

/** Fault points an agent dies at one after the other; after the last one it is let live. */
export type Walk = readonly string[]

/** Agents at once: enough to share the waiting, few enough for a small machine. */
const AT_ONCE = 12

/**
 * Every fault point of the kit and of the named steps of the phone.
 * A probe only runs after a crash, so its points need one before.
 */
export function walksOf(prefix: 'publish' | 'send'): Walk[] {
  const kit = KIT_FAULT_POINTS.filter((point) => !point.startsWith('item.probe'))
  const phone = AGENT_FAULT_POINTS.filter((point) => point.startsWith(`${prefix}.`))
  const probes = KIT_FAULT_POINTS.filter((point) => point.startsWith('item.probe')).flatMap((point) => [
    ['item.intent.after', point],
    ['item.commit.after', point],
    ['item.confirm.after', point, 'item.finish.before'],
  ])
  return [...[...kit, ...phone].map((point) => [point]), ...probes]
}

/** Walks in groups of agents that run at the same time. */
export function groupsOf(walks: readonly Walk[]): Walk[][] {
  return Array.from({ length: Math.ceil(walks.length / AT_ONCE) }, (_, group) =>
    walks.slice(group * AT_ONCE, (group + 1) * AT_ONCE),
  )
}

/**
 * Lets the agents of phones die at their points, one after the other, until each has died at all of them; then lets
 * them live.
 * @param phones the agents, armed with the first point of their walk
 * @param whileDead runs each time all agents of a round are dead
 */
export async function walk(
  t: ExecutionContext,
  product: Product,
  phones: ReadonlyMap<string, Walk>,
  whileDead: () => Promise<void>,
): Promise<void> {
  let left = phones
  for (let round = 0; left.size > 0; round++) {
    await Promise.all(
      [...left].map(async ([phone, points]) => {
        const end = await product.agents.get(phone)?.ended()
        t.is(end, 'SIGKILL', `${phone} dies at ${points[round]}`)
      }),
    )
    await whileDead()
    // One that is to die again can do so before it says that it is ready.
    await Promise.all([...left].map(async ([phone, points]) => await product.startAgent(phone, points[round + 1])))
    left = new Map([...left].filter(([, points]) => points.length > round + 1))
  }
}
