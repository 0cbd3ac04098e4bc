import test, { type ExecutionContext } from 'ava'
import { CommandStatus, ItemStatus } from '@muster/proto'
import { FakeClock } from '../support/fake-clock.ts'
import { itemIdsIn, succeeded } from '../support/raw-agent.ts'
import {
  accountOf,
  customer,
  ends,
  EVENING,
  held,
  messageTask,
  momentTask,
  NOON,
  REAL_PHONES,
} from '../support/plane-tasks.ts'
import { startTestPlane, type TestPlane } from '../support/test-plane.ts'

// While a rule holds work back the work waits, says why, and loses nothing.

const HOUR_MS = 60 * 60 * 1000

async function stage(t: ExecutionContext, now: number, env: Record<string, string> = REAL_PHONES) {
  const clock = new FakeClock(now)
  const plane = await startTestPlane(t, { clock, env })
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  return { clock, plane, agent, session, accountId: await accountOf(plane, agent) }
}

const reasonOf = async (plane: TestPlane, taskId: number) =>
  String((await plane.ok('GET', `/tasks/${taskId}`))['reason'])

/** Waits until the plane knows that the device is gone, or it would write to the dead stream. */
async function gone(plane: TestPlane, deviceId: number): Promise<void> {
  await plane.events.find('OFFLINE', (event) => event.id === deviceId && event.status === 'OFFLINE')
}

test.serial(
  'what quiet hours hold waits for the morning with its reason, and its delivery time is not used up',
  async (t) => {
    const { clock, plane, agent, session, accountId } = await stage(t, EVENING)
    const taskId = await messageTask(plane, [agent], [await customer(plane, accountId, 'zhang')])
    const item = await held(plane, taskId, 'QUIET_HOURS')
    t.deepEqual([item?.status, item?.code], ['PENDING', 'QUIET_HOURS'])
    t.regex(item?.reason ?? '', /quiet hours .* until 08:00/)
    t.regex(await reasonOf(plane, taskId), /quiet hours/)
    t.is((await plane.ok('GET', `/tasks/${taskId}/items?code=QUIET_HOURS`))['total'], 1)
    t.like((await plane.ok('GET', `/accounts/${accountId}`))['hold'], {
      code: 'QUIET_HOURS',
      until: '2026-01-15T08:00:00.000+08:00',
    })
    await session.cut()
    await gone(plane, agent.deviceId)
    // Longer than the two hours a phone may be away.
    clock.advance(10 * HOUR_MS)
    await plane.signIn()
    const morning = await agent.connect({ lastEpoch: session.epoch })
    morning.say(succeeded(await morning.next('command')))
    await morning.next('resultAck')
    t.deepEqual(await ends(plane, taskId), [['SUCCEEDED', null]])
  },
)

test.serial('what quiet hours on the phone broke off is planned again, together and with its pace', async (t) => {
  const { clock, plane, agent, session, accountId } = await stage(t, NOON)
  const people = [
    await customer(plane, accountId, 'one'),
    await customer(plane, accountId, 'two'),
    await customer(plane, accountId, 'three'),
  ]
  const taskId = await messageTask(plane, [agent], people)
  const command = await session.next('command')
  const [first = '', ...others] = itemIdsIn(command)
  const outcome = { reason: 'it is quiet here', evidenceId: '', atUnixMs: 0 }
  const undone = others.map((itemId) => ({ ...outcome, itemId, status: ItemStatus.CANCELLED, code: 'QUIET_HOURS' }))
  for (const one of undone) {
    session.say({
      $case: 'progress',
      value: {
        commandId: command.commandId,
        itemId: one.itemId,
        step: '',
        checkpoint: '',
        outcome: one,
        page: undefined,
      },
    })
    await session.heard()
  }
  const done = { ...outcome, itemId: first, status: ItemStatus.SUCCEEDED, code: '', reason: '' }
  session.say(succeeded(command, { status: CommandStatus.PARTIAL, items: [done, ...undone] }))
  await session.next('resultAck')
  t.deepEqual(await ends(plane, taskId), [
    ['SUCCEEDED', null],
    ['PENDING', 'QUIET_HOURS'],
    ['PENDING', 'QUIET_HOURS'],
  ])
  await session.live(clock, 30)
  t.is(session.commands.length, 1, 'a phone whose clock is ahead is not asked again at once')
  await session.live(clock, 32)
  const again = await session.next('command')
  t.deepEqual(itemIdsIn(again), others)
  session.say(succeeded(again))
  t.is(await plane.finished(taskId), 'COMPLETED')
})

test.serial('a kill switch uses up no delivery time, and items say who pulled it and why', async (t) => {
  const { clock, plane, agent, session } = await stage(t, NOON, {})
  const { id } = await plane.ok('POST', '/kill-switches', { scope: 'FLEET', reason: 'fire drill' })
  const taskId = await momentTask(plane, agent, { deliverWithinSeconds: 10 })
  await held(plane, taskId, null)
  await session.live(clock, 60)
  const [item] = await plane.items(taskId)
  t.deepEqual([item?.status, item?.code, item?.reason], ['PENDING', null, `kill switch ${Number(id)}: fire drill`])
  await plane.ok('DELETE', `/kill-switches/${Number(id)}`)
  await session.live(clock, 6)
  session.say(succeeded(await session.next('command')))
  t.is(await plane.finished(taskId), 'COMPLETED')
})

