import test from 'ava'
import type { Command } from '@muster/proto'
import { FakeClock } from '../support/fake-clock.ts'
import { succeeded, type RawSession } from '../support/raw-agent.ts'
import { sharedTestPlane } from '../support/test-plane.ts'
import { momentTask } from '../support/plane-tasks.ts'

// Commands the plane has ended and a phone still has.

/** Behind the real time, which the scheduler goes by: nothing has to wait for it. */
const clock = new FakeClock(Date.now() - 60 * 60 * 1000)
const shared = sharedTestPlane(test, { clock })

const itemOf = async (taskId: number) => {
  const [item] = await shared().items(taskId)
  return [item?.status, item?.code]
}

/** The phone says that it still works on it. */
function renew(session: RawSession, { commandId }: Command): void {
  const value = { commandId, itemId: '', step: 'held', checkpoint: '', outcome: undefined, page: undefined }
  session.say({ $case: 'progress', value })
}

test.serial('a phone that renews a command for ever is told to end it, and its result still counts', async (t) => {
  const plane = shared()
  const agent = await plane.enrol('hung')
  const session = await agent.connect()
  const taskId = await momentTask(plane, [agent])
  const command = await session.next('command')
  session.say({ $case: 'started', value: { commandId: command.commandId } })
  await session.heard()
  // Ten minutes would only take longer here.
  await plane.sql(`UPDATE commands SET max_run_ms = 20000 WHERE id = '${command.commandId}'`)
  for (let spent = 0; spent < 20_000 + 130_000; spent += 8000) {
    renew(session, command)
    await session.live(clock, 1)
    clock.advance(7000)
  }
  await session.heard()
  t.is((await session.next('cancel')).commandId, command.commandId)
  t.deepEqual(await itemOf(taskId), ['UNKNOWN_EFFECT', 'TOO_LATE'])
  renew(session, command)
  await session.heard()
  t.deepEqual(await itemOf(taskId), ['UNKNOWN_EFFECT', 'TOO_LATE'], 'being alive is no news')
  const back = await agent.connect({
    lastEpoch: session.epoch,
    inFlight: [{ commandId: command.commandId, level: 'COMMAND_LEVEL_STARTED', items: [] }],
  })
  t.like(back.welcome?.resume[0], { action: 'RESUME_ACTION_CANCEL' })
  back.say(succeeded(command))
  await back.next('resultAck')
  t.deepEqual(await itemOf(taskId), ['SUCCEEDED', null])
})

test.serial('a phone that says it received what the plane has ended or does not know is told to end it', async (t) => {
  const plane = shared()
  const agent = await plane.enrol('late')
  const session = await agent.connect()
  await momentTask(plane, [agent])
  const command = await session.next('command')
  session.say(succeeded(command))
  await session.next('resultAck')
  session.say({ $case: 'received', value: { commandIds: [command.commandId] } })
  t.is((await session.next('cancel')).commandId, command.commandId)
  const unknown = '018f0000-0000-7000-8000-000000000000'
  session.say({ $case: 'received', value: { commandIds: [unknown] } })
  t.is((await session.next('cancel')).commandId, unknown)
})

test.serial('the result of a command the plane does not know is kept once, also when it is very large', async (t) => {
  const plane = shared()
  const agent = await plane.enrol('orphan')
  const session = await agent.connect()
  await momentTask(plane, [agent])
  const command = await session.next('command')
  const commandId = '018f0000-0000-7000-8000-000000000001'
  session.say(succeeded(command, { commandId, reason: 'x'.repeat(300 * 1024) }))
  t.is((await session.next('resultAck')).error, 'RESULT_TOO_LARGE')
  for (let said = 0; said < 2; said++) {
    session.say(succeeded(command, { commandId, reason: 'from before the restore', shortForm: true }))
    t.deepEqual(await session.next('resultAck'), { commandIds: [commandId], error: '' })
  }
  const kept = plane.read(`SELECT device_id, body FROM orphan_results WHERE command_id = '${commandId}'`)
  t.is(kept.length, 1)
  t.is(kept[0]?.['device_id'], agent.deviceId)
  t.like(JSON.parse(String(kept[0]?.['body'])), { commandId, reason: 'from before the restore' })
})
