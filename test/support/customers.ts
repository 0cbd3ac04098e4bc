import type { Product } from './product.ts'

export interface Friend {
  readonly id: string
  readonly nickname: string
  readonly remark?: string
}

export interface Customer {
  readonly id: number
  readonly accountId: number
  readonly wechatId: string
  readonly nickname: string
}

/** Gives each phone's account friends in the world, syncs them, and puts one tag on them all. */
export async function friendsWithTag(
  product: Product,
  deviceIds: readonly number[],
  friends: ReadonlyMap<string, readonly Friend[]>,
): Promise<{ tagId: number; customers: Customer[] }> {
  for (const [wechatId, contacts] of friends) {
    const answer = await fetch(`${product.emulator.url}/world/accounts/${wechatId}/contacts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ contacts }),
    })
    if (!answer.ok) throw new Error(`seeding contacts answered ${answer.status}: ${await answer.text()}`)
  }
  const sync = await product.ok('POST', '/wechat/friends/sync', { devices: deviceIds })
  const status = await product.finished(Number(sync['taskId']))
  if (status !== 'COMPLETED')
    throw new Error(`the sync ended ${status}: ${JSON.stringify(await product.items(Number(sync['taskId'])))}`)
  const wanted = new Set([...friends.values()].flat().map((friend) => friend.id))
  const customers: Customer[] = []
  for (let page = 1; ; page++) {
    const part = await product.ok('GET', `/customers?page=${page}&size=100`)
    const items = part['items'] as Customer[]
    customers.push(...items.filter((customer) => wanted.has(customer.wechatId)))
    if (items.length < 100) break
  }
  const tag = await product.ok('POST', '/tags', { name: `tag ${wanted.size}` })
  await product.ok('POST', '/customers/tags', {
    customerIds: customers.map((customer) => customer.id),
    add: [tag['id']],
    remove: [],
  })
  return { tagId: Number(tag['id']), customers }
}

/** Creates a text template and a message task for a tag; answers the task's id. */
export async function messageTask(
  product: Product,
  options: {
    text: string
    variables?: Record<string, string>
    tagId: number
    devices: readonly number[]
    more?: Record<string, unknown>
  },
): Promise<number> {
  const variables = [...new Set([...options.text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))]
  const template = await product.ok('POST', '/message/templates', {
    name: options.text.slice(0, 20),
    type: 'TEXT',
    content: options.text,
    variables,
    materialIds: [],
  })
  const created = await product.ok('POST', '/message/tasks', {
    templateId: template['id'],
    name: 'messages',
    receivers: { type: 'TAG', tagIds: [options.tagId], groupIds: [], customerIds: [] },
    variables: options.variables ?? {},
    devices: options.devices,
    intervalSeconds: 0,
    batchSize: 50,
    batchPauseSeconds: 0,
    ...options.more,
  })
  return Number(created['taskId'])
}
