import test from 'ava'
import { PlaneParts } from '../../../../test/support/plane-parts.ts'

const HOUR_MS = 60 * 60 * 1000

test('a task that was found due and moved before it began waits for its new time', async (t) => {
  const parts = await PlaneParts.open()
  t.teardown(async () => await parts.close())
  const phone = await parts.phone()
  const taskId = await parts.task(phone)
  const scheduledTime = parts.clock.now().getTime() + HOUR_MS
  await parts.db.tables.tasks.update({ scheduledTime }, { where: { id: taskId } })
  await parts.operations.start(taskId)
  t.is((await parts.taskRow(taskId)).status, 'SCHEDULED')
  parts.clock.advance(HOUR_MS)
  await parts.operations.start(taskId)
  t.is((await parts.taskRow(taskId)).status, 'PROCESSING')
})

test('a task is not made for a device that was deleted after its request was checked', async (t) => {
  const parts = await PlaneParts.open()
  t.teardown(async () => await parts.close())
  const phone = await parts.phone()
  const devices = await parts.creation.devices([phone.deviceId], { usesAccount: true })
  await parts.removeDevice(phone.deviceId)
  const params = { kind: 'FRIENDS_SYNC', devices: [phone.deviceId] } as const
  const task = { name: 'late', params, scheduledTime: undefined, deliverWithinSeconds: 60, createdBy: 1, items: [] }
  await t.throwsAsync(async () => await parts.creation.create(task, devices, { dryRun: false }), {
    message: new RegExp(`^devices: device ${phone.deviceId}`),
  })
  t.is(await parts.db.models.tasks.count(), 0)
})
