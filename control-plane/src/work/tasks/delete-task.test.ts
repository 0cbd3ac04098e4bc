import test from 'ava'
import { TaskReferences } from './references.ts'
import { DELIVER_WITHIN_MS, PlaneParts } from '../../../../test/support/plane-parts.ts'

test('what a silent phone has of a deleted task is taken back when it returns', async (t) => {
  const parts = await PlaneParts.open()
  t.teardown(async () => await parts.close())
  const phone = await parts.phone()
  phone.connect()
  await parts.settled()
  phone.mute = true
  const taskId = await parts.task(phone)
  await parts.operations.start(taskId)
  await parts.settled()
  phone.cut()
  phone.mute = false
  await parts.pass(DELIVER_WITHIN_MS)
  t.is((await parts.taskRow(taskId)).status, 'FAILED')
  t.true((await parts.items(taskId)).every(({ status, provisional }) => status === 'EXPIRED' && provisional))

  await parts.operations.delete(taskId)
  phone.connect()
  await parts.settled()
  t.deepEqual(
    (await parts.items(taskId)).map(({ status, provisional }) => [status, provisional]),
    [
      ['CANCELLED', false],
      ['CANCELLED', false],
    ],
  )
  t.is(await new TaskReferences(parts).userOf('templates', 1), undefined)
  await t.throwsAsync(async () => await parts.operations.retryFailed(taskId), { message: /does not exist/ })
})
