import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { pino } from 'pino'
import type { Authenticator } from '../auth/service.ts'
import { openDatabase } from '../../infra/database/database.ts'
import { OrderedEventLog } from './log.ts'
import { noFaults } from '../../infra/fault-points.ts'
import { localLease, type Lease } from '../../infra/lease.ts'
import { EventSocket } from '../../edge/api/event-socket.ts'
import { WorkspaceTime } from '../../infra/workspace-time.ts'
import type { EventLog, PublishedEvent } from '../../ports.ts'
import { FakeClock } from '../../../../test/support/fake-clock.ts'

const log = pino({ level: 'silent' })
const EVENTS_PER_READ = 500
const WEEK_MS = 7 * 24 * 60 * 60 * 1000

async function eventLog(t: ExecutionContext, lease: Lease = localLease) {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  const db = await openDatabase(join(dir, 'a.sqlite'))
  const clock = new FakeClock()
  const events = new OrderedEventLog({
    db,
    tables: db.tables,
    clock,
    time: new WorkspaceTime('UTC'),
    faults: noFaults,
    lease,
    log,
  })
  await events.start()
  t.teardown(async () => {
    await events.stop()
    await db.close()
    rmSync(dir, { recursive: true })
  })
  const happen = async (...ids: number[]): Promise<void> =>
    await db.write(async (tx) => {
      await events.append(
        tx,
        ids.map((refId) => ({ type: 'device.updated', refId, status: 'ONLINE' })),
      )
    })
  return { events, happen, clock }
}

/** A subscriber that says when it was given something, and may take its time. */
class Reader {
  readonly ids: number[] = []
  readonly seqs: number[] = []
  calls = 0
  busy: Promise<void> | undefined
  #given = Promise.withResolvers<void>()

  readonly listener = (events: readonly PublishedEvent[]): Promise<void> | undefined => {
    this.calls++
    this.ids.push(...events.map(({ id }) => id))
    this.seqs.push(...events.map(({ seq }) => seq))
    this.#given.resolve()
    return this.busy
  }

  /** Resolves when the events with these ids were given, in this order and no others. */
  async has(...ids: number[]): Promise<void> {
    while (this.ids.length < ids.length) {
      await this.#given.promise
      this.#given = Promise.withResolvers<void>()
    }
    if (ids.join() !== this.ids.join()) throw new Error(`given ${this.ids.join()} instead of ${ids.join()}`)
  }
}

test('who asks for what comes after the end of the log misses nothing that comes', async (t) => {
  const { events, happen } = await eventLog(t)
  const first = new Reader()
  events.subscribe(undefined, first.listener)
  await happen(1, 2)
  await first.has(1, 2)
  const [early, late] = [new Reader(), new Reader()]
  events.subscribe(0, early.listener)
  events.subscribe(1_000_000, late.listener)
  await happen(3)
  await Promise.all([early.has(1, 2, 3), late.has(3)])
  t.deepEqual(
    early.seqs,
    early.seqs.toSorted((a, b) => a - b),
  )
})

test('for a reader that is busy nothing piles up, and afterwards it gets all of it once', async (t) => {
  const { events, happen } = await eventLog(t)
  const [slow, quick] = [new Reader(), new Reader()]
  const free = Promise.withResolvers<void>()
  slow.busy = free.promise
  events.subscribe(undefined, slow.listener)
  events.subscribe(undefined, quick.listener)
  await happen(1)
  await happen(2)
  await happen(3, 4)
  await quick.has(1, 2, 3, 4)
  t.is(slow.calls, 1)
  slow.busy = undefined
  free.resolve()
  await slow.has(1, 2, 3, 4)
  t.deepEqual(slow.seqs, quick.seqs)
})

test('a reader hears of what was dropped while it took its time, and of everything that is kept', async (t) => {
  const { events, happen, clock } = await eventLog(t)
  const more = 20
  const ids = Array.from({ length: EVENTS_PER_READ + more }, (_, at) => at + 1)
  const [slow, quick] = [new Reader(), new Reader()]
  events.subscribe(undefined, quick.listener)
  await happen(...ids)
  await quick.has(...ids)
  const free = Promise.withResolvers<void>()
  slow.busy = free.promise
  events.subscribe(0, slow.listener)
  await slow.has(...ids.slice(0, EVENTS_PER_READ))
  clock.advance(WEEK_MS + 1)
  while (await events.trim());
  slow.busy = undefined
  free.resolve()
  const last = ids.at(-1) ?? 0
  // The newest is always kept; the notice of the gap has its number.
  await slow.has(...ids.slice(0, EVENTS_PER_READ), last, last)
  t.deepEqual(slow.seqs.slice(-2), [last - 1, last])
})

test('a reader that fails is dropped, and the others go on', async (t) => {
  const { events, happen } = await eventLog(t)
  const good = new Reader()
  events.subscribe(undefined, async () => await Promise.reject(new Error('gone')))
  events.subscribe(undefined, good.listener)
  await happen(1)
  await happen(2)
  await good.has(1, 2)
  t.pass()
})

const everybody = {
  verify: async () => ({ userId: 1, username: 'a', role: 'viewer' }),
  watch: async () => ({ stop: () => undefined }),
} as unknown as Authenticator

/** A WebSocket client that shook hands and never reads or answers again. */
async function deafClient(t: ExecutionContext, events: EventLog) {
  const server = createServer()
  const socket = new EventSocket({ auth: everybody, events, log, pingMs: 20 })
  socket.attach(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.teardown(() => {
    client.destroy()
    socket.close()
    server.close()
  })
  const lines = ['GET /api/v1/ws HTTP/1.1', 'Host: a', 'Upgrade: websocket', 'Connection: Upgrade']
  client.write([...lines, 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${'A'.repeat(22)}==`, '', ''].join('\r\n'))
  await once(client, 'data')
  return client
}

test('a client that does not answer a ping in time is dropped, and its subscription with it', async (t) => {
  const ended = Promise.withResolvers<void>()
  const subscribe = () => ({ close: () => ended.resolve() })
  const client = await deafClient(t, { append: async () => undefined, subscribe })
  client.pause()
  await ended.promise
  t.pass()
})

test('for a client that does not read, the plane waits instead of filling its memory', async (t) => {
  const waits = Promise.withResolvers<number>()
  const event: PublishedEvent = { seq: 1, type: 'task.updated', id: 1, status: 'x'.repeat(1000), at: '' }
  const subscribe: EventLog['subscribe'] = (_since, listener) => {
    for (let batch = 1; ; batch++) {
      if (!listener(Array.from({ length: 100 }, () => event))) continue
      waits.resolve(batch)
      return { close: () => undefined }
    }
  }
  await deafClient(t, { append: async () => undefined, subscribe })
  t.true((await waits.promise) < 100)
})

test('a node that does not own the publishing leaves events in the outbox until it does', async (t) => {
  let asked = 0
  const { events, happen, clock } = await eventLog(t, { owns: async () => ++asked > 3 })
  const reader = new Reader()
  events.subscribe(0, reader.listener)
  await happen(1, 2)
  await clock.passUntil(reader.has(1, 2))
  t.true(asked > 3)
})
