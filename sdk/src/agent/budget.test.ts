import test from 'ava'
import { Budget } from '@muster/proto'
import { isQuietMinute, localTime, refusedByBudget } from '@muster/sdk/agent'

const noon = { day: '2026-03-01', minuteOfDay: 12 * 60 }

test('without a budget, or with a stopped account, nothing that has an effect begins', (t) => {
  t.is(refusedByBudget(undefined, 'posts', 0, noon)?.code, 'BUDGET_SPENT')
  t.is(refusedByBudget(Budget.fromPartial({ posts: 5, stopped: true }), 'posts', 0, noon)?.code, 'RISK_CONTROL')
})

test('the last one within the cap begins, the next does not, and an absent kind is not allowed', (t) => {
  const budget = Budget.fromPartial({ posts: 2 })
  t.is(refusedByBudget(budget, 'posts', 1, noon), undefined)
  t.is(refusedByBudget(budget, 'posts', 2, noon)?.code, 'BUDGET_SPENT')
  t.is(refusedByBudget(budget, 'likes', 0, noon)?.code, 'BUDGET_SPENT')
})

test('quiet hours span midnight, and equal bounds mean none', (t) => {
  const [ten, eight] = [22 * 60, 8 * 60]
  t.deepEqual(
    [ten, 0, eight - 1, eight, 12 * 60, ten - 1].map((minute) => isQuietMinute(minute, ten, eight)),
    [true, true, true, false, false, false],
  )
  t.false(isQuietMinute(600, 600, 600))
  t.true(isQuietMinute(60, 0, 120))
})

test("days and minutes are the workspace's, also where the clock is put forward", (t) => {
  t.deepEqual(localTime(Date.UTC(2026, 0, 31, 17, 30), 'Asia/Shanghai'), { day: '2026-02-01', minuteOfDay: 90 })
  t.deepEqual(localTime(Date.UTC(2026, 2, 29, 1, 30), 'Europe/Berlin'), { day: '2026-03-29', minuteOfDay: 210 })
})
