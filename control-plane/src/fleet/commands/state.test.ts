import test from 'ava'
import fc from 'fast-check'
import { finished, isFinal, isSettled, notNow, reachedLevel, reap, type CommandState } from './state.ts'
import { knowsWhatItSaid, planResume, sameJournal, type AgentLevel } from './resume-rules.ts'
import { returnedItem, type ItemState } from './stop-rules.ts'
import type { StopReason } from '../../ports.ts'

const NOW = 1_000_000
const fresh: CommandState = {
  status: 'DISPATCHED',
  provisional: false,
  effectClass: 'ONCE',
  leaseMs: 60_000,
  leaseUntil: null,
  receivedAt: null,
  startedAt: null,
  finishedAt: null,
  resultCode: null,
  resultReason: null,
  notBefore: 0,
  holdCode: null,
  cancelRequestedAt: null,
  cancelCode: null,
  cancelReason: null,
}
const succeeded = { status: 'SUCCEEDED', code: '', reason: '' } as const

test('frames in any order and number never take a command back, and its own word is the last', (t) => {
  const step = fc.constantFrom('RECEIVED', 'ACCEPTED', 'RUNNING', 'result')
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let command = fresh
      for (const one of steps) {
        const before = command
        command = one === 'result' ? finished(command, succeeded, NOW) : reachedLevel(command, one, NOW)
        if (isSettled(before) && command !== before) return false
      }
      return isFinal(command.status) === steps.includes('result')
    }),
  )
  t.pass()
})

test('what the reaper wrote is replaced by what the agent says late', (t) => {
  const silent: CommandState = { ...fresh, status: 'UNKNOWN_EFFECT', provisional: true, resultCode: 'LEASE_LOST' }
  t.is(finished(silent, succeeded, NOW).status, 'SUCCEEDED')
  t.is(reachedLevel(silent, 'RUNNING', NOW).status, 'RUNNING')
  const settled = { ...silent, provisional: false }
  t.is(finished(settled, succeeded, NOW), settled)
  t.is(notNow(settled, 1, 'QUEUE_FULL', NOW), settled)
})

test('each clock ends what it watches, and a lost lease of a ONCE command is never FAILED', (t) => {
  const row = { ...fresh, deliverBy: NOW - 1, afterCommandId: null, leaseUntil: NOW - 1, maxRunMs: 60_000 }
  const verdict = (change: object, online: boolean) => {
    const { status, code, provisional } = reap({ ...row, ...change }, online, NOW) ?? {}
    return [status, code, provisional]
  }
  t.deepEqual(verdict({ status: 'QUEUED' }, false), ['EXPIRED', 'DEVICE_OFFLINE', false])
  t.deepEqual(verdict({ status: 'QUEUED' }, true), ['EXPIRED', 'TOO_LATE', false])
  t.deepEqual(verdict({ status: 'QUEUED', holdCode: 'QUIET_HOURS' }, true), ['EXPIRED', 'QUIET_HOURS', false])
  t.deepEqual(verdict({ status: 'QUEUED', holdCode: 'QUIET_HOURS' }, false), ['EXPIRED', 'DEVICE_OFFLINE', false])
  const held = { ...row, status: 'QUEUED' as const, holdCode: 'APP_NOT_READY', holdReason: 'the phone driver is off' }
  t.is(reap(held, true, NOW)?.reason, 'the phone driver is off')
  t.deepEqual(verdict({ status: 'DISPATCHED' }, true), ['EXPIRED', 'DELIVERY_EXPIRED', true])
  t.deepEqual(verdict({ status: 'DISPATCHED' }, false), ['EXPIRED', 'DEVICE_OFFLINE', true])
  t.deepEqual(verdict({ status: 'RUNNING' }, true), ['UNKNOWN_EFFECT', 'LEASE_LOST', true])
  t.deepEqual(verdict({ status: 'RUNNING', effectClass: 'READ' }, true), ['FAILED', 'LEASE_LOST', true])
  t.is(reap({ ...row, status: 'QUEUED', afterCommandId: 'c' }, true, NOW), undefined)
  t.is(reap({ ...row, status: 'RUNNING', leaseUntil: NOW + 1 }, true, NOW), undefined)
  t.is(reap({ ...row, status: 'SUCCEEDED' }, true, NOW), undefined)
})

