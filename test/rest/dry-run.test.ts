import test from 'ava'
import { FakeClock } from '../support/fake-clock.ts'
import { accountOf, customer, EVENING, messageTo, REAL_PHONES } from '../support/plane-tasks.ts'
import { startTestPlane } from '../support/test-plane.ts'

// A dry run says what the task would do, by the rules that would let it.

const skips = (dry: Record<string, unknown>) =>
  (dry['skipped'] as { customerId: number | null; code: string }[]).map(({ customerId, code }) => [customerId, code])

test.serial('a dry run says who would get it, who not and when it ends, and makes nothing', async (t) => {
  const plane = await startTestPlane(t, { clock: new FakeClock(EVENING), env: REAL_PHONES })
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  const accountId = await accountOf(plane, agent)
  const people = []
  for (const name of ['yes', 'no', 'too', 'over']) people.push(await customer(plane, accountId, name))
  await plane.ok('PATCH', `/customers/${people[1]}`, { optOut: true })
  await plane.ok('PATCH', `/accounts/${accountId}`, { caps: { messages: 2 } })
  const dry = await plane.ok('POST', '/message/tasks?dryRun=true', await messageTo(plane, [agent], people))
  t.is(dry['wouldSend'], 2)
  t.deepEqual(skips(dry), [
    [people[1], 'OPTED_OUT'],
    [people[3], 'BUDGET_SPENT'],
  ])
  t.is(dry['expectedEnd'], '2026-01-15T08:00:15.500+08:00', 'quiet hours, two sends, and the floor between them')
  t.is((await plane.ok('GET', '/tasks'))['total'], 0)
  await session.heard()
  t.deepEqual(session.commands, [])
})

test.serial('every kind of task has a dry run, and what holds the phones shows in it', async (t) => {
  const plane = await startTestPlane(t)
  const [one, two] = [await plane.enrol('a'), await plane.enrol('b')]
  await Promise.all([one.connect(), two.connect()])
  await plane.ok('PATCH', `/accounts/${await accountOf(plane, one)}`, { caps: { posts: 0 } })
  const devices = [one.deviceId, two.deviceId]
  const dry = async (path: string, body: object) => await plane.ok('POST', `${path}?dryRun=true`, { devices, ...body })
  const moment = await dry('/wechat/moments/tasks', { content: 'hi', autoLike: true })
  t.deepEqual([moment['wouldSend'], skips(moment).map(([, code]) => code)], [2, ['BUDGET_SPENT', 'CANCELLED']])
  t.is((await dry('/wechat/friends/sync', {}))['wouldSend'], 2)
  await plane.ok('POST', '/kill-switches', { scope: 'DEVICE', id: two.deviceId, reason: 'stop' })
  const held = await dry('/wechat/groups/sync', {})
  t.is(held['wouldSend'], 1)
  t.like((held['skipped'] as object[])[0], { deviceId: two.deviceId, code: 'CANCELLED', reason: 'kill switch 1: stop' })
  t.is((await plane.ok('GET', '/tasks'))['total'], 0)
})
