import test, { type ExecutionContext } from 'ava'
import { inFlight, succeeded } from '../support/raw-agent.ts'
import { accountOf, customer, ends, finds, messageTask } from '../support/plane-tasks.ts'
import { startTestPlane, type TestPlane } from '../support/test-plane.ts'

// Who does not want messages said so as a person, whatever account it was said to.

const OPTED_OUT = [['SKIPPED', 'OPTED_OUT']]

/** Two accounts that know the same person. */
async function stage(t: ExecutionContext) {
  const plane = await startTestPlane(t)
  const [one, two] = [await plane.enrol('a'), await plane.enrol('b')]
  const [first, second] = [await one.connect(), await two.connect()]
  const accounts = [await accountOf(plane, one), await accountOf(plane, two)] as const
  const atOne = await customer(plane, accounts[0], 'zhang')
  const atTwo = await customer(plane, accounts[1], 'zhang')
  return { plane, one, two, first, second, accounts, atOne, atTwo }
}

const optOutOf = async (plane: TestPlane, id: number) => (await plane.ok('GET', `/customers/${id}`))['optOut']

test.serial('who opted out at one account is written to by none, until that is taken back at any', async (t) => {
  const { plane, one, two, second, atOne, atTwo } = await stage(t)
  await plane.ok('PATCH', `/customers/${atOne}`, { optOut: true })
  t.true(await optOutOf(plane, atTwo))
  const skipped = await messageTask(plane, [two], [atTwo])
  t.deepEqual(await ends(plane, skipped), OPTED_OUT)
  t.deepEqual(await ends(plane, await messageTask(plane, [two, one], [atTwo, atOne])), OPTED_OUT)
  await second.heard()
  t.deepEqual(second.commands, [])
  await plane.ok('PATCH', `/customers/${atTwo}`, { optOut: false })
  t.false(await optOutOf(plane, atOne))
  // What was skipped then can be said now, whole.
  const copy = Number((await plane.ok('POST', `/tasks/${skipped}/copy`))['id'])
  await plane.ok('POST', `/tasks/${copy}/resume`)
  const { payload } = await second.next('command')
  const items = payload?.$case === 'sendMessages' ? payload.value.items : []
  t.deepEqual(
    items.map(({ parts }) => parts.map(({ part }) => part?.value)),
    [['hi']],
  )
})

test.serial("an opt-out at one account stops what waits at another's and what is on its phone", async (t) => {
  const { plane, two, second, atOne, atTwo } = await stage(t)
  await messageTask(plane, [two], [atTwo])
  const command = await second.next('command')
  await second.cut()
  await plane.events.find('OFFLINE', (event) => event.id === two.deviceId && event.status === 'OFFLINE')
  const waiting = await messageTask(plane, [two], [atTwo])
  const back = await two.connect({ lastEpoch: second.epoch, credits: 1, ...inFlight(command) })
  await plane.ok('PATCH', `/customers/${atOne}`, { optOut: true })
  const cancel = await back.next('cancel')
  t.deepEqual([cancel.commandId, cancel.code], [command.commandId, 'OPTED_OUT'])
  t.deepEqual(await ends(plane, waiting), OPTED_OUT)
})

test.serial('an opt-out outlives deletion, and neither adding again, nor import, nor sync forgets it', async (t) => {
  const { plane, one, first, accounts, atOne, atTwo } = await stage(t)
  const [accountId, other] = accounts
  await plane.ok('PATCH', `/customers/${atOne}`, { optOut: true })
  const nameless = Number((await plane.ok('POST', '/customers', { accountId, nickname: 'li', optOut: true }))['id'])
  for (const id of [atOne, nameless]) await plane.ok('DELETE', `/customers/${id}`)
  t.true(await optOutOf(plane, atTwo))
  t.true(await optOutOf(plane, await customer(plane, accountId, 'zhang')))
  t.true((await plane.ok('POST', '/customers', { accountId, nickname: 'li', optOut: false }))['optOut'])
  await plane.ok('DELETE', `/customers/${atOne}`)

  const form = new FormData()
  form.append('accountId', String(accountId))
  const csv = 'wechatId,nickname,optOut\nwxid_zhang,zhang,false\nwxid_wang,wang,true\n'
  form.append('file', new Blob([csv]), 'customers.csv')
  const wang = await customer(plane, other, 'wang')
  t.is((await plane.ok('POST', '/customers/import', form))['taken'], 2)
  t.deepEqual([await optOutOf(plane, atOne), await optOutOf(plane, wang)], [true, true])
  await plane.ok('DELETE', `/customers/${atOne}`)

  const sync = Number((await plane.ok('POST', '/wechat/friends/sync', { devices: [one.deviceId] }))['taskId'])
  const command = await first.next('command')
  finds(first, command, { contacts: [{ wechatId: 'wxid_zhang', nickname: 'zhang', remark: '', region: '' }] })
  first.say(succeeded(command))
  t.is(await plane.finished(sync), 'COMPLETED')
  t.true(await optOutOf(plane, atOne))
  // Another WeChat id is a correction, not a change of mind.
  await plane.ok('PATCH', `/customers/${atTwo}`, { wechatId: 'wxid_zhang_2' })
  t.true(await optOutOf(plane, atTwo))
})

test.serial('a list of whom not to write to is heeded for customers who are there already', async (t) => {
  const { plane, accounts, atOne, atTwo } = await stage(t)
  const form = new FormData()
  form.append('accountId', String(accounts[0]))
  form.append('file', new Blob(['wechatId,nickname,optOut\nwxid_zhang,zhang,true\n']), 'customers.csv')
  const report = await plane.ok('POST', '/customers/import', form)
  t.is((report['refused'] as unknown[]).length, 1)
  t.deepEqual([await optOutOf(plane, atOne), await optOutOf(plane, atTwo)], [true, true])
})
