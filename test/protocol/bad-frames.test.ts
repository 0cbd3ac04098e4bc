import test from 'ava'
import { succeeded } from '../support/raw-agent.ts'
import { sharedTestPlane } from '../support/test-plane.ts'
import { momentTask } from '../support/plane-tasks.ts'

const shared = sharedTestPlane(test)

test.serial('a phone that asks for an endless wait gets a day, and nobody else notices', async (t) => {
  const plane = shared()
  const [bad, good] = [await plane.enrol('endless'), await plane.enrol('patient')]
  const [first, second] = [await bad.connect(), await good.connect()]
  await momentTask(plane, [bad])
  const { commandId } = await first.next('command')
  const retryAfterMs = Number.MAX_SAFE_INTEGER
  first.say({ $case: 'notNow', value: { commandId, retryAfterMs, code: 'QUEUE_FULL', reason: '' } })
  await first.heard()
  const other = await momentTask(plane, [good])
  second.say(succeeded(await second.next('command')))
  t.is(await plane.finished(other), 'COMPLETED')
  const { id } = await plane.ok('POST', '/kill-switches', { scope: 'FLEET', reason: 'stop' })
  await plane.ok('DELETE', `/kill-switches/${Number(id)}`)
})

test.serial('a Hello with an epoch no plane gave is refused, and the devices can still be listed', async (t) => {
  const plane = shared()
  const agent = await plane.enrol('future')
  const session = agent.open()
  session.say({ $case: 'hello', value: agent.hello({ lastEpoch: Number.MAX_SAFE_INTEGER }) })
  const error = await session.next('error')
  t.deepEqual([error.code, error.retryable], ['INVALID_REQUEST', false])
  await plane.ok('GET', '/devices')
  t.truthy((await agent.connect()).welcome)
})

test.serial('what cannot be ends the session that said it, and no other', async (t) => {
  const plane = shared()
  const [bad, good] = [await plane.enrol('bad'), await plane.enrol('good')]
  const [first, second] = [await bad.connect(), await good.connect()]
  const taskId = await momentTask(plane, [good])
  const command = await second.next('command')
  first.say({ $case: 'received', value: { commandIds: ['x\0y'] } })
  second.say(succeeded(command))
  const error = await first.next('error')
  t.deepEqual([error.code, error.retryable], ['INVALID_REQUEST', false])
  t.regex(error.message, /received\.commandIds/)
  await first.ended
  t.is((await second.next('resultAck')).error, '')
  t.is(await plane.finished(taskId), 'COMPLETED')
})

test.serial(
  'a result that cannot be read is asked for again in short form, and then taken as far as it can be',
  async (t) => {
    const plane = shared()
    const agent = await plane.enrol('unreadable')
    const session = await agent.connect()
    const taskId = await momentTask(plane, [agent])
    const command = await session.next('command')
    session.say(succeeded(command, { code: 'no code' }))
    t.deepEqual(await session.next('resultAck'), { commandIds: [command.commandId], error: 'RESULT_INVALID' })
    session.say(succeeded(command, { code: 'no code', shortForm: true }))
    t.is((await session.next('resultAck')).error, '')
    t.is(await plane.finished(taskId), 'COMPLETED')
  },
)

test.serial('a session that another gateway has overtaken is given nothing more', async (t) => {
  const plane = shared()
  const agent = await plane.enrol('overtaken')
  const session = await agent.connect()
  await session.heard()
  await plane.sql(`UPDATE devices SET epoch = epoch + 1 WHERE id = ${agent.deviceId}`)
  await momentTask(plane, [agent])
  t.is((await session.next('error')).code, 'STALE_EPOCH')
  await session.ended
  t.deepEqual(session.commands, [])
})
