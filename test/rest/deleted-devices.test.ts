import test from 'ava'
import { ends } from '../support/plane-tasks.ts'
import { failed, type RawSession } from '../support/raw-agent.ts'
import { startTestPlane } from '../support/test-plane.ts'

test.serial(
  'what a deleted device had to do is neither tried again nor waited for, and the answer names it',
  async (t) => {
    const plane = await startTestPlane(t)
    const [first, second] = [await plane.enrol('first'), await plane.enrol('second')]
    const [one, two] = [first.deviceId, second.deviceId]
    const [firstPhone, secondPhone] = [await first.connect(), await second.connect()]
    const made = await plane.ok('POST', '/wechat/moments/tasks', { content: 'a', devices: [one, two] })
    const taskId = Number(made['taskId'])
    const fail = async (session: RawSession): Promise<void> => {
      session.say(failed(await session.next('command')))
      await session.next('resultAck')
    }
    await fail(firstPhone)
    await fail(secondPhone)
    t.is(await plane.finished(taskId), 'FAILED')
    await plane.ok('DELETE', `/devices/${one}`)

    const retried = await plane.ok('POST', `/tasks/${taskId}/retry-failed`)
    t.like(retried, { retried: 1, unsure: 0, deviceDeleted: 1, status: 'PROCESSING' })
    await fail(secondPhone)
    const copy = Number((await plane.ok('POST', `/tasks/${taskId}/copy`))['id'])
    t.deepEqual(await ends(plane, copy), [
      ['CANCELLED', 'CANCELLED'],
      ['PENDING', null],
    ])
    t.deepEqual(
      ((await plane.ok('GET', `/tasks/${copy}`))['devices'] as { deleted: boolean }[]).map(({ deleted }) => deleted),
      [true, false],
    )
    await plane.ok('POST', `/tasks/${copy}/resume`)
    await fail(secondPhone)
    t.is(await plane.finished(copy), 'FAILED', 'nothing is left open')

    await plane.ok('DELETE', `/devices/${two}`)
    for (const verb of ['retry-failed', 'copy']) {
      const refused = await plane.call('POST', `/tasks/${taskId}/${verb}`)
      t.deepEqual([refused.status, refused.code], [409, 'CONFLICT'])
      t.regex(refused.msg, /device .*2 \(second\).* was deleted; create a new task/)
    }
  },
)
