import test from 'ava'
import { Budget, Command, EffectClass, ResumeAction, type CommandResult } from '@muster/proto'
import { defineCommand } from '@muster/sdk/agent'
import { ack, command, kitBench } from '../support/kit-bench.ts'

const heading = { name: 'shop.print-label', version: 1, description: 'Prints a label', schema: { type: 'object' } }

/** A command that counts how often it was run. */
const counter = (effectClass: 'READ' | 'IDEMPOTENT') => {
  const runs = { count: 0 }
  return { runs, definition: defineCommand({ ...heading, effectClass, run: async () => ({ run: ++runs.count }) }) }
}

const custom = (id: string, more: { name?: string; effectClass?: EffectClass; payloadJson?: string } = {}) => {
  const { name = heading.name, effectClass = EffectClass.READ, payloadJson = '{}' } = more
  const head = Command.fromPartial({ commandId: id, leaseMs: 60_000, maxRunMs: 600_000, effectClass })
  const value = { itemId: `item of ${id}`, name, version: 1, payloadJson }
  return command({ ...head, payload: { $case: 'custom', value } })
}

const results = ({ items }: CommandResult) => items.map(({ resultJson }) => resultJson)

test('Hello says what the agent has registered', async (t) => {
  const { start, connected } = await kitBench(t)
  await start({ custom: [counter('READ').definition] })
  const { hello } = await connected()
  const { schema, ...more } = heading
  t.deepEqual(hello.custom, [{ ...more, schemaJson: JSON.stringify(schema), effectClass: EffectClass.READ }])
  t.deepEqual([...hello.capabilities].sort(), ['custom', 'publishMoment'])
})

test('the result is said again after a cut, from the journal by a later life, and left out of the short form', async (t) => {
  const { start, connected } = await kitBench(t)
  const { definition, runs } = counter('IDEMPOTENT')
  const agent = await start({ custom: [definition] })
  const session = await connected()
  session.say(custom('c1', { effectClass: EffectClass.IDEMPOTENT }))
  t.deepEqual(results(await session.next('result')), ['{"run":1}'])
  session.cut()
  const second = await connected([{ commandId: 'c1', action: ResumeAction.SEND_RESULT }])
  t.deepEqual(results(await second.next('result')), ['{"run":1}'])
  await agent.stop()
  await start({ custom: [definition] })
  const third = await connected([{ commandId: 'c1', action: ResumeAction.SEND_RESULT }])
  t.deepEqual(results(await third.next('result')), ['{"run":1}'])
  third.say(ack('c1', 'RESULT_TOO_LARGE'))
  t.deepEqual(results(await third.next('result')), [undefined])
  t.is(runs.count, 1)
})

test('a name, an effect class and a payload that this phone does not know are refused with the reason', async (t) => {
  const { start, connected } = await kitBench(t)
  const { definition, runs } = counter('READ')
  await start({ custom: [definition] })
  const session = await connected()
  const cases: [Parameters<typeof custom>[1], RegExp][] = [
    [{ name: 'shop.other' }, /no command shop\.other version 1; it has shop\.print-label version 1/],
    [{ effectClass: EffectClass.ONCE }, /another effect class/],
    [{ payloadJson: '1' }, /^shop\.print-label version 1: payload: /],
  ]
  for (const [more, reason] of cases) {
    session.say(custom('c1', more))
    const rejected = await session.next('rejected')
    t.is(rejected.code, 'UNSUPPORTED')
    t.regex(rejected.reason, reason)
  }
  t.is(runs.count, 0)
})

test('an agent without such a command refuses all of them', async (t) => {
  const { start, connected } = await kitBench(t)
  await start()
  const session = await connected()
  session.say(custom('c1'))
  t.is((await session.next('rejected')).code, 'UNSUPPORTED')
})

test('a cancel breaks off what runs, and what ended all the same says so', async (t) => {
  const { start, connected } = await kitBench(t)
  const definition = defineCommand({
    ...heading,
    effectClass: 'IDEMPOTENT',
    run: async ({ ends }: { ends?: boolean }, { signal, progress }) => {
      progress('waiting')
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      if (!ends) throw new Error('broken off')
    },
  })
  await start({ custom: [definition] })
  const session = await connected()
  for (const [id, payloadJson, status] of [
    ['c1', '{}', 'ITEM_STATUS_CANCELLED'],
    ['c2', '{"ends":true}', 'ITEM_STATUS_SUCCEEDED'],
  ] as const) {
    session.say(custom(id, { effectClass: EffectClass.IDEMPOTENT, payloadJson }))
    for (let step = ''; step !== 'waiting';) ({ step } = await session.next('progress'))
    session.say({ $case: 'cancel', value: { commandId: id, itemIds: [], code: 'CANCELLED', reason: 'stop it' } })
    t.deepEqual(
      (await session.next('result')).items.map((item) => item.status),
      [status],
    )
  }
})

test('the stop and the quiet hours of an account hold what may be done once, and no cap does', async (t) => {
  const { start, gateway } = await kitBench(t)
  const done: string[] = []
  const once = defineCommand({
    ...heading,
    effectClass: 'ONCE',
    commit: async (_payload: unknown, _before, { commandId }) => void done.push(commandId),
  })
  await start({ custom: [once] })
  const session = await gateway.session()
  session.welcome([], { posts: 0, messages: 0, likes: 0, comments: 0, minIntervalMs: 3_600_000 })
  const say = async (id: string) => {
    session.say(custom(id, { effectClass: EffectClass.ONCE }))
    const [item] = (await session.next('result')).items
    return [item?.status, item?.code]
  }
  t.deepEqual(await say('c1'), ['ITEM_STATUS_SUCCEEDED', ''])
  t.deepEqual(await say('c2'), ['ITEM_STATUS_SUCCEEDED', ''])
  const budget = (value: Partial<Budget>) => session.say({ $case: 'budget', value: Budget.fromPartial(value) })
  budget({ quietStartMinute: 0, quietEndMinute: 1440 })
  t.deepEqual(await say('c3'), ['ITEM_STATUS_CANCELLED', 'QUIET_HOURS'])
  budget({ stopped: true })
  t.deepEqual(await say('c4'), ['ITEM_STATUS_FAILED', 'RISK_CONTROL'])
  t.deepEqual(done, ['c1', 'c2'])
})
