import { randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once, type EventEmitter } from 'node:events'
import { createServer } from 'node:net'
import type { ExecutionContext } from 'ava'

/** Below what systems give to connections and to whoever listens at port 0. */
const [FIRST, BEHIND] = [15_000, 32_000]
const TRIES = 100

/**
 * A port of this machine that is the test's own until it ends, also while nobody listens there: what is killed can be
 * started at it again. Held by the UDP port of the same number, which the system takes back whatever happens to us.
 */
export async function ownPort(t: Pick<ExecutionContext, 'teardown'>): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = randomInt(FIRST, BEHIND)
    const held = createSocket('udp4').unref()
    if ((await binds(held, port)) && (await isFree(port))) {
      t.teardown(() => held.close())
      return port
    }
    held.close()
  }
  throw new Error(`found no free port between ${FIRST} and ${BEHIND}`)
}

async function binds(socket: Socket, port: number): Promise<boolean> {
  const bound = listens(socket)
  socket.bind({ address: '127.0.0.1', port, exclusive: true })
  return await bound
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const free = listens(server)
  server.listen(port, '127.0.0.1')
  if (await free) await once(server.close(), 'close')
  return await free
}

/** Whether it gets the port it is told to listen at. */
const listens = async (emitter: EventEmitter): Promise<boolean> =>
  await once(emitter, 'listening').then(
    () => true,
    () => false,
  )