test.serial('a stopped account is not even read, says so, and goes on at once when it is cleared', async (t) => {
  const { clock, plane, agent, session, accountId } = await stage(t, NOON, {})
  await momentTask(plane, agent)
  const command = await session.next('command')
  session.say(
    succeeded(command, { status: CommandStatus.FAILED, code: 'RISK_CONTROL', reason: '操作过于频繁', items: [] }),
  )
  await session.next('resultAck')
  const created = await plane.ok('POST', '/wechat/friends/sync', { devices: [agent.deviceId] })
  t.regex(String(created['warnings']), /stopped until a person clears it: 操作过于频繁/)
  const item = await held(plane, Number(created['taskId']), 'RISK_CONTROL')
  await session.live(clock, 7)
  t.deepEqual([item.status, session.commands.length], ['PENDING', 1])
  t.like((await plane.ok('GET', `/accounts/${accountId}`))['hold'], { code: 'RISK_CONTROL', until: null })
  await plane.ok('POST', `/accounts/${accountId}/clear`, { note: 'looked at the phone' })
  t.is((await session.next('command')).payload?.$case, 'syncContacts')
})

test.serial('what waits for an account that nobody clears ends with its delivery time, and says why', async (t) => {
  const { clock, plane, agent, session } = await stage(t, NOON, {})
  const first = await momentTask(plane, agent)
  const command = await session.next('command')
  const code = 'RISK_CONTROL'
  session.say(succeeded(command, { status: CommandStatus.FAILED, code, reason: '操作过于频繁', items: [] }))
  await plane.finished(first)
  const taskId = await momentTask(plane, agent, { deliverWithinSeconds: 10 })
  await held(plane, taskId, code)
  await session.live(clock, 12)
  t.is(await plane.finished(taskId), 'FAILED')
  t.deepEqual(await ends(plane, taskId), [['EXPIRED', code]])
  t.regex((await plane.items(taskId))[0]?.reason ?? '', /stopped until a person clears it/)
})

test.serial('what is for an account that is not on the device any more is not done by another', async (t) => {
  const { clock, plane, agent, session, accountId } = await stage(t, NOON, {})
  const person = await customer(plane, accountId, 'zhang')
  await session.cut()
  await gone(plane, agent.deviceId)
  const taskId = await messageTask(plane, [agent], [person], { deliverWithinSeconds: 10 })
  const account = { wechatId: 'wxid_other', nickname: 'other', appVersion: '8.0.42', uiTree: 'full' }
  const other = await agent.connect({ lastEpoch: session.epoch, account: account as never })
  await held(plane, taskId, 'LOGIN_REQUIRED')
  await other.live(clock, 12)
  t.is(await plane.finished(taskId), 'FAILED')
  const [item] = await plane.items(taskId)
  t.deepEqual([item?.status, item?.code], ['EXPIRED', 'LOGIN_REQUIRED'])
  t.regex(item?.reason ?? '', /account 1 is on no device now/)
  t.deepEqual(other.commands, [])
})

test.serial('the tasks of one account go to its phone one after the other, a floor apart', async (t) => {
  const { clock, plane, agent, session } = await stage(t, NOON)
  await momentTask(plane, agent)
  const second = await momentTask(plane, agent)
  const first = await session.next('command')
  await held(plane, second, 'QUEUE_FULL')
  await session.live(clock, 8)
  t.is(session.commands.length, 1)
  session.say(succeeded(first))
  await session.next('resultAck')
  await session.live(clock, 4)
  t.is(session.commands.length, 1)
  await session.live(clock, 2)
  t.is((await session.next('command')).taskId, second)
})

test.serial('a message on its way from one account counts for the spacing of another', async (t) => {
  const { plane, agent, session, accountId } = await stage(t, NOON)
  const other = await plane.enrol('b')
  const away = await other.connect()
  const [here, there] = [
    await customer(plane, accountId, 'zhang'),
    await customer(plane, await accountOf(plane, other), 'zhang'),
  ]
  await messageTask(plane, [agent], [here])
  await session.next('command')
  const second = await messageTask(plane, [other], [there])
  t.is(await plane.finished(second), 'FAILED')
  t.deepEqual(await ends(plane, second), [['SKIPPED', 'BUDGET_SPENT']])
  await away.heard()
  t.deepEqual(away.commands, [])
})

test.serial('what a phone that lost its journal may have done counts for the cap of the day', async (t) => {
  const { plane, agent, session, accountId } = await stage(t, NOON, {})
  await plane.ok('PATCH', `/accounts/${accountId}`, { caps: { posts: 1 } })
  const unsure = await momentTask(plane, agent)
  await session.next('command')
  await session.cut()
  await agent.connect({ journalId: 'a new one', lastEpoch: 0 })
  t.is(await plane.finished(unsure), 'FAILED')
  const second = await momentTask(plane, agent)
  t.is(await plane.finished(second), 'FAILED')
  t.deepEqual(await ends(plane, second), [['SKIPPED', 'BUDGET_SPENT']])
})