test('what no phone has ends by the stop that was asked of it, or waits again', (t) => {
  const stopped = { ...fresh, cancelRequestedAt: NOW, cancelCode: 'CANCELLED', cancelReason: 'enough' }
  const paused = { ...stopped, cancelCode: 'PAUSED' }
  const after = (command: CommandState) => {
    const { status, resultCode, resultReason, finishedAt } = notNow(command, 5, 'QUEUE_FULL', NOW)
    return [status, resultCode, resultReason, finishedAt]
  }
  t.deepEqual(after(fresh), ['QUEUED', null, null, null])
  t.deepEqual(after(stopped), ['CANCELLED', 'CANCELLED', 'enough', NOW])
  t.deepEqual(after(paused), ['CANCELLED', 'PAUSED', 'enough', NOW])
  const late = { deliverBy: NOW - 1, afterCommandId: null, maxRunMs: 60_000 }
  const verdict = { status: 'CANCELLED', code: 'CANCELLED', reason: 'enough', provisional: true } as const
  t.deepEqual(reap({ ...stopped, ...late }, false, NOW), verdict)
  // The phone may have it: what a pause gives back is given out again, so the phone has to speak first.
  t.like(reap({ ...paused, ...late }, false, NOW), { status: 'EXPIRED', provisional: true })
  for (const one of [stopped, paused]) t.is(reap({ ...one, ...late, status: 'QUEUED' }, true, NOW), undefined)
})

test('an item no phone has waits, is given back by a pause, or ends; its own stop comes first', (t) => {
  const times = { startedAt: NOW, finishedAt: null }
  const fields = { status: 'DISPATCHED', code: null, reason: null, provisional: false, commandId: 'c' } as const
  const end = (cancelCode: string | null, code?: StopReason['code']) => {
    const item: ItemState = { ...fields, ...times, cancelCode, cancelReason: cancelCode && 'no' }
    const after = returnedItem(item, code && { code, reason: 'enough' }, NOW)
    return [after.status, after.code, after.reason, after.commandId]
  }
  t.deepEqual(end(null), ['PENDING', null, null, 'c'])
  t.deepEqual(end(null, 'PAUSED'), ['PENDING', null, null, null])
  t.deepEqual(end(null, 'CANCELLED'), ['CANCELLED', 'CANCELLED', 'enough', 'c'])
  for (const code of [undefined, 'PAUSED', 'CANCELLED'] as const)
    t.deepEqual(end('OPTED_OUT', code), ['SKIPPED', 'OPTED_OUT', 'no', 'c'])
})

test('a returning agent and the plane agree on every command', (t) => {
  const row = (id: string, change: object = {}) => ({
    id,
    status: 'DISPATCHED' as const,
    provisional: false,
    effectClass: 'ONCE' as const,
    accountId: null,
    cancelRequestedAt: null,
    resultCode: null,
    ...change,
  })
  const held = (commandId: string, level: AgentLevel) => ({ commandId, level, items: new Map() })
  const plan = planResume(
    [held('on', 'STARTED'), held('done', 'FINISHED'), held('cancelled', 'RECEIVED'), held('orphan', 'RECEIVED')],
    [
      row('on', { status: 'RUNNING' }),
      row('done', { status: 'RUNNING' }),
      row('cancelled', { cancelRequestedAt: NOW }),
      row('lost on the way'),
      row('forgotten', { status: 'RECEIVED' }),
      row('read', { status: 'RECEIVED', effectClass: 'READ' }),
      row('expired', { status: 'EXPIRED', provisional: true }),
    ],
    { trusted: true, accountId: null },
  )
  t.deepEqual(
    plan.answers.map(({ commandId, word }) => [commandId, word]),
    [
      ['on', 'GO_ON'],
      ['done', 'SEND_RESULT'],
      ['cancelled', 'CANCEL'],
      ['orphan', 'CANCEL'],
    ],
  )
  t.deepEqual(
    plan.rows.map(({ commandId, verdict }) => [commandId, verdict]),
    [
      ['lost on the way', 'REDELIVER'],
      ['forgotten', 'UNKNOWN_EFFECT'],
      ['read', 'REDELIVER'],
      ['expired', 'CONFIRM'],
    ],
  )
})

