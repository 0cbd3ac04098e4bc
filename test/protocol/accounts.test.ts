import test from 'ava'
import { CommandStatus, type AccountState, type Hello } from '@muster/proto'
import { FakeClock } from '../support/fake-clock.ts'
import { succeeded, type RawAgent } from '../support/raw-agent.ts'
import { sharedTestPlane, startTestPlane, type TestPlane } from '../support/test-plane.ts'
import { messageTaskFor, momentTask } from '../support/plane-tasks.ts'

// Which account a command goes out under. Accounts are named after the agents that show them first.

/** Behind the real time, which the scheduler goes by: nothing has to wait for it. */
const clock = new FakeClock(Date.now() - 60 * 60 * 1000)
const shared = sharedTestPlane(test, { clock })

const showing = (name: string): Partial<Hello> => ({
  account: { wechatId: `wxid_${name}`, nickname: name, loggedIn: true, appVersion: '', uiTree: 'full' } as AccountState,
})
const accountOf = async (plane: TestPlane, agent: RawAgent) =>
  Number((await plane.ok('GET', `/devices/${agent.deviceId}`))['accountId'])

/** Waits until the task's commands are there: the scheduler's own time is real. */
const begins = async (plane: TestPlane, taskId: number) =>
  await plane.events.find(
    'the task to begin',
    (event) => event.type === 'task.updated' && event.id === taskId && event.status === 'PROCESSING',
  )

test.serial('a phone gets nothing before it has shown its account, and then all that waited', async (t) => {
  const plane = shared()
  const agent = await plane.enrol('hidden')
  const session = await agent.connect({ account: undefined })
  const taskId = await momentTask(plane, [agent])
  await begins(plane, taskId)
  await session.live(clock, 7)
  t.deepEqual(session.commands, [])
  const back = await agent.connect({ lastEpoch: session.epoch })
  await back.live(clock, 6)
  const command = await back.next('command')
  t.is(command.accountWechatId, 'wxid_hidden')
  back.say(succeeded(command))
  t.is(await plane.finished(taskId), 'COMPLETED')
})

test.serial('what waits for a phone to show its account says so when its time is over', async (t) => {
  const plane = shared()
  const agent = await plane.enrol('shy')
  const session = await agent.connect({ account: undefined })
  const taskId = await momentTask(plane, [agent], { deliverWithinSeconds: 3 })
  await begins(plane, taskId)
  await session.live(clock, 6)
  t.is(await plane.finished(taskId), 'FAILED')
  const [item] = await plane.items(taskId)
  t.is(item?.status, 'EXPIRED')
  t.regex(item?.reason ?? '', /account/)
})

test.serial('a command of one account does not go out from a phone that shows another', async (t) => {
  const plane = shared()
  const agent = await plane.enrol('first')
  const session = await agent.connect()
  const before = await messageTaskFor(plane, agent, ['somebody'], { deliverWithinSeconds: 10 })
  session.say(succeeded(await session.next('command')))
  await plane.finished(before)
  await session.cut()
  const taskId = await messageTaskFor(plane, agent, ['somebody else'], { deliverWithinSeconds: 10 })
  await begins(plane, taskId)
  const other = await agent.connect({ lastEpoch: session.epoch, ...showing('second') })
  await other.live(clock, 12)
  t.is(await plane.finished(taskId), 'FAILED')
  const [item] = await plane.items(taskId)
  t.deepEqual([item?.status, item?.code], ['EXPIRED', 'LOGIN_REQUIRED'])
  t.regex(item?.reason ?? '', /account/)
  t.deepEqual(other.commands, [])
})

test.serial('an account that moved is written for where it is now, though its old phone is away', async (t) => {
  const plane = shared()
  const [old, fresh] = [await plane.enrol('moving'), await plane.enrol('home')]
  await (await old.connect()).cut()
  const session = await fresh.connect(showing('moving'))
  t.is((await plane.ok('GET', `/devices/${old.deviceId}`))['accountId'], null)
  const taskId = await messageTaskFor(plane, fresh, ['somebody'], { devices: [fresh.deviceId, old.deviceId] })
  session.say(succeeded(await session.next('command')))
  t.is(await plane.finished(taskId), 'COMPLETED')
})

