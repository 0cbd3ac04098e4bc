import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { pino } from 'pino'
import { openDatabase } from '../infra/database/database.ts'
import { dropOld } from '../infra/database/retention.ts'
import { Housekeeping } from './housekeeping.ts'
import { OrderedEventLog } from '../records/events/log.ts'
import { localLease, type Lease } from '../infra/lease.ts'
import { noFaults } from '../infra/fault-points.ts'
import { Evidence } from '../fleet/commands/evidence.ts'
import { WorkspaceTime } from '../infra/workspace-time.ts'
import type { PublishedEvent } from '../ports.ts'
import { FakeClock } from '../../../test/support/fake-clock.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const log = pino({ level: 'silent' })

async function stage(t: ExecutionContext) {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  const db = await openDatabase(join(dir, 'muster.sqlite'))
  t.teardown(async () => {
    await db.close()
    rmSync(dir, { recursive: true, force: true })
  })
  return { dir, db, clock: new FakeClock() }
}

test('what is older than it is kept is dropped, in steps, and nothing else', async (t) => {
  const { db, clock } = await stage(t)
  const now = clock.now().getTime()
  const event = (at: number) => ({ deviceId: 1, type: 'CONNECTED', data: {}, at })
  const old = Array.from({ length: 1100 }, (_, index) => event(now - 3 * DAY_MS + index))
  const kept = Array.from({ length: 7 }, (_, index) => event(now - DAY_MS + index))
  await db.tables.deviceEvents.bulkCreate([...old, ...kept] as never[])
  const steps: number[] = []
  const chore = dropOld({ db, clock }, db.tables.deviceEvents, {
    column: 'at',
    keptMs: 2 * DAY_MS,
    before: async (ids) => void steps.push(ids.length),
  })
  await new Housekeeping({ clock, log, lease: localLease, chores: [chore] }).sweep()
  t.deepEqual(steps, [500, 500, 100])
  t.is(await db.models.deviceEvents.count(), kept.length)
})

test('a chore that fails does not keep the others from being done', async (t) => {
  const clock = new FakeClock()
  const done: string[] = []
  const fails = async () => await Promise.reject(new Error('no'))
  const works = async () => done.push('it') === 0
  await new Housekeeping({ clock, log, lease: localLease, chores: [fails, works] }).sweep()
  t.deepEqual(done, ['it'])
})

test('a node that does not own the chores leaves them alone until it does, and stops when it loses them', async (t) => {
  const done: number[] = []
  let owned = 0
  const lease: Lease = { owns: async (work) => work === 'housekeeping' && owned-- > 0 }
  const chore = async () => done.push(owned) > 0
  const housekeeping = new Housekeeping({ clock: new FakeClock(), log, lease, chores: [chore] })
  await housekeeping.sweep()
  t.is(done.length, 0)
  owned = 3
  await housekeeping.sweep()
  t.is(done.length, 3)
})

test('an old screenshot goes with its file', async (t) => {
  const { dir, db, clock } = await stage(t)
  const now = clock.now().getTime()
  const shot = { deviceId: 1, commandId: 'c', mimeType: 'image/png', size: 1 }
  await db.tables.evidence.bulkCreate([
    { ...shot, at: now - 31 * DAY_MS },
    { ...shot, at: now },
  ] as never[])
  for (const id of [1, 2]) writeFileSync(join(dir, String(id)), 'x')
  const evidence = new Evidence({ db, tables: db.tables, clock, directory: dir })
  t.false(await dropOld({ db, clock }, db.tables.evidence, evidence.retention)())
  t.deepEqual([existsSync(join(dir, '1')), existsSync(join(dir, '2'))], [false, true])
  t.is(await db.models.evidence.count(), 1)
})

test('who asks for events that are not kept any more is told from where on there are some', async (t) => {
  const { db, clock } = await stage(t)
  const events = new OrderedEventLog({
    db,
    tables: db.tables,
    clock,
    time: new WorkspaceTime('UTC'),
    faults: noFaults,
    lease: localLease,
    log,
  })
  const append = async (refId: number) =>
    await db.write(async (tx) => await events.append(tx, [{ type: 'device.updated', refId, status: 'ONLINE' }]))
  await events.start()
  for (let refId = 1; refId <= 3; refId++) await append(refId)
  clock.advance(8 * DAY_MS)
  await append(4)
  await events.stop()
  // A later life knows what the log begins with.
  const later = new OrderedEventLog({
    db,
    tables: db.tables,
    clock,
    time: new WorkspaceTime('UTC'),
    faults: noFaults,
    lease: localLease,
    log,
  })
  await later.start()
  t.false(await later.trim())
  const seen = async (since: number): Promise<[number, string, number][]> => {
    const got: PublishedEvent[] = []
    const whole = Promise.withResolvers<void>()
    const subscription = later.subscribe(since, (some) => {
      got.push(...some)
      if (got.at(-1)?.seq === 4) whole.resolve()
    })
    await whole.promise
    subscription.close()
    return got.map(({ seq, type, id }) => [seq, type, id])
  }
  const last: [number, string, number] = [4, 'device.updated', 4]
  t.deepEqual(await seen(0), [[3, 'events.trimmed', 4], last])
  t.deepEqual(await seen(3), [last], 'who has all before it misses nothing')
  clock.advance(8 * DAY_MS)
  t.false(await later.trim())
  t.is(await db.models.events.count(), 1, 'the newest stays: numbers go on from it')
  await later.stop()
})
