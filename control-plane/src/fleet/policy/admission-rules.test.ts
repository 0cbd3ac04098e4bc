import test from 'ava'
import fc from 'fast-check'
import { noCaps } from '@muster/proto'
import { returnedHold } from './admission-rules.ts'
import { approvalRule, needsApproval } from './policy-rules.ts'
import { HOUR, judgeOf, MINUTE, NOON, person, workOf } from '../../../../test/support/policy-facts.ts'

const READ = { effectClass: 'READ' } as const
const post = { action: 'PUBLISH', customerId: null } as const
const send = (customerId: number) => ({ action: 'SEND', customerId }) as const

test('whatever comes in one turn, no account does more in a day than its caps, nor twice what it did already', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ account: fc.constantFrom(1, 2), minutes: fc.nat(47 * 60) }), { maxLength: 80 }),
      fc.nat(5),
      fc.nat(5),
      (wanted, cap, done) => {
        const used = { ...noCaps(), posts: done }
        const caps = { posts: cap }
        const judge = judgeOf({ accounts: [{ caps, used }, { caps }] })
        // Noon is the twelfth hour of the first of two days.
        const admitted = wanted.filter(
          ({ account, minutes }) => !judge.refusal(workOf(account), post, NOON - 12 * HOUR + minutes * MINUTE),
        )
        const most = (account: number, day: number) => Math.max(0, cap - (account === 1 && day === 0 ? done : 0))
        return [
          ...Map.groupBy(admitted, ({ account, minutes }) => `${account} ${Math.floor(minutes / (24 * 60))}`),
        ].every(([key, mine]) => {
          const [account = 0, day = 0] = key.split(' ').map(Number)
          return mine.length <= most(account, day)
        })
      },
    ),
  )
  t.pass()
})

test('a person is written to once in the spacing, whichever customer of theirs is meant and from whatever account', (t) => {
  const people = new Map([
    [11, person('zhang')],
    [12, person('zhang')],
    [13, person('li', { underWay: true })],
    [14, person('wang', { writtenAt: NOON - 23 * HOUR })],
    [15, person('zhao', { writtenAt: NOON - 24 * HOUR })],
  ])
  const judge = judgeOf({ accounts: [{}, {}, { policy: 'demo' }], people })
  const codes = [11, 12, 13, 14, 15].map((id) => judge.refusal(workOf(id === 12 ? 2 : 1), send(id), NOON)?.code)
  t.deepEqual(codes, [undefined, 'BUDGET_SPENT', 'BUDGET_SPENT', 'BUDGET_SPENT', undefined])
  t.is(judge.refusal(workOf(3), send(13), NOON), undefined, 'the demo policy has no spacing')
})

test('who opted out or was deleted is named as that under every policy', (t) => {
  const people = new Map([
    [1, person('a', { optedOut: true })],
    [2, person('b', { deleted: true })],
  ])
  const judge = judgeOf({ accounts: [{ policy: 'demo' }], people })
  t.like(judge.refusal(workOf(1), send(1), NOON), { code: 'OPTED_OUT', reason: 'the customer opted out' })
  t.like(judge.refusal(workOf(1), send(2), NOON), { code: 'OPTED_OUT', reason: 'the customer was deleted' })
})

test('what is written to nobody obeys no opt-out and no spacing, and its cap like a message', (t) => {
  const people = new Map([[1, person('a', { optedOut: true, writtenAt: NOON })]])
  const judge = judgeOf({ accounts: [{ caps: { messages: 2 } }], people })
  const note = { action: 'NOTE', customerId: 1 }
  const codes = [1, 2, 3].map(() => judge.refusal(workOf(1), note, NOON)?.code)
  t.deepEqual(codes, [undefined, undefined, 'BUDGET_SPENT'])
})

test('a stopped account is given nothing, not even something to read, until a person clears it', (t) => {
  const judge = judgeOf({ accounts: [{ status: 'STOPPED', stopCode: 'RISK_CONTROL', stopReason: 'too frequent' }] })
  for (const work of [workOf(1), workOf(1, READ)]) {
    const hold = judge.hold(work, NOON)
    t.like(hold, { code: 'RISK_CONTROL', untilMs: null, clockStands: false })
    t.regex(hold?.reason ?? '', /too frequent/)
  }
})

test('quiet hours hold what has an effect until they end, and let reading go on', (t) => {
  const judge = judgeOf()
  const night = NOON + 11 * HOUR
  t.like(judge.hold(workOf(1), night), { code: 'QUIET_HOURS', untilMs: NOON + 20 * HOUR, clockStands: true })
  t.is(judge.hold(workOf(1, READ), night), undefined)
  t.is(judge.hold(workOf(1), NOON), undefined)
})