test.serial('a warning stops the account the phone shows and no other', async (t) => {
  const plane = shared()
  const agent = await plane.enrol('calm')
  const session = await agent.connect()
  const calm = await accountOf(plane, agent)
  const other = await agent.connect({ lastEpoch: session.epoch, ...showing('warned') })
  await momentTask(plane, [agent])
  const command = await other.next('command')
  t.is(command.accountWechatId, 'wxid_warned')
  other.say(succeeded(command, { status: CommandStatus.FAILED, code: 'RISK_CONTROL', reason: 'slow down', items: [] }))
  await other.next('resultAck')
  const warned = await accountOf(plane, agent)
  const status = async (id: number) => (await plane.ok('GET', `/accounts/${id}`))['status']
  t.deepEqual([await status(calm), await status(warned)], ['ACTIVE', 'STOPPED'])
})

test.serial('an account nobody is signed in to gets nothing, reads too, until a person clears it', async (t) => {
  const plane = shared()
  const agent = await plane.enrol('leaver')
  const session = await agent.connect()
  const accountId = await accountOf(plane, agent)
  const account = async () => await plane.ok('GET', `/accounts/${accountId}`)
  const taskId = await momentTask(plane, [agent])
  const { commandId } = await session.next('command')
  const [code, reason] = ['LOGIN_REQUIRED', 'nobody is signed in on the phone']
  session.say({ $case: 'notNow', value: { commandId, retryAfterMs: 0, code, reason } })
  await session.heard()
  await session.next('budget')
  const stopped = await account()
  t.deepEqual([stopped['status'], stopped['stopCode'], stopped['reason']], ['LOGGED_OUT', code, reason])
  const sync = await plane.ok('POST', '/wechat/friends/sync', { devices: [agent.deviceId] })
  await begins(plane, Number(sync['taskId']))
  await session.live(clock, 12)
  t.is(session.commands.length, 1)
  const back = await agent.connect({ lastEpoch: session.epoch })
  t.is((await account())['status'], 'LOGGED_OUT', 'the phone alone does not lift it')
  await plane.ok('POST', `/accounts/${accountId}/clear`, { note: 'signed in again' })
  await back.live(clock, 6)
  for (const command of [await back.next('command'), await back.next('command')]) back.say(succeeded(command))
  t.is(await plane.finished(taskId), 'COMPLETED')
})

test.serial('what was planned before the phone showed an account obeys the rules of the one it shows', async (t) => {
  const plane = shared()
  const [old, fresh] = [await plane.enrol('capped'), await plane.enrol('fresh')]
  const session = await old.connect()
  const accountId = await accountOf(plane, old)
  await plane.ok('PATCH', `/accounts/${accountId}`, { caps: { posts: 0 } })
  const { id } = await plane.ok('POST', '/kill-switches', { scope: 'ACCOUNT', id: accountId, reason: 'stop it' })
  await session.cut()
  const taskId = await momentTask(plane, [fresh])
  await begins(plane, taskId)
  const shown = await fresh.connect(showing('capped'))
  await shown.live(clock, 2)
  t.deepEqual(shown.commands, [])
  await plane.ok('DELETE', `/kill-switches/${Number(id)}`)
  await shown.live(clock, 6)
  t.is(await plane.finished(taskId), 'FAILED')
  const [item] = await plane.items(taskId)
  t.deepEqual([item?.status, item?.code], ['SKIPPED', 'BUDGET_SPENT'])
  t.deepEqual(shown.commands, [])
})

/** Three in the morning of the workspace. */
const NIGHT = Date.UTC(2026, 0, 14, 19)

test.serial('what an account may do now does not wait behind what it may not', async (t) => {
  const env = { MUSTER_ACCEPT_WECHAT_RULES: 'yes', MUSTER_ALLOW_EMULATED: '' }
  const plane = await startTestPlane(t, { clock: new FakeClock(NIGHT), env })
  const agent = await plane.enrol('sleeper')
  const session = await agent.connect()
  await session.cut()
  for (let count = 0; count < 12; count++) await momentTask(plane, [agent])
  await plane.ok('POST', '/wechat/friends/sync', { devices: [agent.deviceId] })
  // Time stands still: only what one turn finds can come.
  const back = await agent.connect({ lastEpoch: session.epoch })
  t.is((await back.next('command')).payload?.$case, 'syncContacts')
  t.is(back.commands.length, 1)
})
