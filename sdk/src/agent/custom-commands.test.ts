import test from 'ava'
import {
  AgentError,
  defineCommand,
  InvalidCommandDefinition,
  KIT_FAULT_POINTS,
  NotTapped,
  startAgent,
  type Identity,
  type OnceCommand,
} from '@muster/sdk/agent'
import { tryCommand } from '@muster/sdk/testing'

type Label = { text: string }

const schema = {
  type: 'object',
  properties: { text: { type: 'string', maxLength: 5 } },
  required: ['text'],
  additionalProperties: false,
}
const heading = { name: 'shop.print-label', version: 1, schema }
const label = { text: 'tea' }

/** A printer, and the command that prints with it. @param more what differs from one that can read its counter */
function printer(more: Partial<OnceCommand<Label, number>> = {}) {
  const printed: string[] = []
  const command = defineCommand<Label, number>({
    ...heading,
    effectClass: 'ONCE',
    prepare: async () => printed.length,
    commit: async ({ text }) => {
      printed.push(text)
      return { number: printed.length }
    },
    probe: async (_label, before) => (printed.length > before ? { done: { number: before + 1 } } : 'not-done'),
    ...more,
  })
  return { printed, command }
}

test('a command that reads answers a result, nothing, or the reason why not', async (t) => {
  const reads = (run: (payload: Label) => Promise<{ length: number } | void>) =>
    defineCommand({ ...heading, effectClass: 'READ', run })
  const read = await tryCommand(
    reads(async ({ text }) => ({ length: text.length })),
    label,
  )
  t.deepEqual(read, { status: 'SUCCEEDED', code: '', reason: '', result: { length: 3 } })
  t.is(
    (
      await tryCommand(
        reads(async () => undefined),
        label,
      )
    ).result,
    null,
  )
  const thrown = async (error: Error) => {
    const { status, code, reason } = await tryCommand(
      reads(async () => await Promise.reject(error)),
      label,
    )
    return [status, code, reason]
  }
  t.deepEqual(await thrown(new Error('no paper')), ['FAILED', 'APP_NOT_READY', 'no paper'])
  const gone = new AgentError('DEVICE_UNREACHABLE', 'no printer')
  t.deepEqual(await thrown(gone), ['FAILED', 'DEVICE_UNREACHABLE', 'no printer'])
})

test('a result that is too large or no JSON fails what can be run again, and is left out where it took effect', async (t) => {
  const large = 'x'.repeat(16 * 1024)
  const idempotent = defineCommand({ ...heading, effectClass: 'IDEMPOTENT', run: async () => large })
  const failed = await tryCommand(idempotent, label)
  t.is(failed.status, 'FAILED')
  t.regex(failed.reason, /the result: it has 16386 bytes of JSON; at most 16384/)
  const { command } = printer({ commit: async () => large })
  const done = await tryCommand(command, label)
  t.deepEqual([done.status, done.result], ['SUCCEEDED', null])
  t.regex(done.reason, /it took effect; its result is left out: .*16386 bytes/)
})

test('a payload that does not fit the schema is refused before the handler sees it', async (t) => {
  const { command, printed } = printer()
  const refused = await tryCommand(command, { text: 'too long' })
  t.deepEqual([refused.status, refused.code], ['REJECTED', 'UNSUPPORTED'])
  t.regex(refused.reason, /^shop\.print-label version 1: payload\.text: /)
  t.deepEqual(printed, [])
})

for (const crashAt of KIT_FAULT_POINTS) {
  test(`an agent that dies at ${crashAt} prints once and says what was printed`, async (t) => {
    const { command, printed } = printer()
    const tried = await tryCommand(command, label, { crashAt })
    t.deepEqual([tried.status, tried.result], ['SUCCEEDED', { number: 1 }])
    t.deepEqual(printed, ['tea'])
  })
}

test('without a probe nobody knows what a death between intent and done has left', async (t) => {
  for (const [crashAt, prints] of [
    ['item.intent.after', 0],
    ['item.commit.after', 1],
  ] as const) {
    const printed: string[] = []
    const command = defineCommand({
      ...heading,
      effectClass: 'ONCE',
      commit: async ({ text }: Label) => void printed.push(text),
    })
    t.is((await tryCommand(command, label, { crashAt })).status, 'UNKNOWN_EFFECT')
    t.is(printed.length, prints)
    t.is((await tryCommand(command, label, { crashAt: 'item.done.after' })).status, 'SUCCEEDED')
  }
})

test('an error of commit is read back, unless it says that nothing happened', async (t) => {
  const jam = new AgentError('DEVICE_UNREACHABLE', 'paper jam')
  const cases: [Error, 'done' | 'not-done' | 'unknown', string, string][] = [
    [jam, 'done', 'SUCCEEDED', ''],
    [jam, 'not-done', 'FAILED', 'DEVICE_UNREACHABLE'],
    [jam, 'unknown', 'UNKNOWN_EFFECT', 'UNKNOWN_EFFECT'],
    [new NotTapped(jam), 'unknown', 'FAILED', 'DEVICE_UNREACHABLE'],
  ]
  for (const [error, probe, status, code] of cases) {
    const { command } = printer({ commit: async () => await Promise.reject(error), probe: async () => probe })
    const tried = await tryCommand(command, label)
    t.deepEqual([tried.status, tried.code], [status, code])
    if (code !== '') t.regex(tried.reason, /paper jam/)
  }
  const { command } = printer({ commit: async () => await Promise.reject(new NotTapped(new Error('no paper'))) })
  const { reason } = await tryCommand(command, label)
  t.is(reason, 'the last tap had no effect: no paper')
})

test('what prepare answers comes back as a later life would read it', async (t) => {
  const seen: unknown[] = []
  const command = defineCommand({
    ...heading,
    effectClass: 'ONCE',
    prepare: async () => ({ at: new Date(0).toJSON(), none: undefined }),
    commit: async (_label: Label, before) => void seen.push(before),
  })
  await tryCommand(command, label)
  t.deepEqual(seen, [{ at: '1970-01-01T00:00:00.000Z' }])
})

test('a bad definition says which command it is and what is wrong', async (t) => {
  const define = (more: object) => () =>
    defineCommand({ ...heading, effectClass: 'READ', run: async () => null, ...more } as never)
  const cases: [object, RegExp][] = [
    [{ name: 'Print' }, /the name "Print" does not match/],
    [{ version: 0 }, /shop\.print-label: the version/],
    [{ effectClass: 'TWICE' }, /version 1: the effect class has to be READ, IDEMPOTENT or ONCE/],
    [{ schema: { title: 'x'.repeat(16 * 1024) } }, /schema: it has .* at most 16384/],
    [{ schema: { type: 'text' } }, /schema: #\/type must be/],
  ]
  for (const [more, message] of cases) t.throws(define(more), { instanceOf: InvalidCommandDefinition, message })
  const { command } = printer()
  const identity: Identity = { deviceId: 1, key: '', certificate: '', ca: '' }
  const device = { name: 'till', type: 'ANDROID', model: 'till', osVersion: '14', emulated: false }
  await t.throwsAsync(
    startAgent({ identity, address: 'localhost:1', agentVersion: '1', device, custom: [command, command] }),
    { instanceOf: InvalidCommandDefinition, message: 'shop.print-label version 1 is registered twice' },
  )
})
