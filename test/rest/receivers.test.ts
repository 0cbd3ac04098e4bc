import test from 'ava'
import { Visibility } from '@muster/proto'
import { succeeded } from '../support/raw-agent.ts'
import { accountOf, customer, ends, finds, messageTo, momentTask } from '../support/plane-tasks.ts'
import { startTestPlane, type TestPlane } from '../support/test-plane.ts'

async function twoPhones(plane: TestPlane) {
  const [one, two] = [await plane.enrol('a'), await plane.enrol('b')]
  return { one, two, first: await one.connect(), second: await two.connect() }
}

test.serial(
  'groups of accounts that are not listed are counted in a warning, and a task for nobody is refused',
  async (t) => {
    const plane = await startTestPlane(t)
    const { one, two, first, second } = await twoPhones(plane)
    const sync = Number(
      (await plane.ok('POST', '/wechat/groups/sync', { devices: [one.deviceId, two.deviceId] }))['taskId'],
    )
    for (const [session, name] of [
      [first, 'ours'],
      [second, 'theirs'],
    ] as const) {
      const command = await session.next('command')
      finds(session, command, { groups: [{ name, memberCount: 3, members: [], complete: true }] })
      session.say(succeeded(command))
    }
    t.is(await plane.finished(sync), 'COMPLETED')
    const { items } = (await plane.ok('GET', '/wechat/groups')) as { items: { id: number; name: string }[] }
    const [ours, theirs] = ['ours', 'theirs'].map((name) => items.find((group) => group.name === name)?.id)
    const body = await messageTo(plane, [one], [])
    const to = async (receivers: object) => await plane.call('POST', '/message/tasks', { ...body, receivers })
    const some = await to({ type: 'GROUP', groupIds: [ours, theirs] })
    t.is(some.status, 200)
    t.regex(String((some.data as { warnings: string[] }).warnings), /1 groups belong to accounts of no listed device/)
    const { id: empty } = await plane.ok('POST', '/tags', { name: 'empty' })
    const before = (await plane.ok('GET', '/tasks'))['total']
    for (const receivers of [
      { type: 'GROUP', groupIds: [theirs] },
      { type: 'TAG', tagIds: [empty] },
      { type: 'ALL' },
    ]) {
      const refused = await to(receivers)
      t.deepEqual([refused.status, refused.code], [400, 'INVALID_REQUEST'])
      t.regex(refused.msg, /receivers/)
    }
    t.is((await plane.ok('GET', '/tasks'))['total'], before)
  },
)

test.serial(
  'a Moment goes only where its audience is: an account without any of it is skipped, and says so',
  async (t) => {
    const plane = await startTestPlane(t)
    const { one, two, first, second } = await twoPhones(plane)
    const friend = await customer(plane, await accountOf(plane, one), 'zhang')
    const devices = [one.deviceId, two.deviceId]
    const shown = async (visibleTo: string, more: object) =>
      await plane.call('POST', '/wechat/moments/tasks', { content: visibleTo, visibleTo, devices, ...more })

    const included = await shown('INCLUDE', { customerIds: [friend] })
    const { taskId, warnings } = included.data as { taskId: number; warnings: string[] }
    t.regex(String(warnings), /account 2 has none of the customers who may see it/)
    first.say(succeeded(await first.next('command')))
    t.is(await plane.finished(taskId), 'PARTIAL')
    t.deepEqual(await ends(plane, taskId), [
      ['SUCCEEDED', null],
      ['SKIPPED', 'CONTACT_NOT_FOUND'],
    ])
    t.is((await shown('INCLUDE', { customerIds: [friend], devices: [two.deviceId] })).status, 400)
    t.is((await shown('INCLUDE', { tagIds: [987_654] })).status, 404)
    await second.heard()
    t.deepEqual(second.commands, [], 'the skipped one was never given to a phone')

    await momentTask(plane, two, { visibleTo: 'EXCLUDE', customerIds: [friend] })
    const { payload } = await second.next('command')
    t.is(payload?.$case === 'publishMoment' ? payload.value.visibility : undefined, Visibility.ALL)
  },
)
