import test, { type ExecutionContext } from 'ava'
import type { Command } from '@muster/proto'
import { row, rows } from '../../infra/database/table.ts'
import { MusterError } from '../../infra/errors.ts'
import { DELIVER_WITHIN_MS, PlaneParts, type TaskOptions } from '../../../../test/support/plane-parts.ts'
import type { PlayedPhone } from '../../../../test/support/played-phone.ts'

// What the table of stops does not say.

const LEASE_MS = 61_000
const RETRY_AFTER_MS = 5000

interface Stage {
  readonly parts: PlaneParts
  readonly phone: PlayedPhone
  readonly taskId: number
}

/** A task that has begun, on a phone that is there. */
async function begun(t: ExecutionContext, options: TaskOptions = {}): Promise<Stage> {
  const parts = await PlaneParts.open()
  t.teardown(async () => await parts.close())
  const phone = await parts.phone()
  phone.connect()
  await parts.settled()
  return { parts, phone, taskId: await begin(parts, phone, options) }
}

async function begin(parts: PlaneParts, phone: PlayedPhone, options: TaskOptions = {}): Promise<number> {
  const taskId = await parts.task(phone, options)
  await parts.operations.start(taskId)
  await parts.settled()
  return taskId
}

const ends = async ({ parts, taskId }: Stage) => (await parts.items(taskId)).map(({ status, code }) => [status, code])

function given(phone: PlayedPhone): Command {
  const [command] = phone.given
  if (!command) throw new Error('the phone was given nothing')
  return command
}

for (const [verb, end] of [
  ['cancel', ['CANCELLED', 'CANCELLED']],
  ['pause', ['PENDING', null]],
] as const)
  test(`what a phone had no room for is not given to it again after a ${verb}`, async (t) => {
    const stage = await begun(t, { items: 1 })
    const { parts, phone, taskId } = stage
    phone.manual = true
    await parts.operations[verb](taskId)
    const { commandId } = given(phone)
    const full = { commandId, retryAfterMs: RETRY_AFTER_MS, code: 'QUEUE_FULL', reason: '' }
    phone.say({ $case: 'notNow', value: full })
    await parts.settled()
    await parts.pass(RETRY_AFTER_MS + 1000)
    t.is(phone.given.length, 1)
    t.deepEqual(await ends(stage), [end])
    t.is((await row(parts.db.models.commands, { where: { id: commandId } }))?.status, 'CANCELLED')
  })

test('a cancel that overtakes its command in the gateway takes it back, and the phone hears of neither', async (t) => {
  const stage = await begun(t, { items: 1 })
  const { parts, phone } = stage
  phone.slow = true
  // The first stays on its way; the second waits behind it.
  await begin(parts, phone, { items: 1 })
  const taskId = await begin(parts, phone, { items: 1 })
  await parts.operations.cancel(taskId)
  await parts.settled()
  t.deepEqual(await ends({ ...stage, taskId }), [['CANCELLED', 'CANCELLED']])
  t.is((await parts.taskRow(taskId)).status, 'CANCELLED')
  t.deepEqual([phone.given.length, phone.told.length], [2, 0])
})

test('phones are told of a stop before the queue is worked off, and a long queue costs few statements', async (t) => {
  const queued = 1200
  const { parts, phone, taskId } = await begun(t, { items: queued, batchSize: 1 })
  const ended = () =>
    parts.events.filter(({ type, status }) => type === 'item.updated' && status === 'CANCELLED').length
  const endedWhenTold: number[] = []
  phone.onTold = () => endedWhenTold.push(ended())
  const before = parts.statements
  await parts.operations.cancel(taskId)
  const cost = parts.statements - before
  await parts.settled()
  t.deepEqual(endedWhenTold, [0])
  t.true(cost < queued / 4, `${cost} statements for ${queued} commands`)
  t.is(ended(), queued)
  t.is((await parts.taskRow(taskId)).status, 'CANCELLED')
})

test('what a stop was asked of goes to no phone, though nobody has ended it yet', async (t) => {
  const parts = await PlaneParts.open()
  t.teardown(async () => await parts.close())
  const phone = await parts.phone()
  const taskId = await begin(parts, phone)
  await parts.db.write(async (tx) => await parts.stops.ask(tx, { taskId }, { code: 'CANCELLED', reason: 'enough' }))
  phone.connect()
  await parts.settled()
  t.deepEqual(phone.given, [])
  await parts.stops.finish()
  t.deepEqual(new Set((await parts.items(taskId)).map(({ reason }) => reason)), new Set(['enough']))
})

