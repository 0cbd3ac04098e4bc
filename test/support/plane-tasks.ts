import { Progress, type Command, type SyncPage } from '@muster/proto'
import type { RawAgent, RawSession } from './raw-agent.ts'
import type { Item } from './rest-client.ts'
import type { TestPlane } from './test-plane.ts'
import { within } from './within.ts'

// Accounts, customers and tasks of a plane whose agents the test plays.

export async function accountOf(plane: TestPlane, agent: RawAgent): Promise<number> {
  return Number((await plane.ok('GET', `/devices/${agent.deviceId}`))['accountId'])
}

/** A Moments task for the devices of one or more agents; returns its id. */
export async function momentTask(
  plane: TestPlane,
  agents: RawAgent | readonly RawAgent[],
  more: object = {},
): Promise<number> {
  const devices = [agents].flat().map(({ deviceId }) => deviceId)
  return Number((await plane.ok('POST', '/wechat/moments/tasks', { content: 'hello', devices, ...more }))['taskId'])
}

/** Answers the customer's id; its WeChat id follows from its name. */
export async function customer(plane: TestPlane, accountId: number, nickname: string): Promise<number> {
  return Number((await plane.ok('POST', '/customers', { accountId, nickname, wechatId: `wxid_${nickname}` }))['id'])
}

/** The body of a message task for customers. */
export async function messageTo(
  plane: TestPlane,
  agents: readonly RawAgent[],
  customerIds: readonly number[],
  more: object = {},
) {
  const template = { name: 't', type: 'TEXT', content: 'hi', variables: [], materialIds: [] }
  const { id: templateId } = await plane.ok('POST', '/message/templates', template)
  const receivers = { type: 'CUSTOMERS', tagIds: [], groupIds: [], customerIds }
  const devices = agents.map(({ deviceId }) => deviceId)
  return { templateId, name: 'm', receivers, variables: {}, devices, intervalSeconds: 0, ...more }
}

export async function messageTask(...wanted: Parameters<typeof messageTo>): Promise<number> {
  return Number((await wanted[0].ok('POST', '/message/tasks', await messageTo(...wanted)))['taskId'])
}

/** What became of the items: status and code of each. */
export const ends = async (plane: TestPlane, taskId: number) =>
  (await plane.items(taskId)).map(({ status, code }) => [status, code])

/** Asks for the first item until it says why it is held, with a code or none: what holds an item is no event. */
export async function held(plane: TestPlane, taskId: number, code: string | null): Promise<Item> {
  let late = false
  const asked = async (): Promise<Item> => {
    for (;;) {
      const [item] = await plane.items(taskId)
      if (item && ((item.reason !== null && item.code === code) || late)) return item
    }
  }
  return await within(asked(), 30_000, () => `an item of task ${taskId} with ${code}`).finally(() => {
    late = true
  })
}

/** Settings of a plane whose phones are real, with the notice about them accepted. */
export const REAL_PHONES = { MUSTER_ACCEPT_WECHAT_RULES: 'yes', MUSTER_ALLOW_EMULATED: '' }

/** Noon and half past ten in the evening of the workspace, long ago: the scheduler's own timers are real. */
export const NOON = Date.UTC(2026, 0, 14, 4)
export const EVENING = Date.UTC(2026, 0, 14, 14, 30)

/** The agent finds these in a sync. */
export function finds(session: RawSession, { commandId }: Command, page: Partial<SyncPage>): void {
  session.say({ $case: 'progress', value: Progress.fromPartial({ commandId, page }) })
}

/** A task that sends a text to new customers of the agent's account, in the order of their names; returns its id. */
export async function messageTaskFor(
  plane: TestPlane,
  agent: RawAgent,
  names: readonly string[],
  more: object = {},
): Promise<number> {
  const accountId = await accountOf(plane, agent)
  const customerIds: number[] = []
  for (const nickname of names) customerIds.push(await customer(plane, accountId, nickname))
  const template = { name: 't', type: 'TEXT', content: 'hi', variables: [], materialIds: [] }
  const { id: templateId } = await plane.ok('POST', '/message/templates', template)
  const receivers = { type: 'CUSTOMERS', tagIds: [], groupIds: [], customerIds }
  const body = { templateId, receivers, variables: {}, devices: [agent.deviceId], intervalSeconds: 0, ...more }
  return Number((await plane.ok('POST', '/message/tasks', body))['taskId'])
}
