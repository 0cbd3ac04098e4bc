import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { status } from '@grpc/grpc-js'
import { FakeClock } from '../support/fake-clock.ts'
import { RawAgent } from '../support/raw-agent.ts'
import { sharedTestPlane } from '../support/test-plane.ts'
import { within } from '../support/within.ts'

const HELLO_LIMIT_MS = 10_000
const GOODBYE_MS = 5000

/** Tells when somebody begins to wait for so long. */
class WatchedClock extends FakeClock {
  #asked = { ms: 0, resolve: (): void => undefined }

  async asked(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#asked = { ms, resolve }
    await within(promise, 60_000, () => `a timer of ${ms} ms`)
  }

  override setTimeout(work: () => void, ms: number): { cancel(): void } {
    if (ms === this.#asked.ms) this.#asked.resolve()
    return super.setTimeout(work, ms)
  }
}

const clock = new WatchedClock()
const shared = sharedTestPlane(test, { clock })

/** The way to the gateway, until nothing comes down it any more. */
async function wayTo(t: ExecutionContext, address: string) {
  const [host, port] = address.split(':')
  const up = Promise.withResolvers<Socket>()
  let deaf = false
  const proxy = createServer((down) => {
    const socket = connect(Number(port), host)
    socket.on('data', (bytes) => void (deaf || down.write(bytes)))
    down.pipe(socket)
    for (const one of [socket, down]) one.on('error', () => undefined)
    t.teardown(() => [socket, down].map((one) => one.destroy()))
    up.resolve(socket)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => void proxy.close())
  const goDeaf = (): void => {
    deaf = true
  }
  return { address: `127.0.0.1:${(proxy.address() as AddressInfo).port}`, up: up.promise, goDeaf }
}

test.serial('a stream on which nobody says Hello ends with a status that says why', async (t) => {
  const agent = await shared().enrol('mute')
  const served = clock.asked(HELLO_LIMIT_MS)
  const session = agent.open()
  await served
  clock.advance(HELLO_LIMIT_MS)
  const ended = await within(session.ended, 60_000, () => 'the end of the stream')
  t.is(ended.code, status.DEADLINE_EXCEEDED)
  t.regex(ended.details, /Hello/)
  t.truthy((await agent.connect()).welcome, 'it may come back at once')
})

test.serial('who neither says Hello nor takes the end of the stream loses the connection', async (t) => {
  const { identity } = await shared().enrol('deaf')
  const way = await wayTo(t, shared().grpcAddress)
  const served = clock.asked(HELLO_LIMIT_MS)
  const session = new RawAgent(identity, way.address, 'deaf').open()
  await served
  const up = await way.up
  const closed = once(up, 'close')
  way.goDeaf()
  clock.advance(HELLO_LIMIT_MS + GOODBYE_MS)
  await within(closed, 60_000, () => 'the gateway to close the connection')
  await session.cut()
  t.pass()
})