test('where waiting may be in vain the delivery clock runs: no driver, no account, the account elsewhere', (t) => {
  const driverOff = judgeOf({ wechatRulesAccepted: false })
  for (const work of [workOf(1), workOf(1, READ)])
    t.like(driverOff.hold(work, NOON), { code: 'APP_NOT_READY', clockStands: false })
  const unseen = judgeOf({ devices: new Map([[1, { emulated: false, accountId: null }]]) })
  t.like(unseen.hold(workOf(1, { accountId: null }), NOON), { code: 'LOGIN_REQUIRED', clockStands: false })
  for (const deviceId of [null, 9]) {
    const judge = judgeOf({ accounts: [{ deviceId }] })
    t.like(judge.hold(workOf(1), NOON), { code: 'LOGIN_REQUIRED', clockStands: false })
  }
})

test('a kill switch stands over work whose account only the device knows, too', (t) => {
  const switchOver = ({ accountId }: { accountId: number | null }) =>
    accountId === 1 ? { id: 7, reason: 'stop' } : undefined
  const judge = judgeOf({ accounts: [{}, {}], switchOver })
  t.is(judge.hold(workOf(1, { accountId: null }), NOON)?.reason, 'kill switch 7: stop')
  t.is(judge.hold(workOf(2, { accountId: null }), NOON), undefined)
})

test('an account with a floor under its pace does one thing after the other, over all its tasks', (t) => {
  const busy = judgeOf({ accounts: [{ busy: true }, {}] })
  t.truthy(busy.restHold(workOf(1), NOON))
  t.is(busy.restHold(workOf(1, READ), NOON), undefined)
  t.is(busy.restHold(workOf(2), NOON), undefined)
  busy.begin(workOf(2))
  t.truthy(busy.restHold(workOf(2, { taskId: 2 }), NOON))
  const rested = judgeOf({ accounts: [{ endedAt: NOON - 2000 }, { policy: 'demo', busy: true }] })
  t.is(rested.restHold(workOf(1), NOON)?.untilMs, NOON + 3000)
  t.is(rested.restHold(workOf(1), NOON + 3000), undefined)
  t.is(rested.restHold(workOf(2), NOON), undefined, 'the demo policy has no floor')
})

test('what a phone sent back because of its quiet hours is not written to it again at once', (t) => {
  const returned = { code: 'QUIET_HOURS', reason: 'it is quiet here' }
  const hold = returnedHold({ createdAt: NOON }, [returned], NOON)
  t.like(hold, { ...returned, untilMs: NOON + MINUTE })
  t.is(returnedHold({ createdAt: NOON }, [returned], NOON + MINUTE), undefined)
  t.is(returnedHold({ createdAt: NOON }, [{ code: null, reason: null }], NOON), undefined)
})

test('without a setting more than 100 messages of a real account need approval; with one, those of any', (t) => {
  const asked = (above: number | undefined, sends: number, ...policies: ('demo' | 'safe')[]) =>
    needsApproval(approvalRule(above), sends, policies)
  t.deepEqual([asked(undefined, 100, 'safe'), asked(undefined, 101, 'demo', 'safe')], [false, true])
  t.false(asked(undefined, 100_000, 'demo'))
  t.deepEqual([asked(2, 2, 'demo'), asked(2, 3, 'demo')], [false, true])
  t.false(asked(0, 100_000, 'safe'), 'zero is never')
})

test('work that needs no account is held by the account of its device only where it is ONCE', (t) => {
  const own = { accountId: null, usesAccount: false } as const
  const read = { ...own, ...READ }
  const night = NOON + 11 * HOUR
  const none = judgeOf({ wechatRulesAccepted: false, devices: new Map([[1, { emulated: false, accountId: null }]]) })
  t.is(none.hold(workOf(1, own), NOON), undefined, 'no account, and the phone driver is off')
  t.truthy(none.hold(workOf(1), NOON))
  const stopped = judgeOf({ accounts: [{ status: 'STOPPED', stopCode: 'RISK_CONTROL' }] })
  t.is(stopped.hold(workOf(1, own), NOON)?.code, 'RISK_CONTROL')
  t.is(stopped.hold(workOf(1, read), NOON), undefined)
  const quiet = judgeOf()
  t.is(quiet.hold(workOf(1, own), night)?.code, 'QUIET_HOURS')
  t.is(quiet.hold(workOf(1, read), night), undefined)
  const busy = judgeOf({ accounts: [{ busy: true }] })
  t.truthy(busy.restHold(workOf(1), NOON))
  t.is(busy.restHold(workOf(1, own), NOON), undefined, 'it waits for nothing that the account does')
  const idle = judgeOf()
  idle.begin(workOf(1, own))
  t.is(idle.restHold(workOf(1), NOON), undefined, 'and nothing waits for it')
  const killed = judgeOf({ switchOver: ({ accountId }) => (accountId === 1 ? { id: 1, reason: 'stop' } : undefined) })
  t.regex(killed.hold(workOf(1, read), NOON)?.reason ?? '', /kill switch/)
})
