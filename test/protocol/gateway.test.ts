import test from 'ava'
import { CommandLevel, ItemStatus } from '@muster/proto'
import { FakeClock } from '../support/fake-clock.ts'
import { accountOf, customer, messageTask } from '../support/plane-tasks.ts'
import { inFlight, itemIdsIn, succeeded } from '../support/raw-agent.ts'
import { startTestPlane, type TestPlane } from '../support/test-plane.ts'
import { momentTask } from '../support/plane-tasks.ts'

const itemStatus = async (plane: TestPlane, taskId: number) => {
  const [item] = await plane.items(taskId)
  return [item?.status, item?.code]
}

/** Waits for the event that says an item of the task has a status. */
async function itemBecomes(plane: TestPlane, taskId: number, status: string): Promise<void> {
  await plane.events.find(
    `an item ${status}`,
    (event) => event.type === 'item.updated' && event.taskId === taskId && event.status === status,
  )
}

test.serial('a command that was written before the stream was cut is written again, under the same id', async (t) => {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  const first = await agent.connect()
  const taskId = await momentTask(plane, [agent])
  const command = await first.next('command')
  await first.cut()
  const second = await agent.connect({ lastEpoch: first.epoch })
  t.true(second.epoch > first.epoch)
  const again = await second.next('command')
  t.is(again.commandId, command.commandId)
  t.deepEqual([command.attempt, again.attempt], [1, 2])
  second.say(succeeded(again))
  t.deepEqual(await second.next('resultAck'), { commandIds: [command.commandId], error: '' })
  t.is(await plane.finished(taskId), 'COMPLETED')
  t.deepEqual(
    (await plane.items(taskId)).map(({ attempts }) => attempts),
    [2],
  )
})

test.serial('a command the phone has in its journal is not written again after a cut', async (t) => {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  const first = await agent.connect()
  const taskId = await momentTask(plane, [agent])
  const command = await first.next('command')
  first.say({ $case: 'received', value: { commandIds: [command.commandId] } })
  await first.heard()
  await first.cut()
  const second = await agent.connect({ lastEpoch: first.epoch, ...inFlight(command) })
  t.deepEqual(second.welcome?.resume, [{ commandId: command.commandId, action: 'RESUME_ACTION_GO_ON' }] as never)
  second.say(succeeded(command))
  await second.next('resultAck')
  t.is(await plane.finished(taskId), 'COMPLETED')
  t.deepEqual(second.commands, [])
})

test.serial('a result that is said again is acknowledged again and changes nothing', async (t) => {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  const taskId = await momentTask(plane, [agent])
  const command = await session.next('command')
  session.say(succeeded(command))
  t.is((await session.next('resultAck')).error, '')
  t.is(await plane.finished(taskId), 'COMPLETED')
  const before = plane.events.seen.length
  const failed = { status: ItemStatus.FAILED, code: 'UI_CHANGED', reason: '', evidenceId: '', atUnixMs: 0 }
  session.say(succeeded(command, { items: itemIdsIn(command).map((itemId) => ({ itemId, ...failed })) }))
  t.deepEqual(await session.next('resultAck'), { commandIds: [command.commandId], error: '' })
  t.deepEqual(await itemStatus(plane, taskId), ['SUCCEEDED', null])
  t.is(plane.events.seen.length, before)
})

test.serial('an oversized result is asked for in short form, and then recorded', async (t) => {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  const taskId = await momentTask(plane, [agent])
  const command = await session.next('command')
  session.say(succeeded(command, { reason: 'x'.repeat(300 * 1024) }))
  t.deepEqual(await session.next('resultAck'), { commandIds: [command.commandId], error: 'RESULT_TOO_LARGE' })
  t.deepEqual(await itemStatus(plane, taskId), ['DISPATCHED', null])
  session.say(succeeded(command, { shortForm: true }))
  t.is((await session.next('resultAck')).error, '')
  t.is(await plane.finished(taskId), 'COMPLETED')
})

test("a result that names another command's items is not believed", async (t) => {
  const plane = await startTestPlane(t)
  const [one, two] = [await plane.enrol('a'), await plane.enrol('b')]
  const [first, second] = [await one.connect(), await two.connect()]
  const taskId = await momentTask(plane, [one, two])
  const [mine, other] = [await first.next('command'), await second.next('command')]
  first.say({
    $case: 'result',
    value: { ...(succeeded(other).value as never as object), commandId: mine.commandId } as never,
  })
  t.deepEqual(await first.next('resultAck'), { commandIds: [mine.commandId], error: 'RESULT_INVALID' })
  // The other device's command is not this one's to end.
  first.say(succeeded(other))
  t.is((await first.next('resultAck')).error, '')
  t.deepEqual(new Set((await plane.items(taskId)).map(({ status }) => status)), new Set(['DISPATCHED']))
})