test('under another journal no ONCE command is ever written again', (t) => {
  const status = fc.constantFrom('DISPATCHED', 'RECEIVED', 'ACCEPTED', 'RUNNING')
  fc.assert(
    fc.property(fc.array(status), (statuses) => {
      const rows = statuses.map((one, index) => ({
        id: String(index),
        status: one,
        provisional: false,
        effectClass: 'ONCE' as const,
        accountId: null,
        cancelRequestedAt: null,
        resultCode: null,
      }))
      const stranger = { trusted: false, accountId: null }
      const held = rows.map(({ id }) => ({ commandId: id, level: 'STARTED' as const, items: new Map() }))
      return (
        planResume([], rows, stranger).rows.every(({ verdict }) => verdict === 'UNKNOWN_EFFECT') &&
        planResume(held, rows, stranger).answers.every(({ word }) => word === 'CANCEL')
      )
    }),
  )
  const device = { journalId: 'j', readyEpoch: 5 }
  t.true(sameJournal({ journalId: 'j', lastEpoch: 5 }, device))
  t.false(sameJournal({ journalId: 'j', lastEpoch: 4 }, device))
  t.false(sameJournal({ journalId: 'k', lastEpoch: 9 }, device))
})

test('a journal that does not know what was said from it was put back from a backup', (t) => {
  const held = (level: AgentLevel, items: [string, boolean][]) => [{ commandId: 'c', level, items: new Map(items) }]
  const begun = [{ commandId: 'c', itemId: '1', ended: false }]
  const ended = [{ commandId: 'c', itemId: '1', ended: true }]
  t.true(knowsWhatItSaid(held('STARTED', [['1', false]]), begun))
  t.true(knowsWhatItSaid(held('STARTED', [['1', true]]), begun))
  t.true(knowsWhatItSaid(held('STARTED', [['1', true]]), ended))
  t.false(knowsWhatItSaid(held('STARTED', []), begun))
  t.false(knowsWhatItSaid(held('STARTED', [['1', false]]), ended))
  t.true(knowsWhatItSaid(held('FINISHED', []), ended), 'its result tells all')
  t.true(knowsWhatItSaid([], ended), 'what it does not hold is judged by its row')
})

test('what is held under another account than the phone shows ends, unsure only where it had begun', (t) => {
  const row = (id: string, effectClass: 'ONCE' | 'READ') => {
    const open = { status: 'RUNNING' as const, provisional: false, cancelRequestedAt: null, resultCode: null }
    return { id, effectClass, accountId: 1, ...open }
  }
  const held = ['once', 'read'].map((commandId) => ({ commandId, level: 'STARTED' as const, items: new Map() }))
  const rows = [row('once', 'ONCE'), row('read', 'READ')]
  const unsure = (accountId: number | null) =>
    planResume(held, rows, { trusted: true, accountId }).disowned.map((one) => [one.commandId, one.unsure])
  t.deepEqual(unsure(2), [
    ['once', 'BEGUN'],
    ['read', 'NONE'],
  ])
  t.deepEqual([unsure(1), unsure(null)], [[], []])
})

test('what runs longer than it may ends though its lease is renewed, and only its result opens it again', (t) => {
  const row = { ...fresh, status: 'RUNNING' as const, afterCommandId: null, deliverBy: 0, maxRunMs: 60_000 }
  const after = (ms: number, change: Partial<CommandState> = {}) => {
    const now = NOW + ms
    return reap({ ...row, startedAt: NOW, leaseUntil: now + 60_000, ...change }, true, now)
  }
  t.is(after(60_000 + 119_000), undefined, 'the phone has some time to end it itself')
  const verdict = after(60_000 + 120_000)
  t.like(verdict, { status: 'UNKNOWN_EFFECT', code: 'TOO_LATE', provisional: true })
  t.like(after(200_000, { effectClass: 'READ' }), { status: 'FAILED', code: 'TOO_LATE', provisional: true })
  t.is(after(200_000, { startedAt: null }), undefined)
  const overdue: CommandState = { ...fresh, status: 'UNKNOWN_EFFECT', provisional: true, resultCode: 'TOO_LATE' }
  t.is(reachedLevel(overdue, 'RUNNING', NOW), overdue)
  t.is(finished(overdue, succeeded, NOW).status, 'SUCCEEDED')
})
