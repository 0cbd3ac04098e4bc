import { DatabaseSync, type StatementSync } from 'node:sqlite'
import test from 'ava'
import { FakeClock } from '../support/fake-clock.ts'
import { inFlight, succeeded } from '../support/raw-agent.ts'
import { sharedTestPlane } from '../support/test-plane.ts'
import { messageTaskFor, momentTask } from '../support/plane-tasks.ts'

// What the plane asks its database on a phone's way through it, and how SQLite finds the answer.

const asked = new Set<string>()
const prepare = Reflect.get(DatabaseSync.prototype, 'prepare') as (sql: string) => StatementSync
DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string) {
  asked.add(sql)
  return prepare.call(this, sql)
}

const clock = new FakeClock()
const shared = sharedTestPlane(test, { clock })
/** These grow with the work; others are as small as the fleet. */
const LARGE = /SCAN (commands|items|customers|budget_spends|events|device_events|orphan_results|evidence)\b/

test.serial('no statement on the way of a command goes through a large table', async (t) => {
  const plane = shared()
  const agent = await plane.enrol('a')
  const first = await agent.connect()
  await momentTask(plane, [agent])
  const command = await first.next('command')
  first.say({ $case: 'started', value: { commandId: command.commandId } })
  await first.heard()
  const second = await agent.connect({ lastEpoch: first.epoch, ...inFlight(command) })
  second.say(succeeded(command))
  await second.next('resultAck')
  const taskId = await messageTaskFor(plane, agent, ['one', 'two'])
  second.say(succeeded(await second.next('command')))
  await second.next('resultAck')
  const cancelled = await momentTask(plane, [agent])
  await second.next('command')
  await plane.ok('POST', `/tasks/${cancelled}/cancel`)
  const { id } = await plane.ok('POST', '/kill-switches', { scope: 'DEVICE', id: agent.deviceId, reason: 'stop' })
  await plane.ok('DELETE', `/kill-switches/${Number(id)}`)
  await plane.ok('GET', `/tasks/${taskId}/items`)
  await plane.ok('GET', '/customers')
  // Reaper, sweep and housekeeping.
  await second.live(clock, 61)
  const statements = [...asked].filter((sql) => /^(SELECT|UPDATE|DELETE)/.test(sql))
  const plans = statements.map((sql) => {
    const steps = plane.read(`EXPLAIN QUERY PLAN ${sql}`).map(({ detail }) => String(detail))
    return { sql: sql.replace(/^SELECT .*? FROM/s, 'SELECT … FROM'), steps }
  })
  // The oldest few by id, which is how housekeeping looks.
  const slow = plans.filter(({ sql, steps }) => steps.some((step) => LARGE.test(step)) && !/LIMIT \d+;?$/.test(sql))
  t.deepEqual(slow, [])
  const claims = plans.filter(({ sql }) => sql.includes('+deliver_by'))
  t.true(claims.length > 0)
  for (const { steps } of claims)
    t.true(
      steps.some((step) => step.includes('not_before<')),
      steps.join('; '),
    )
  const pages = plans.filter(({ sql }) => /FROM `items`.*LIMIT 0/.test(sql))
  t.true(pages.length > 0 && pages.every(({ steps }) => !steps.some((step) => step.includes('TEMP B-TREE'))))
})
