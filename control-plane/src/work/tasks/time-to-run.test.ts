import test, { type ExecutionContext } from 'ava'
import { PlaneParts } from '../../../../test/support/plane-parts.ts'

const NIGHT_MS = 8 * 60 * 60 * 1000

/** A phone that has done the first of three items. */
async function underWay(t: ExecutionContext) {
  const parts = await PlaneParts.open()
  t.teardown(async () => await parts.close())
  const phone = await parts.phone()
  phone.connect()
  await parts.settled()
  const taskId = await parts.task(phone, { items: 3 })
  await parts.operations.start(taskId)
  await parts.settled()
  phone.doOne()
  await parts.settled()
  const ends = async () => {
    await parts.pass(1000)
    t.deepEqual(phone.told, [], 'nobody tells it to end')
    phone.doAll()
    await parts.settled()
    return [(await parts.taskRow(taskId)).status, (await parts.items(taskId)).map(({ status }) => status).join()]
  }
  return { parts, phone, ends }
}

const DONE = ['COMPLETED', 'SUCCEEDED,SUCCEEDED,SUCCEEDED']

test('a phone that was off for longer than a batch may run goes on with it when it is back', async (t) => {
  const { parts, phone, ends } = await underWay(t)
  phone.cut()
  await parts.pass(2 * 60_000)
  await parts.pass(NIGHT_MS)
  phone.connect()
  await parts.settled()
  t.deepEqual(await ends(), DONE)
})

test('a plane that was down for longer than a batch may run lets the phones go on with it', async (t) => {
  const { parts, phone, ends } = await underWay(t)
  await parts.down(NIGHT_MS)
  // The plane looks for what is late before the phones are back.
  await parts.pass(1000)
  phone.connect()
  await parts.settled()
  t.deepEqual(await ends(), DONE)
})

test('a machine that slept does not end what its phones have', async (t) => {
  const { parts, ends } = await underWay(t)
  await parts.pass(NIGHT_MS)
  t.deepEqual(await ends(), DONE)
})
