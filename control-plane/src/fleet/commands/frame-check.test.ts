import test from 'ava'
import fc from 'fast-check'
import {
  AccountState,
  CommandResult,
  ConnectRequest,
  CustomCapability,
  EffectClass,
  Hello,
  ItemOutcome,
  type AgentFrame,
} from '@muster/proto'
import { checkedFrame, checkedHello } from './frame-check.ts'

type Up = NonNullable<AgentFrame['frame']>

const ID = '018f0000-0000-7000-8000-000000000000'
const hello = (more: Partial<Hello> = {}): Hello =>
  Hello.fromPartial({ deviceId: 1, journalId: 'j', bootId: 'b', protocolMin: 1, protocolMax: 1, ...more })
const outcome = (more: Partial<ItemOutcome>): ItemOutcome => ItemOutcome.fromPartial({ itemId: '1', ...more })
const progress = (more: object): Up => ({
  $case: 'progress',
  value: { commandId: ID, itemId: '', step: '', checkpoint: '', outcome: undefined, page: undefined, ...more },
})
const capability = (more: Partial<CustomCapability>): CustomCapability =>
  CustomCapability.fromPartial({
    name: 'shop.print',
    version: 1,
    effectClass: EffectClass.READ,
    schemaJson: '{}',
    ...more,
  })
const refused = { code: 'INVALID_REQUEST' }

test('a Hello is refused by the field that cannot be', (t) => {
  t.deepEqual(checkedHello(hello()), hello())
  const bad: [Partial<Hello>, RegExp][] = [
    [{ journalId: '' }, /journalId/],
    [{ bootId: 'x'.repeat(65) }, /bootId/],
    [{ lastEpoch: -1 }, /lastEpoch/],
    [{ lastEpoch: Number.MAX_SAFE_INTEGER }, /lastEpoch/],
    [{ inFlight: [{ commandId: 'x\0y', level: 'COMMAND_LEVEL_RECEIVED', items: [] }] }, /inFlight\.commandId/],
    [
      { inFlight: [{ commandId: ID, level: 'COMMAND_LEVEL_RECEIVED', items: [outcome({ itemId: '-1' })] }] },
      /inFlight\.items/,
    ],
    [{ account: AccountState.fromPartial({ wechatId: 'w\0' }) }, /account\.wechatId/],
    [{ custom: [capability({ schemaJson: '[]' })] }, /custom: shop\.print version 1: schema/],
  ]
  for (const [field, message] of bad) t.throws(() => checkedHello(hello(field)), { ...refused, message })
})

test('a text is cut to what is kept of it, without half a character at its end and without NUL', (t) => {
  const { account, agentVersion, custom } = checkedHello(
    hello({
      agentVersion: `1\0${'x'.repeat(100)}`,
      custom: [capability({ description: 'a\0b' })],
      account: AccountState.fromPartial({ wechatId: 'w', nickname: `${'n'.repeat(199)}😀` }),
    }),
  )
  t.is(agentVersion, `1${'x'.repeat(39)}`)
  t.is(custom[0]?.description, 'ab')
  t.is(account?.nickname.length, 200)
  t.true(account?.nickname.isWellFormed())
})

test('a frame is refused by the field that cannot be', (t) => {
  const bad: Up[] = [
    { $case: 'received', value: { commandIds: [ID, 'c1'] } },
    { $case: 'received', value: { commandIds: Array.from({ length: 10_001 }, () => ID) } },
    { $case: 'accepted', value: { commandId: '' } },
    { $case: 'started', value: { commandId: 'x\0y' } },
    { $case: 'rejected', value: { commandId: ID, code: 'no code', reason: '' } },
    { $case: 'notNow', value: { commandId: ID.toUpperCase(), retryAfterMs: 1, code: '', reason: '' } },
    progress({ outcome: outcome({ itemId: '1e3' }) }),
    progress({ outcome: outcome({ evidenceId: '9'.repeat(17) }) }),
    progress({ outcome: outcome({ code: 'X'.repeat(33) }) }),
    progress({ outcome: outcome({ resultJson: '{' }) }),
    progress({ outcome: outcome({ resultJson: JSON.stringify('x'.repeat(16 * 1024)) }) }),
    progress({ page: { contacts: [{ wechatId: 'w'.repeat(65), nickname: '', remark: '', region: '' }], groups: [] } }),
    progress({ page: { contacts: [], groups: Array.from({ length: 1001 }, () => ({ members: [] })) } }),
    { $case: 'result', value: CommandResult.fromPartial({ commandId: 'c1' }) },
    { $case: 'reportedState', value: { version: 1, account: { wechatId: 'w\0' } as AccountState, stateHash: '' } },
  ]
  for (const frame of bad) t.throws(() => checkedFrame(frame), refused, JSON.stringify(frame).slice(0, 200))
})

test('an agent can ask for a day at most', (t) => {
  const wait = (retryAfterMs: number) => {
    const frame = checkedFrame({ $case: 'notNow', value: { commandId: ID, retryAfterMs, code: '', reason: '' } })
    return frame.$case === 'notNow' ? frame.value.retryAfterMs : undefined
  }
  t.deepEqual([-5, 4000, Number.MAX_SAFE_INTEGER].map(wait), [0, 4000, 24 * 60 * 60 * 1000])
})

test('any bytes an agent can send are taken or refused, and what is taken can be kept', (t) => {
  const seed = Date.now() | 0
  t.log(`seed ${seed}`)
  const word = fc.oneof(fc.string(), fc.constantFrom('', '\0', ID, '1', 'UI_CHANGED', '9'.repeat(20)))
  const whole = fc.maxSafeInteger()
  const frame = fc.oneof(
    fc.record({
      $case: fc.constant('notNow' as const),
      value: fc.record({ commandId: word, retryAfterMs: whole, code: word, reason: word }),
    }),
    fc.record({
      $case: fc.constant('rejected' as const),
      value: fc.record({ commandId: word, code: word, reason: word }),
    }),
    fc.record({ $case: fc.constant('received' as const), value: fc.record({ commandIds: fc.array(word) }) }),
  )
  const kept = (value: unknown): boolean => {
    if (typeof value === 'string') return !value.includes('\0')
    if (typeof value === 'number') return Math.abs(value) <= 2 ** 40
    return Object.values(value as object).every(kept)
  }
  fc.assert(
    fc.property(frame, (one) => {
      const bytes = ConnectRequest.encode({ sessionEpoch: 1, frames: [{ frame: one }] }).finish()
      const [heard] = ConnectRequest.decode(bytes).frames
      if (!heard?.frame) return false
      try {
        return kept(checkedFrame(heard.frame).value)
      } catch (error) {
        return error instanceof Error && 'code' in error && error.code === refused.code
      }
    }),
    { seed },
  )
  t.pass()
})
