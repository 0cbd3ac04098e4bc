import test from 'ava'
import { CommandStatus, EffectClass, ItemStatus, type CustomCapability } from '@muster/proto'
import { answered, askedOf, capability, LABEL, till } from '../support/custom-phones.ts'
import { accountOf, held } from '../support/plane-tasks.ts'
import { failed, itemIdsIn, succeeded, type RawAgent } from '../support/raw-agent.ts'
import { sharedTestPlane, type TestPlane } from '../support/test-plane.ts'

// Commands that agent authors define: registered in Hello, created over REST, carried out like any other.

const shared = sharedTestPlane(test)

/** A device without an account whose agent has registered these commands. */
async function device(name: string, ...custom: CustomCapability[]) {
  const agent = await shared().enrol(name)
  const session = await agent.connect(till(...(custom.length > 0 ? custom : [capability()])))
  return { agent, session }
}

const task = (agents: readonly RawAgent[], more: object = {}) => ({
  command: 'shop.print-label',
  payload: { text: 'tea' },
  devices: agents.map(({ deviceId }) => deviceId),
  ...more,
})
const create = async (plane: TestPlane, agents: readonly RawAgent[], more: object = {}) =>
  Number((await plane.ok('POST', '/custom/tasks', task(agents, more)))['taskId'])

async function refused(agents: readonly RawAgent[], more: object): Promise<string> {
  const { status, code, msg } = await shared().call('POST', '/custom/tasks', task(agents, more))
  return `${status} ${code} ${msg}`
}

async function gone(plane: TestPlane, deviceId: number): Promise<void> {
  await plane.events.find('OFFLINE', (event) => event.id === deviceId && event.status === 'OFFLINE')
}

test.serial('a device shows what its agent registered last', async (t) => {
  const plane = shared()
  const { agent, session } = await device('shows', capability(), capability({ version: 2, description: 'Wider' }))
  const shown = async () => (await plane.ok('GET', `/devices/${agent.deviceId}`))['capabilities']
  const one = { name: 'shop.print-label', version: 1, effectClass: 'ONCE', description: 'Prints', schema: LABEL }
  t.deepEqual(await shown(), [one, { ...one, version: 2, description: 'Wider' }])
  await session.cut()
  const read = capability({ name: 'shop.count', effectClass: EffectClass.READ })
  await agent.connect({ ...till(read), lastEpoch: session.epoch })
  t.deepEqual(await shown(), [{ ...one, name: 'shop.count', effectClass: 'READ' }])
  await agent.connect({ ...till(), lastEpoch: session.epoch + 1 })
  t.deepEqual(await shown(), [])
})

