import test from 'ava'
import { forecast, type ForecastItem } from './forecast.ts'
import type { MessageParams } from './kinds/message/params.ts'
import type { MomentsParams } from './kinds/moments/params.ts'
import { HOUR, judgeOf, MINUTE, NOON, person } from '../../../../test/support/policy-facts.ts'

const params = (changes: Partial<MessageParams> = {}) =>
  ({
    kind: 'MESSAGE',
    batchSize: 50,
    intervalSeconds: 0,
    batchPauseSeconds: 0,
    template: { type: 'TEXT', materials: [] },
    ...changes,
  }) as unknown as MessageParams

const sends = (count: number, changes: Partial<ForecastItem> = {}): ForecastItem[] =>
  Array.from({ length: count }, (_, at) => ({
    id: at + 1,
    deviceId: 1,
    accountId: 1,
    customerId: 100 + at,
    dependsOnItemId: null,
    status: 'PENDING',
    action: 'SEND',
    code: null,
    reason: null,
    payload: { action: 'SEND', text: 'hi', receiver: {} as never },
    ...changes,
  }))

const codes = ({ skipped }: ReturnType<typeof forecast>) => skipped.map(({ code }) => code)
/** What an item takes with the safe policy's floor, its jitter and the send itself. */
const EACH_MS = 5000 + 500 + 5000

test('what would begin in quiet hours ends after them', (t) => {
  const night = NOON + 10.5 * HOUR
  const { wouldSend, endsAt } = forecast(params(), sends(1), judgeOf(), night)
  t.deepEqual([wouldSend, endsAt], [1, NOON + 20 * HOUR + 5000])
})

test('what quiet hours break off goes on when they end, within the caps of that day', (t) => {
  const evening = NOON + 10 * HOUR - MINUTE
  const judge = judgeOf({ accounts: [{ caps: { messages: 20 } }] })
  const seen = forecast(params(), sends(25), judge, evening)
  t.is(seen.wouldSend, 20)
  t.deepEqual(
    codes(seen),
    Array.from({ length: 5 }, () => 'BUDGET_SPENT'),
  )
  const before = Math.floor((MINUTE - 1) / EACH_MS) + 1
  t.is(seen.endsAt, NOON + 20 * HOUR + (20 - before - 1) * EACH_MS + 5000)
})

test('batches are paused between, for the pace at least', (t) => {
  const of = (batchPauseSeconds: number) =>
    forecast(params({ batchSize: 1, batchPauseSeconds }), sends(3), judgeOf(), NOON).endsAt - NOON
  t.is(of(60), 3 * 5000 + 2 * MINUTE)
  t.is(of(0), 3 * 5000 + 2 * 5000)
})

test('phones work side by side, and one that is held sends nothing', (t) => {
  const stopped = { status: 'STOPPED', stopCode: 'RISK_CONTROL' } as const
  const judge = judgeOf({ accounts: [{ policy: 'demo' }, stopped] })
  const items = [...sends(3), ...sends(2, { deviceId: 2, accountId: 2 })].map((item, at) => ({ ...item, id: at + 1 }))
  const seen = forecast(params(), items, judge, NOON)
  t.deepEqual([seen.wouldSend, seen.endsAt], [3, NOON + 3 * 5000])
  t.deepEqual(codes(seen), ['RISK_CONTROL', 'RISK_CONTROL'])
})

test('who got a message lately is skipped, and what was skipped before is named again', (t) => {
  const people = new Map([[100, person('a', { writtenAt: NOON - HOUR })]])
  const [one, two] = [...sends(1), ...sends(1, { id: 2, status: 'SKIPPED', code: 'OPTED_OUT', reason: 'no' })]
  const seen = forecast(params(), one && two ? [one, two] : [], judgeOf({ people }), NOON)
  t.is(seen.wouldSend, 0)
  t.deepEqual(codes(seen).toSorted(), ['BUDGET_SPENT', 'OPTED_OUT'])
})

test('likes follow the Moments that would be there, and no others', (t) => {
  const moments = { kind: 'MOMENTS', visibleTo: 'ALL', images: [], audience: {} } as unknown as MomentsParams
  const base = { customerId: null, payload: { action: 'PUBLISH' }, action: 'PUBLISH' } as const
  const like = { action: 'LIKE', payload: { action: 'LIKE', author: {} as never } } as const
  const judge = judgeOf({ accounts: [{}, { caps: { posts: 0 } }] })
  const items = [
    ...sends(1, base),
    ...sends(1, { ...base, id: 2, deviceId: 2, accountId: 2 }),
    ...sends(1, { ...base, ...like, id: 3, deviceId: 2, accountId: 2, dependsOnItemId: 1 }),
    ...sends(1, { ...base, ...like, id: 4, dependsOnItemId: 2 }),
  ]
  const seen = forecast(moments, items, judge, NOON)
  t.is(seen.wouldSend, 2)
  t.deepEqual(
    seen.skipped.map(({ deviceId, code }) => [deviceId, code]),
    [
      [2, 'BUDGET_SPENT'],
      [1, 'CANCELLED'],
    ],
  )
})