test.serial('a result for a command the plane does not know is kept and acknowledged', async (t) => {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  const taskId = await momentTask(plane, [agent])
  const command = await session.next('command')
  const commandId = '018f0000-0000-7000-8000-000000000000'
  session.say(succeeded(command, { commandId, items: [] }))
  t.deepEqual(await session.next('resultAck'), { commandIds: [commandId], error: '' })
  t.deepEqual(await itemStatus(plane, taskId), ['DISPATCHED', null])
})

test.serial('a kind of command the agent does not know ends UNSUPPORTED', async (t) => {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  const taskId = await momentTask(plane, [agent])
  const { commandId } = await session.next('command')
  session.say({ $case: 'rejected', value: { commandId, code: 'UNSUPPORTED', reason: 'update the agent' } })
  t.is(await plane.finished(taskId), 'FAILED')
  t.deepEqual(await itemStatus(plane, taskId), ['FAILED', 'UNSUPPORTED'])
})

test.serial('an agent with a full queue is asked again later', async (t) => {
  const clock = new FakeClock()
  const plane = await startTestPlane(t, { clock })
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  const taskId = await momentTask(plane, [agent])
  const { commandId } = await session.next('command')
  session.say({ $case: 'notNow', value: { commandId, retryAfterMs: 4000, code: 'QUEUE_FULL', reason: '' } })
  await session.heard()
  t.is(session.commands.length, 1)
  await session.live(clock, 6)
  const again = await session.next('command')
  t.is(again.commandId, commandId)
  session.say(succeeded(again))
  t.is(await plane.finished(taskId), 'COMPLETED')
})

test.serial('a device is given no more commands than it has credits for', async (t) => {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  const session = await agent.connect({ credits: 2 })
  for (let count = 0; count < 3; count++) await momentTask(plane, [agent])
  const first = await session.next('command')
  await session.next('command')
  await session.heard()
  t.is(session.commands.length, 2)
  session.say(succeeded(first))
  await session.next('command')
  t.is(session.commands.length, 3)
})

test.serial('a device with a long queue does not hold up the others', async (t) => {
  const plane = await startTestPlane(t)
  const [busy, other] = [await plane.enrol('a'), await plane.enrol('b')]
  for (let count = 0; count < 20; count++) await momentTask(plane, [busy])
  const lastTask = await momentTask(plane, [other])
  const [first, second] = [await busy.connect({ credits: 1 }), await other.connect()]
  second.say(succeeded(await second.next('command')))
  t.is(await plane.finished(lastTask), 'COMPLETED')
  t.is(first.commands.length, 1)
})

test.serial('a ONCE command that was written under another journal is never written again', async (t) => {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  const taskId = await momentTask(plane, [agent])
  await session.next('command')
  await session.cut()
  const wiped = await agent.connect({ journalId: 'a new one', lastEpoch: 0 })
  t.is(await plane.finished(taskId), 'FAILED')
  t.deepEqual(await itemStatus(plane, taskId), ['UNKNOWN_EFFECT', 'UNKNOWN_EFFECT'])
  await wiped.heard()
  t.deepEqual(wiped.commands, [])
})

test.serial('a journal put back from a backup counts as another journal', async (t) => {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  const first = await agent.connect()
  const second = await agent.connect({ lastEpoch: first.epoch })
  const taskId = await momentTask(plane, [agent])
  await second.next('command')
  await second.cut()
  const restored = await agent.connect({ lastEpoch: first.epoch - 1 })
  t.is(await plane.finished(taskId), 'FAILED')
  t.deepEqual(await itemStatus(plane, taskId), ['UNKNOWN_EFFECT', 'UNKNOWN_EFFECT'])
  await restored.heard()
  t.deepEqual(restored.commands, [])
})

