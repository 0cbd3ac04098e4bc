import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { pino } from 'pino'
import { CommandResult, CommandStatus, type ConnectResponse } from '@muster/proto'
import { systemClock } from '../../infra/clock.ts'
import { openDatabase } from '../../infra/database/database.ts'
import { rows } from '../../infra/database/table.ts'
import { noFaults } from '../../infra/fault-points.ts'
import { ItemLedger } from './items.ts'
import { CommandQueue } from './queue.ts'
import { LastSent } from '../../records/contacts/last-sent.ts'
import { CommandWriter } from './writer.ts'
import { Recorder } from './recorder.ts'
import { Session, type SessionStream } from '../../edge/gateway/session.ts'
import type { AccountBudgets, AccountGuard, EventLog, TaskProgress } from '../../ports.ts'
import { actionRules } from '../../work/tasks/kinds/action-rules.ts'

const events: EventLog = { append: async () => undefined, subscribe: () => ({ close: () => undefined }) }
const progress: TaskProgress = { itemsChanged: async () => undefined }
const bus = { ring: async () => undefined }
const log = pino({ level: 'silent' })
const guard: AccountGuard = { stop: async () => undefined }
const budgets: AccountBudgets = { actions: actionRules, budget: async () => undefined, spend: async () => undefined }
const commandId = (device: number) => `018f0000-0000-7000-8000-00000000000${device}`

/** A recorder over devices 1 to n, each with one command it has received, and a session of each under epoch 1. */
async function recorder(t: ExecutionContext, devices: number) {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  const db = await openDatabase(join(dir, 'muster.sqlite'))
  t.teardown(async () => {
    await db.close()
    rmSync(dir, { recursive: true, force: true })
  })
  const clock = systemClock
  const common = { taskId: 1, accountId: null, kind: 'readDevice', payload: Buffer.alloc(0), effectClass: 'READ' }
  const times = { notBefore: 0, deliverBy: 0, deliverWithinMs: 0, leaseMs: 60_000, maxRunMs: 60_000, createdAt: 0 }
  await db.write(async (tx) => {
    for (let device = 1; device <= devices; device++) {
      await db.tables.devices.create({ name: 'd', epoch: 1, createdAt: 0 }, { transaction: tx })
      const command = { id: commandId(device), deviceId: device, status: 'RECEIVED', ...common, ...times }
      await db.tables.commands.create(command as never, { transaction: tx })
    }
  })
  const { tables } = db
  const items = new ItemLedger({ tables, events })
  const queue = new CommandQueue({ db, tables, clock, log, items, bus })
  const writer = new CommandWriter({ db, tables, clock, items, queue, budgets, lastSent: new LastSent({ tables }) })
  const base = { db, tables, clock, log, faults: noFaults, progress, guard, items, queue, writer }
  const sink = { page: async () => undefined }
  const sessions = Array.from({ length: devices }, (_, index) => session(index + 1))
  return { db, recorder: new Recorder({ ...base, sink }), sessions }
}

/** A session whose stream keeps what is written on it. */
function session(deviceId: number) {
  const heard: string[] = []
  const stream = {
    write: ({ frames }: ConnectResponse, sent?: () => void) => {
      for (const { frame } of frames) heard.push(frame?.$case === 'error' ? frame.value.code : String(frame?.$case))
      sent?.()
    },
    end: () => undefined,
  }
  const facts = { deviceId, accountId: null, wechatId: '', epoch: 1, bootId: 'b', serial: 's', credits: 4 }
  return { heard, session: new Session(stream as unknown as SessionStream, facts, 0) }
}

const result = (device: number) => ({
  $case: 'result' as const,
  value: CommandResult.fromPartial({ commandId: commandId(device), status: CommandStatus.SUCCEEDED }),
})

test('what cannot be stored of one agent ends its stream alone, and the others are acknowledged', async (t) => {
  const { db, recorder: one, sessions } = await recorder(t, 3)
  await db.sequelize.query(
    "CREATE TRIGGER refuse BEFORE UPDATE ON commands WHEN NEW.device_id = 2 BEGIN SELECT RAISE(ABORT, 'no'); END",
  )
  for (const [index, { session: mine }] of sessions.entries()) one.record(mine, result(index + 1))
  await one.idle()
  await new Promise((resolve) => setImmediate(resolve))
  t.deepEqual(
    sessions.map(({ heard }) => heard),
    [['resultAck'], ['UNAVAILABLE'], ['resultAck']],
  )
  const status = (await rows(db.models.commands, { order: ['id'] })).map((command) => command.status)
  t.deepEqual(status, ['SUCCEEDED', 'RECEIVED', 'SUCCEEDED'])
})

test('what a session says that was overtaken in the database is not stored', async (t) => {
  const { db, recorder: one, sessions } = await recorder(t, 2)
  // As another gateway does when it takes the device in.
  await db.sequelize.query('UPDATE devices SET epoch = 2 WHERE id = 1')
  for (const [index, { session: mine }] of sessions.entries()) one.record(mine, result(index + 1))
  await one.idle()
  await new Promise((resolve) => setImmediate(resolve))
  t.deepEqual(
    sessions.map(({ heard }) => heard),
    [['STALE_EPOCH'], ['resultAck']],
  )
  const status = (await rows(db.models.commands, { order: ['id'] })).map((command) => command.status)
  t.deepEqual(status, ['RECEIVED', 'SUCCEEDED'])
})
