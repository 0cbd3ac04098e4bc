import test from 'ava'
import { succeeded } from '../support/raw-agent.ts'
import { startTestPlane } from '../support/test-plane.ts'
import { momentTask } from '../support/plane-tasks.ts'
import { within } from '../support/within.ts'

// Who may speak for a device, and which of its streams counts.

test.serial('frames of an older epoch are refused and the stream ends', async (t) => {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  const taskId = await momentTask(plane, [agent])
  const command = await session.next('command')
  session.say(succeeded(command), session.epoch - 1)
  const error = await session.next('error')
  t.deepEqual([error.code, error.retryable], ['STALE_EPOCH', true])
  await session.ended
  t.deepEqual(
    (await plane.items(taskId)).map(({ status }) => status),
    ['DISPATCHED'],
  )
})

test.serial('the newest of two streams with one identity wins', async (t) => {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  const older = await agent.connect()
  const newer = await agent.connect({ lastEpoch: older.epoch })
  t.is((await older.next('error')).code, 'STALE_EPOCH')
  await older.ended
  const taskId = await momentTask(plane, [agent])
  newer.say(succeeded(await newer.next('command')))
  t.is(await plane.finished(taskId), 'COMPLETED')
  t.deepEqual(older.commands, [])
})

test.serial(
  'two agents that take one identity from each other again and again are held off and named as clones',
  async (t) => {
    const plane = await startTestPlane(t)
    const agent = await plane.enrol('a')
    await agent.connect({ bootId: 'one' })
    await agent.connect({ bootId: 'two' })
    await agent.connect({ bootId: 'one' })
    const last = agent.open()
    last.say({ $case: 'hello', value: agent.hello({ bootId: 'two' }) })
    const error = await last.next('error')
    t.is(error.code, 'CLONE_SUSPECTED')
    t.true(error.retryAfterMs >= 60_000)
    const log = await plane.ok('GET', `/devices/${agent.deviceId}/events`)
    t.true((log['items'] as { type: string }[]).some(({ type }) => type === 'CLONE_SUSPECTED'))
  },
)

test.serial('an agent that merely reconnects many times is no clone', async (t) => {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  for (let count = 0; count < 8; count++) t.truthy((await agent.connect()).welcome)
})

test.serial('revoking a device cuts its live stream within 5 s and its certificate never works again', async (t) => {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  const session = await agent.connect()
  await plane.ok('DELETE', `/devices/${agent.deviceId}`)
  await t.notThrowsAsync(within(session.ended, 5000, () => 'the stream to be cut'))
  const back = agent.open()
  back.say({ $case: 'hello', value: agent.hello() })
  await back.ended
  t.false(back.seen.some((frame) => frame.$case === 'welcome'))
})

test("a Hello for another device than the certificate's is refused", async (t) => {
  const plane = await startTestPlane(t)
  const [one, two] = [await plane.enrol('a'), await plane.enrol('b')]
  const session = one.open()
  session.say({ $case: 'hello', value: one.hello({ deviceId: two.deviceId }) })
  const error = await session.next('error')
  t.deepEqual([error.code, error.retryable], ['UNAUTHENTICATED', false])
})

test.serial('an agent that speaks only other versions of the protocol is told which one to use', async (t) => {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  const session = agent.open()
  session.say({ $case: 'hello', value: agent.hello({ protocolMin: 7, protocolMax: 9 }) })
  const error = await session.next('error')
  t.regex(error.message, /speaks 1, the agent 7 to 9/)
})