test.serial('a command whose lease ran out is UNKNOWN_EFFECT until the agent says how it ended', async (t) => {
  const clock = new FakeClock()
  const plane = await startTestPlane(t, { clock })
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  const taskId = await momentTask(plane, [agent])
  const command = await session.next('command')
  session.say({ $case: 'started', value: { commandId: command.commandId } })
  await itemBecomes(plane, taskId, 'DISPATCHED')
  await session.heard()
  await session.cut()
  await clock.passUntil(itemBecomes(plane, taskId, 'UNKNOWN_EFFECT'))
  t.deepEqual(await itemStatus(plane, taskId), ['UNKNOWN_EFFECT', 'LEASE_LOST'])
  const back = await agent.connect({ lastEpoch: session.epoch, ...inFlight(command, CommandLevel.FINISHED) })
  t.deepEqual(back.welcome?.resume, [{ commandId: command.commandId, action: 'RESUME_ACTION_SEND_RESULT' }] as never)
  back.say(succeeded(command))
  t.is((await back.next('resultAck')).error, '')
  t.deepEqual(await itemStatus(plane, taskId), ['SUCCEEDED', null])
})

test.serial(
  'while a silent phone may hold an expired command, retry-failed is refused; its next Hello settles that',
  async (t) => {
    const clock = new FakeClock()
    const plane = await startTestPlane(t, { clock })
    const agent = await plane.enrol('a')
    const session = await agent.connect()
    const taskId = await momentTask(plane, [agent], { deliverWithinSeconds: 30 })
    await session.next('command')
    await session.cut()
    await clock.passUntil(itemBecomes(plane, taskId, 'EXPIRED'))
    t.deepEqual(await itemStatus(plane, taskId), ['EXPIRED', 'DEVICE_OFFLINE'])
    const refused = await plane.call('POST', `/tasks/${taskId}/retry-failed`)
    t.is(refused.status, 409)
    t.regex(refused.msg, /phone/)
    const back = await agent.connect({ lastEpoch: session.epoch })
    t.like(await plane.ok('POST', `/tasks/${taskId}/retry-failed`), { status: 'PROCESSING', retried: 1, unsure: 0 })
    const again = await back.next('command')
    back.say(succeeded(again))
    await back.next('resultAck')
    t.deepEqual(await itemStatus(plane, taskId), ['SUCCEEDED', null])
  },
)

test.serial(
  'a cancel overtakes the commands that wait on the stream, and a cancelled command is not written again',
  async (t) => {
    const plane = await startTestPlane(t)
    const agent = await plane.enrol('a')
    const session = await agent.connect()
    const taskId = await momentTask(plane, [agent])
    const command = await session.next('command')
    await plane.ok('POST', `/tasks/${taskId}/cancel`)
    const cancel = await session.next('cancel')
    t.deepEqual([cancel.commandId, cancel.code], [command.commandId, 'CANCELLED'])
    await session.cut()
    const back = await agent.connect({ lastEpoch: session.epoch, ...inFlight(command) })
    t.deepEqual(back.welcome?.resume, [{ commandId: command.commandId, action: 'RESUME_ACTION_CANCEL' }] as never)
  },
)

test.serial('a receiver who opts out while the phone is away is named to it with the Welcome', async (t) => {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  const accountId = await accountOf(plane, agent)
  const taskId = await messageTask(plane, [agent], [await customer(plane, accountId, 'zhang')])
  const command = await session.next('command')
  session.say({ $case: 'received', value: { commandIds: [command.commandId] } })
  await session.heard()
  await session.cut()
  const [item] = await plane.items(taskId)
  await plane.ok('PATCH', `/customers/${item?.customerId}`, { optOut: true })
  const back = await agent.connect({ lastEpoch: session.epoch, ...inFlight(command) })
  t.deepEqual(back.welcome?.resume, [{ commandId: command.commandId, action: 'RESUME_ACTION_GO_ON' }] as never)
  const cancel = { commandId: command.commandId, itemIds: [String(item?.id)], code: 'OPTED_OUT' }
  t.deepEqual(back.welcome?.cancels, [{ ...cancel, reason: 'the customer opted out' }])
})

test.serial('a device is deleted with its work: what it may have done is unknown, the rest is cancelled', async (t) => {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  const session = await agent.connect({ credits: 1 })
  const onPhone = await momentTask(plane, [agent])
  session.say({ $case: 'received', value: { commandIds: [(await session.next('command')).commandId] } })
  await session.heard()
  const inQueue = await momentTask(plane, [agent])
  await plane.ok('DELETE', `/devices/${agent.deviceId}`)
  t.deepEqual(await itemStatus(plane, onPhone), ['UNKNOWN_EFFECT', 'UNKNOWN_EFFECT'])
  t.deepEqual(await itemStatus(plane, inQueue), ['CANCELLED', 'CANCELLED'])
})
