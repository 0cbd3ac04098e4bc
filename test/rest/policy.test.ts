import test, { type ExecutionContext } from 'ava'
import { CommandStatus, ItemStatus } from '@muster/proto'
import { FakeClock } from '../support/fake-clock.ts'
import { succeeded } from '../support/raw-agent.ts'
import { accountOf, customer, ends, held, messageTask, momentTask, NOON, REAL_PHONES } from '../support/plane-tasks.ts'
import { startTestPlane } from '../support/test-plane.ts'

// The plane's half of every rule; the phone's half is tested with the agent kit.

const DAY_MS = 24 * 60 * 60 * 1000

test.serial('the cap of a day counts what is done and what is under way, and a new day begins anew', async (t) => {
  // Behind the real time even a day later: the scheduler's own timers are real.
  const clock = new FakeClock(Date.now() - 2 * DAY_MS)
  const plane = await startTestPlane(t, { clock })
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  await plane.ok('PATCH', `/accounts/${await accountOf(plane, agent)}`, { caps: { posts: 2 } })
  const tasks: number[] = []
  for (let count = 0; count < 3; count++) tasks.push(await momentTask(plane, agent))
  session.say(succeeded(await session.next('command')))
  session.say(succeeded(await session.next('command')))
  const outcomes: string[] = []
  for (const id of tasks) outcomes.push(await plane.finished(id))
  t.deepEqual(outcomes.toSorted(), ['COMPLETED', 'COMPLETED', 'FAILED'])
  const refused = (await Promise.all(tasks.map(async (id) => await ends(plane, id)))).flat()
  t.true(refused.some(([status, code]) => status === 'SKIPPED' && code === 'BUDGET_SPENT'))
  await session.cut()
  clock.advance(DAY_MS)
  // The access token ended with the day.
  await plane.signIn()
  const tomorrow = await agent.connect({ lastEpoch: session.epoch })
  const next = await momentTask(plane, agent)
  tomorrow.say(succeeded(await tomorrow.next('command')))
  await tomorrow.next('resultAck')
  t.deepEqual(await ends(plane, next), [['SUCCEEDED', null]])
})

test.serial('who opts out after the task was made is not written to', async (t) => {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  const first = await agent.connect()
  const accountId = await accountOf(plane, agent)
  const [yes, no] = [await customer(plane, accountId, 'yes'), await customer(plane, accountId, 'no')]
  await first.cut()
  const taskId = await messageTask(plane, [agent], [yes, no])
  await plane.ok('PATCH', `/customers/${no}`, { optOut: true })
  const back = await agent.connect({ lastEpoch: first.epoch })
  const command = await back.next('command')
  const receivers = command.payload?.$case === 'sendMessages' ? command.payload.value.items : []
  t.deepEqual(
    receivers.map(({ receiver }) => receiver?.nickname),
    ['yes'],
  )
  back.say(succeeded(command))
  await plane.finished(taskId)
  t.deepEqual(await ends(plane, taskId), [
    ['SUCCEEDED', null],
    ['SKIPPED', 'OPTED_OUT'],
  ])
})

test.serial('a warning of the app stops that account until a person clears it; other accounts go on', async (t) => {
  const plane = await startTestPlane(t)
  const [one, two] = [await plane.enrol('a'), await plane.enrol('b')]
  const [first, second] = [await one.connect(), await two.connect()]
  await momentTask(plane, one)
  const command = await first.next('command')
  const warned = {
    status: ItemStatus.FAILED,
    code: 'RISK_CONTROL',
    reason: '操作过于频繁',
    evidenceId: '',
    atUnixMs: 0,
  }
  const items = command.payload?.$case === 'publishMoment' ? [{ itemId: command.payload.value.itemId, ...warned }] : []
  first.say(succeeded(command, { status: CommandStatus.FAILED, code: 'RISK_CONTROL', reason: '操作过于频繁', items }))
  await first.next('resultAck')
  const account = await plane.ok('GET', `/accounts/${await accountOf(plane, one)}`)
  t.is(account['status'], 'STOPPED')
  t.true((await first.next('budget')).stopped, 'the phone is told too')
  await momentTask(plane, one)
  const other = await momentTask(plane, two)
  second.say(succeeded(await second.next('command')))
  t.is(await plane.finished(other), 'COMPLETED')
  await first.heard()
  t.is(first.commands.length, 1)
  await plane.ok('POST', `/accounts/${await accountOf(plane, one)}/clear`, { note: 'looked at the phone' })
  first.say(succeeded(await first.next('command')))
  await first.next('resultAck')
  t.is(first.commands.length, 2)
})