test.serial('a Hello that registers what it may not is refused with the reason', async (t) => {
  const agent = await shared().enrol('wrong')
  const cases: [CustomCapability[], RegExp][] = [
    [[capability({ name: 'Print' })], /custom: the name "Print"/],
    [[capability(), capability()], /custom: shop\.print-label version 1 is registered twice/],
    [[capability({ schema: { type: 'text' } })], /custom: shop\.print-label version 1: schema: #\/type/],
    [Array.from({ length: 51 }, (_, at) => capability({ version: at + 1 })), /custom: 51 custom commands/],
  ]
  for (const [custom, reason] of cases) {
    const session = agent.open()
    session.say({ $case: 'hello', value: agent.hello(till(...custom)) })
    const { code, message } = await session.next('error')
    t.is(code, 'INVALID_REQUEST')
    t.regex(message, reason)
    await session.ended
  }
})

test.serial(
  'a command goes to a real phone without an account, and its item shows what the handler answered',
  async (t) => {
    const plane = shared()
    const { agent, session } = await device('runs')
    const taskId = await create(plane, [agent])
    const command = await session.next('command')
    t.deepEqual(askedOf(command), { name: 'shop.print-label', version: 1, payload: { text: 'tea' } })
    t.deepEqual([command.effectClass, command.accountWechatId], [EffectClass.ONCE, ''])
    session.say(answered(command, { number: 7 }))
    t.is(await plane.finished(taskId), 'COMPLETED')
    const [item] = await plane.items(taskId)
    t.like(item, { status: 'SUCCEEDED', accountId: null, result: { number: 7 } })
    t.like(await plane.ok('GET', `/custom/tasks/${taskId}`), {
      params: {
        kind: 'CUSTOM',
        command: 'shop.print-label',
        version: 1,
        effectClass: 'ONCE',
        payload: { text: 'tea' },
      },
    })
  },
)

test.serial('a payload that does not fit is refused with its path, also for a device that is offline', async (t) => {
  const plane = shared()
  const { agent, session } = await device('fits')
  await session.cut()
  await gone(plane, agent.deviceId)
  t.regex(
    await refused([agent], { payload: { text: 'too long' } }),
    /^400 INVALID_REQUEST payload\.text: .*; send what fits the schema of shop\.print-label version 1 in GET \/devices\/\d+$/,
  )
  t.regex(await refused([agent], { payload: { text: 'a', more: 1 } }), /payload\.more: is not allowed/)
  t.regex(await refused([agent], { payload: undefined }), /payload: .*"text"/)
  t.regex(await refused([agent], { command: 'Print' }), /command: has to be a name such as shop\.print-label/)
  const created = await plane.ok('POST', '/custom/tasks', task([agent]))
  t.regex(String(created['warnings']), /is offline/)
  await plane.ok('POST', `/tasks/${Number(created['taskId'])}/cancel`)
})

test.serial('only what all devices registered alike is taken, by the newest version that they share', async (t) => {
  const plane = shared()
  const [v1, v2, v3] = [1, 2, 3].map((version) => capability({ version }))
  const read = capability({ version: 2, effectClass: EffectClass.READ })
  const both = await device('both', v1 as CustomCapability, v2 as CustomCapability)
  const newer = await device('newer', v2 as CustomCapability, v3 as CustomCapability)
  const other = await device('other', capability({ name: 'shop.other' }))
  const newest = await device('newest', v3 as CustomCapability)
  const reads = await device('reads', read)
  const known = await refused([both.agent, other.agent], {})
  t.regex(known, /400 INVALID_REQUEST devices: device \d+ \(other\) never registered the command shop\.print-label/)
  t.regex(await refused([both.agent, newest.agent], {}), /devices: share no version .* device \d+ has 1, 2; .* has 3/)
  t.regex(
    await refused([both.agent, newer.agent], { version: 1 }),
    /version: 1 .* is not on device \d+ \(newer\): .* 2, 3/,
  )
  t.regex(
    await refused([both.agent, reads.agent], {}),
    /devices: .* version 2 is ONCE on device \d+ and READ on device/,
  )
  const taskId = await create(plane, [both.agent, newer.agent])
  t.like(await plane.ok('GET', `/tasks/${taskId}`), { params: { version: 2 } })
  for (const { session } of [both, newer]) session.say(answered(await session.next('command'), null))
  t.is(await plane.finished(taskId), 'COMPLETED')
})

test.serial('a schema of a phone that would take for ever to check a payload is broken off', async (t) => {
  const schema = { properties: { text: { pattern: '^(a+)+$' } } }
  const { agent } = await device('endless', capability({ schema }))
  const before = performance.now()
  t.regex(
    await refused([agent], { payload: { text: `${'a'.repeat(60)}!` } }),
    /payload: cannot be checked by the schema/,
  )
  t.true(performance.now() - before < 20_000)
})

test.serial('the stop of an account holds what may be done once on its phone, and nothing else', async (t) => {
  const plane = shared()
  const agent = await plane.enrol('stopped')
  const read = capability({ name: 'shop.count', effectClass: EffectClass.READ })
  const session = await agent.connect({ custom: [capability(), read] })
  const moment = { content: 'hello', devices: [agent.deviceId] }
  await plane.ok('POST', '/wechat/moments/tasks', moment)
  const published = await session.next('command')
  const warned = { code: 'RISK_CONTROL', reason: 'too often' }
  const items = itemIdsIn(published).map((itemId) => {
    return { itemId, status: ItemStatus.FAILED, ...warned, evidenceId: '', atUnixMs: 0 }
  })
  session.say(succeeded(published, { status: CommandStatus.FAILED, ...warned, items }))
  await session.next('resultAck')
  const once = await create(plane, [agent])
  t.is((await held(plane, once, 'RISK_CONTROL'))?.status, 'PENDING')
  const counted = await create(plane, [agent], { command: 'shop.count' })
  session.say(answered(await session.next('command'), 3))
  t.is(await plane.finished(counted), 'COMPLETED')
  await plane.ok('POST', `/tasks/${once}/cancel`)
  t.is(await plane.finished(once), 'CANCELLED')
})

test.serial('the kill switch of an account reaches what a phone of it does for no account', async (t) => {
  const plane = shared()
  const agent = await plane.enrol('killed')
  const session = await agent.connect({ custom: [capability()] })
  const taskId = await create(plane, [agent])
  const command = await session.next('command')
  session.say({ $case: 'received', value: { commandIds: [command.commandId] } })
  await session.heard()
  const id = await accountOf(plane, agent)
  const { id: switchId } = await plane.ok('POST', '/kill-switches', { scope: 'ACCOUNT', id, reason: 'stop it' })
  t.is((await session.next('cancel')).commandId, command.commandId)
  await session.cut()
  const back = await agent.connect({
    custom: [capability()],
    lastEpoch: session.epoch,
    inFlight: [{ commandId: command.commandId, level: 'COMMAND_LEVEL_RECEIVED', items: [] }],
  })
  t.deepEqual(back.welcome?.resume, [{ commandId: command.commandId, action: 'RESUME_ACTION_CANCEL' }])
  const cancelled = { itemId: itemIdsIn(command)[0] ?? '', status: ItemStatus.CANCELLED, code: 'CANCELLED', reason: '' }
  back.say(
    succeeded(command, { status: CommandStatus.CANCELLED, items: [{ ...cancelled, evidenceId: '', atUnixMs: 0 }] }),
  )
  await plane.finished(taskId)
  t.like((await plane.items(taskId))[0], { status: 'CANCELLED', reason: `kill switch ${Number(switchId)}: stop it` })
  const later = await create(plane, [agent])
  t.regex(String((await held(plane, later, null))?.reason), /kill switch/)
  await plane.ok('DELETE', `/kill-switches/${Number(switchId)}`)
  await plane.ok('POST', `/tasks/${later}/cancel`)
})

test.serial('a task of custom commands is tried dry, copied, changed and tried again like any other', async (t) => {
  const plane = shared()
  const { agent, session } = await device('operated', capability(), capability({ name: 'shop.other', schema: true }))
  t.like(await plane.ok('POST', '/custom/tasks?dryRun=true', task([agent])), { wouldSend: 1, skipped: [] })
  const taskId = await create(plane, [agent], { name: 'first' })
  session.say(failed(await session.next('command')))
  t.is(await plane.finished(taskId), 'FAILED')
  t.like(await plane.ok('POST', `/tasks/${taskId}/retry-failed`), { retried: 1 })
  session.say(answered(await session.next('command'), 'done'))
  const items = async () => (await plane.items(taskId)).map((item) => [item.status, item.result])
  await session.next('resultAck')
  await session.next('resultAck')
  t.deepEqual(await items(), [['SUCCEEDED', 'done']])
  const copy = Number((await plane.ok('POST', `/tasks/${taskId}/copy`))['id'])
  const patch = { params: { command: 'shop.other', payload: [1, null] } }
  t.like(await plane.ok('PATCH', `/tasks/${copy}`, patch), {
    params: { command: 'shop.other', version: 1, payload: [1, null] },
  })
  const bad = await plane.call('PATCH', `/tasks/${copy}`, { params: { command: 'shop.print-label' } })
  t.regex(bad.msg, /^payload: /)
  await plane.ok('POST', `/tasks/${copy}/resume`)
  const command = await session.next('command')
  t.deepEqual(askedOf(command), { name: 'shop.other', version: 1, payload: [1, null] })
  session.say(answered(command, null))
  t.is(await plane.finished(copy), 'COMPLETED')
})

test.serial('a result that is no JSON is asked for again in short form', async (t) => {
  const plane = shared()
  const { agent, session } = await device('garbled')
  const taskId = await create(plane, [agent])
  const command = await session.next('command')
  const good = answered(command, 1)
  if (good.$case !== 'result') throw new Error('no result')
  const garbled = good.value.items.map((item) => ({ ...item, resultJson: '{' }))
  session.say({ $case: 'result', value: { ...good.value, items: garbled } })
  t.is((await session.next('resultAck')).error, 'RESULT_INVALID')
  session.say(succeeded(command, { shortForm: true }))
  t.is(await plane.finished(taskId), 'COMPLETED')
  t.like((await plane.items(taskId))[0], { status: 'SUCCEEDED', result: null })
})
