import test from 'ava'
import { FakeClock } from '../support/fake-clock.ts'
import { startTestPlane } from '../support/test-plane.ts'

test.serial('a device that is online was last seen when it last spoke, without a write for it', async (t) => {
  const clock = new FakeClock()
  const plane = await startTestPlane(t, { clock })
  const agent = await plane.enrol('a')
  const seen = async () => {
    const { items } = (await plane.ok('GET', '/devices')) as { items: { lastSeenAt: string | null }[] }
    const { lastSeenAt } = await plane.ok('GET', `/devices/${agent.deviceId}`)
    t.is(items[0]?.lastSeenAt, lastSeenAt as string | null)
    return typeof lastSeenAt === 'string' ? Date.parse(lastSeenAt) : null
  }
  t.is(await seen(), null)
  const session = await agent.connect()
  await session.heard()
  const connected = clock.now().getTime()
  t.is(await seen(), connected)
  clock.advance(5000)
  t.is(await seen(), connected, 'nothing was said meanwhile')
  // Writes wait for each other in order: what the connection had to record is recorded.
  await plane.ok('PATCH', `/devices/${agent.deviceId}`, { name: 'b' })
  const before = plane.read('SELECT * FROM devices')
  await session.heard()
  t.is(await seen(), connected + 5000)
  t.deepEqual(plane.read('SELECT * FROM devices'), before)
})