test.serial('under a kill switch nothing goes out, and after it is lifted what waited does', async (t) => {
  const clock = new FakeClock()
  const plane = await startTestPlane(t, { clock })
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  const { id } = await plane.ok('POST', '/kill-switches', { scope: 'FLEET', reason: 'stop' })
  const taskId = await momentTask(plane, agent)
  await session.live(clock, 7)
  t.deepEqual(session.commands, [])
  await plane.ok('DELETE', `/kill-switches/${Number(id)}`)
  await session.live(clock, 7)
  const command = await session.next('command')
  session.say(succeeded(command))
  await session.next('resultAck')
  t.deepEqual(await ends(plane, taskId), [['SUCCEEDED', null]])
})

/** Three in the morning of the workspace. */
const NIGHT = Date.UTC(2026, 0, 14, 19)

async function realPhone(t: ExecutionContext, clock: FakeClock, accepted: boolean) {
  const plane = await startTestPlane(t, {
    clock,
    env: { ...REAL_PHONES, ...(accepted ? {} : { MUSTER_ACCEPT_WECHAT_RULES: '' }) },
  })
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  return { plane, agent, session }
}

test.serial('an account that is not emulated starts under the safe policy and is quiet at night', async (t) => {
  const clock = new FakeClock(NIGHT)
  const { plane, agent, session } = await realPhone(t, clock, true)
  const budget = session.welcome?.budget
  t.deepEqual([budget?.posts, budget?.messages, budget?.quietStartMinute, budget?.quietEndMinute], [3, 60, 1320, 480])
  t.is(budget?.minIntervalMs, 5000)
  t.like(await plane.ok('GET', `/accounts/${await accountOf(plane, agent)}`), {
    policy: 'safe',
    rules: { quietFrom: '22:00', quietUntil: '08:00', minIntervalSeconds: 5, customerSpacingHours: 24 },
  })
  const taskId = await momentTask(plane, agent, { deliverWithinSeconds: 8 * 3600 })
  await session.heard()
  const online = await plane.events.find('ONLINE', (e) => e.type === 'device.updated' && e.status === 'ONLINE')
  await session.cut()
  // Until the plane has noticed, it would write the command on the dead stream when the morning comes.
  await plane.events.find('OFFLINE', (e) => e.type === 'device.updated' && e.status === 'OFFLINE' && e.seq > online.seq)
  clock.advance(5 * 60 * 60 * 1000 + 60_000)
  const morning = await agent.connect({ lastEpoch: session.epoch })
  const command = await morning.next('command')
  t.is(command.attempt, 1, 'it was not written in the night')
  morning.say(succeeded(command))
  await morning.next('resultAck')
  await plane.signIn()
  t.deepEqual(await ends(plane, taskId), [['SUCCEEDED', null]])
})

test.serial('without the notice accepted, a phone that is not emulated is given nothing', async (t) => {
  const { plane, agent, session } = await realPhone(t, new FakeClock(NIGHT), false)
  const body = { content: 'hello', devices: [agent.deviceId] }
  const refused = await plane.call('POST', '/wechat/moments/tasks', body)
  t.deepEqual([refused.status, refused.code], [403, 'PHONE_DRIVER_NOT_ACCEPTED'])
  const sync = await plane.call('POST', '/wechat/friends/sync', { devices: [agent.deviceId] })
  t.is(sync.status, 403)
  await session.heard()
  t.deepEqual(session.commands, [])
})

test.serial('while the driver is off a real phone gets not even a command to read; emulated ones go on', async (t) => {
  const clock = new FakeClock(NOON)
  const plane = await startTestPlane(t, { clock })
  const [real, emulated] = [await plane.enrol('a'), await plane.enrol('b')]
  const device = { name: 'a', type: 'ANDROID', model: 'raw', osVersion: '14', emulated: false }
  const [idle, working] = [await real.connect({ device }), await emulated.connect()]
  const body = { devices: [real.deviceId, emulated.deviceId], deliverWithinSeconds: 10 }
  const created = await plane.ok('POST', '/wechat/friends/sync', body)
  t.regex(String(created['warnings']), /device 1 \(a\): the phone driver is off/)
  const taskId = Number(created['taskId'])
  working.say(succeeded(await working.next('command')))
  await held(plane, taskId, 'APP_NOT_READY')
  for (let second = 0; second < 12; second++) await Promise.all([idle.live(clock, 1), working.heard()])
  t.is(await plane.finished(taskId), 'PARTIAL')
  t.deepEqual(await ends(plane, taskId), [
    ['EXPIRED', 'APP_NOT_READY'],
    ['SUCCEEDED', null],
  ])
  t.deepEqual(idle.commands, [])
})