test('a stop that a kill cuts short is ended at the next start, however long the queue', async (t) => {
  const items = 40
  const { parts, phone, taskId } = await begun(t, { items, batchSize: 1 })
  await parts.killedAfterCommit([async () => await parts.operations.cancel(taskId)])
  phone.connect()
  await parts.settled()
  t.is(await parts.db.models.items.count({ where: { taskId, status: 'CANCELLED' } }), items)
  t.is((await parts.taskRow(taskId)).status, 'CANCELLED')
  const commands = await rows(parts.db.models.commands, { where: { taskId } })
  t.deepEqual(new Set(commands.map(({ status }) => status)), new Set(['CANCELLED']))
})

test('retry-failed tries what failed for sure and says how much it left; a deleted device leaves nothing', async (t) => {
  const stage = await begun(t, { items: 2, batchSize: 1 })
  const { parts, phone, taskId } = stage
  phone.deaf = true
  phone.fail()
  await parts.settled()
  phone.cut()
  await parts.pass(DELIVER_WITHIN_MS)
  t.deepEqual(await ends(stage), [
    ['FAILED', 'APP_NOT_READY'],
    ['EXPIRED', 'DEVICE_OFFLINE'],
  ])
  t.deepEqual(await parts.operations.retryFailed(taskId), { retried: 1, unsure: 1, deviceDeleted: 0 })
  const refused = await t.throwsAsync(async () => await parts.operations.retryFailed(taskId))
  t.true(refused instanceof MusterError && refused.code === 'CONFLICT')
  t.regex(refused?.message ?? '', /1 items may still be on a phone/)
  await parts.removeDevice(phone.deviceId)
  t.deepEqual(await ends(stage), [
    ['CANCELLED', 'CANCELLED'],
    ['UNKNOWN_EFFECT', 'UNKNOWN_EFFECT'],
  ])
  t.is((await parts.taskRow(taskId)).status, 'FAILED')
  const open = [{ provisional: true }, { status: ['QUEUED', 'DISPATCHED', 'RECEIVED', 'ACCEPTED', 'RUNNING'] }]
  for (const where of open) t.is(await parts.db.models.commands.count({ where: { taskId, ...where } as never }), 0)
  t.false((await parts.items(taskId)).some(({ provisional }) => provisional))
})

test('what the plane itself ends as UNKNOWN_EFFECT counts for the account and the customer', async (t) => {
  const { parts, phone, taskId } = await begun(t, { items: 1 })
  const [item] = await parts.items(taskId)
  const counted = async () => [
    await parts.db.models.budgetSpends.count({ where: { itemId: item?.id ?? 0 } }),
    (await row(parts.db.models.customers, { where: { id: item?.customerId ?? 0 } }))?.lastSentAt ?? null,
  ]
  phone.cut()
  await parts.pass(LEASE_MS)
  t.deepEqual(await counted(), [0, null], 'it is under way while the phone may speak')
  phone.held.clear()
  phone.connect()
  await parts.settled()
  t.is((await parts.items(taskId))[0]?.status, 'UNKNOWN_EFFECT')
  t.deepEqual(await counted(), [1, parts.clock.now().getTime()])
})

test('an item a pause gave back takes an outcome that must not be repeated, and is not sent again', async (t) => {
  const stage = await begun(t, { items: 2 })
  const { parts, phone, taskId } = stage
  phone.manual = true
  await parts.operations.pause(taskId)
  const [one = '', two = ''] = (await parts.items(taskId)).map(({ id }) => String(id))
  for (const itemId of [one, two]) phone.progress(given(phone), itemId, 'CANCELLED')
  await parts.settled()
  t.deepEqual(await ends(stage), [
    ['PENDING', null],
    ['PENDING', null],
  ])
  phone.result(given(phone), 'PARTIAL', { [one]: 'SUCCEEDED', [two]: 'CANCELLED' })
  await parts.settled()
  t.deepEqual(phone.refused, [])
  t.deepEqual(await ends(stage), [
    ['SUCCEEDED', null],
    ['PENDING', null],
  ])
  await parts.operations.resume(taskId)
  await parts.settled()
  phone.doAll()
  await parts.settled()
  t.deepEqual(phone.effects, [two])
  t.is((await parts.taskRow(taskId)).status, 'COMPLETED')
})

test('a kill switch that stands when a phone returns stops what it holds, whatever became of the stop', async (t) => {
  const stage = await begun(t, { items: 1 })
  const { parts, phone } = stage
  phone.cut()
  await parts.settled()
  const standing = { scope: 'DEVICE', targetId: phone.deviceId, reason: 'stop it', createdBy: 1, createdAt: 0 } as const
  await parts.db.write(async (tx) => await parts.db.tables.killSwitches.create(standing, { transaction: tx }))
  phone.connect()
  await parts.settled()
  t.deepEqual(await ends(stage), [['CANCELLED', 'CANCELLED']])
  t.regex((await parts.items(stage.taskId))[0]?.reason ?? '', /kill switch \d+: stop it/)
})
