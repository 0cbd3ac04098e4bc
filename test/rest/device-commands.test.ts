import test from 'ava'
import { EffectClass } from '@muster/proto'
import { answered, capability, till } from '../support/custom-phones.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { failed } from '../support/raw-agent.ts'
import { startTestPlane } from '../support/test-plane.ts'

// Commands given to one device by hand: the caller waits for the end.

const BY_HAND = { type: 'CUSTOM', command: 'shop.print-label', payload: { text: 'tea' } }

async function stage(t: Parameters<typeof startTestPlane>[0], clock?: FakeClock) {
  const plane = await startTestPlane(t, clock ? { clock } : {})
  const agent = await plane.enrol('till')
  const session = await agent.connect(
    till(capability(), capability({ name: 'shop.count', effectClass: EffectClass.READ })),
  )
  const send = async (more: object = {}) =>
    await plane.call('POST', `/devices/${agent.deviceId}/commands`, { ...BY_HAND, ...more })
  return { plane, agent, session, send }
}

test('the caller gets what the handler answered, and the task that carried it out', async (t) => {
  const { plane, session, send } = await stage(t)
  const sent = send()
  const command = await session.next('command')
  session.say(answered(command, { number: 1 }))
  const { status, data } = await sent
  t.is(status, 200)
  const { taskId } = data as { taskId: number }
  const { commandId } = command
  const ended = { status: 'SUCCEEDED', code: null, reason: null, result: { number: 1 }, evidenceUrl: null }
  t.deepEqual(data, { taskId, commandId, ...ended })
  t.like(await plane.ok('GET', `/tasks/${taskId}`), { kind: 'CUSTOM', status: 'COMPLETED' })
})

test('a command that fails is 502 with its reason', async (t) => {
  const { session, send } = await stage(t)
  const sent = send()
  session.say(failed(await session.next('command')))
  const { status, code, msg } = await sent
  t.deepEqual([status, code], [502, 'COMMAND_FAILED'])
  t.regex(msg, /ended FAILED \(APP_NOT_READY\): the app does not start/)
})

test('a device that is offline is 400, and one that goes offline meanwhile 409', async (t) => {
  const { plane, agent, session, send } = await stage(t)
  const sent = send()
  await session.next('command')
  await session.cut()
  const lost = await sent
  t.deepEqual([lost.status, lost.code], [409, 'CONFLICT'])
  t.regex(lost.msg, /device \d+ lost its session .* GET \/tasks\/\d+\/items/)
  const tasks = Number((await plane.ok('GET', '/tasks'))['total'])
  const offline = await send()
  t.deepEqual([offline.status, offline.code], [400, 'DEVICE_OFFLINE'])
  t.is(Number((await plane.ok('GET', '/tasks'))['total']), tasks, 'no task is made')
  const unknown = await plane.call('POST', `/devices/${agent.deviceId + 1}/commands`, BY_HAND)
  t.deepEqual([unknown.status, unknown.code], [404, 'NOT_FOUND'])
})

test('when its time is over the caller gets the state so far, and the command goes on', async (t) => {
  const clock = new FakeClock()
  const { plane, session, send } = await stage(t, clock)
  const sent = send({ waitSeconds: 2 })
  const command = await session.next('command')
  session.say({ $case: 'received', value: { commandIds: [command.commandId] } })
  await session.heard()
  clock.advance(2000)
  const { status, data } = await sent
  t.is(status, 200)
  t.like(data, { commandId: command.commandId, status: 'DISPATCHED', result: null })
  session.say(answered(command, 1))
  t.is(await plane.finished((data as { taskId: number }).taskId), 'COMPLETED')
})

test('what is asked for is checked before a task is made', async (t) => {
  const { plane, send } = await stage(t)
  const cases: [object, RegExp][] = [
    [{ type: 'SCREENSHOT' }, /^type: has to be CUSTOM; no other type/],
    [{ command: 'shop.none' }, /never registered the command shop\.none/],
    [{ payload: { text: 1 } }, /^payload\.text: /],
    [{ waitSeconds: 121 }, /^waitSeconds: /],
  ]
  for (const [more, reason] of cases) {
    const { status, code, msg } = await send(more)
    t.deepEqual([status, code], [400, 'INVALID_REQUEST'])
    t.regex(msg, reason)
  }
  t.is(Number((await plane.ok('GET', '/tasks'))['total']), 0)
})

test('a plane that stops answers those who wait', async (t) => {
  const { plane, session, send } = await stage(t)
  const sent = send({ command: 'shop.count', waitSeconds: 120 })
  await session.next('command')
  const [{ status, data }] = await Promise.all([sent, plane.stop()])
  t.is(status, 200)
  t.like(data, { status: 'DISPATCHED' })
})
