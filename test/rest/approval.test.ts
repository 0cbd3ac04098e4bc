import test, { type ExecutionContext } from 'ava'
import type { RawAgent } from '../support/raw-agent.ts'
import { accountOf, customer, messageTo } from '../support/plane-tasks.ts'
import { startTestPlane, type TestPlane } from '../support/test-plane.ts'

/** Signs in as a new user; answers the token. */
async function operator(plane: TestPlane, username: string): Promise<string> {
  const password = `a long password of ${username}`
  await plane.ok('POST', '/users', { username, password, role: 'operator' })
  const answer = await plane.request('POST', '/auth/login', { username, password })
  return (answer.data as { accessToken: string }).accessToken
}

async function stage(t: ExecutionContext, env: Record<string, string>) {
  const plane = await startTestPlane(t, { env })
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  return { plane, agent, session, accountId: await accountOf(plane, agent) }
}

const statusOf = async (plane: TestPlane, verb: string, taskId: number) =>
  (await plane.ok('POST', `/tasks/${taskId}/${verb}`))['status']

test.serial('a copy and a rejected task go out only after somebody else than the author approved them', async (t) => {
  const { plane, agent, session, accountId } = await stage(t, { MUSTER_APPROVAL_ABOVE: '1' })
  const people = [await customer(plane, accountId, 'one'), await customer(plane, accountId, 'two')]
  const created = await plane.ok('POST', '/message/tasks', await messageTo(plane, [agent], people))
  t.is(created['status'], 'IN_REVIEW')
  t.regex(String(created['warnings']), /2 messages.*somebody else than admin: add another operator/)
  const colleague = await operator(plane, 'colleague')
  const original = Number(created['taskId'])
  const copy = Number((await plane.ok('POST', `/tasks/${original}/copy`))['id'])
  t.is(await statusOf(plane, 'resume', copy), 'IN_REVIEW')
  t.regex(String((await plane.ok('GET', `/tasks/${copy}`))['reason']), /somebody else than admin, such as colleague/)
  await plane.ok('POST', `/tasks/${original}/reject`, { reason: 'no' })
  t.is(await statusOf(plane, 'resume', original), 'IN_REVIEW')
  for (const id of [copy, original]) t.is((await plane.call('POST', `/tasks/${id}/approve`)).status, 403)
  await session.heard()
  t.deepEqual(session.commands, [])
  const approved = await plane.request('POST', `/tasks/${copy}/approve`, undefined, colleague)
  t.deepEqual([approved.status, (approved.data as { reason: unknown }).reason], [200, null])
  const command = await session.next('command')
  t.is(command.taskId, copy)
  // Those who will not get it are not counted: one message needs nobody's approval.
  await plane.ok('PATCH', `/customers/${people[1]}`, { optOut: true })
  t.is((await plane.ok('POST', '/message/tasks', await messageTo(plane, [agent], people)))['status'], 'SCHEDULED')
})

async function everybody(plane: TestPlane, agents: readonly RawAgent[]) {
  const body = await messageTo(plane, agents, [])
  return await plane.ok('POST', '/message/tasks', { ...body, receivers: { type: 'ALL' } })
}

test.serial('without a setting a task for more than 100 needs approval if one of its accounts is real', async (t) => {
  const { plane, agent, accountId } = await stage(t, { MUSTER_ACCEPT_WECHAT_RULES: 'yes' })
  const real = await plane.enrol('b')
  await real.connect({ device: { name: 'b', type: 'ANDROID', model: 'raw', osVersion: '14', emulated: false } })
  const form = new FormData()
  form.append('accountId', String(accountId))
  const csv = Array.from({ length: 100 }, (_, at) => `wxid_${at},friend ${at}`).join('\n')
  form.append('file', new Blob([`wechatId,nickname\n${csv}`]), 'customers.csv')
  t.is((await plane.ok('POST', '/customers/import', form))['taken'], 100)
  await customer(plane, await accountOf(plane, real), 'one more')
  t.is((await everybody(plane, [agent, real]))['status'], 'IN_REVIEW')
  await customer(plane, accountId, 'and another')
  t.is((await everybody(plane, [agent]))['status'], 'SCHEDULED')
})
