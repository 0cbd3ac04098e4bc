import test from 'ava'
import fc from 'fast-check'
import { happenedSince } from '../../agent/src/wechat/settle.ts'

// Few different rows, so that repetitions are common: the same text sent before is what makes this hard.
const row = fc.constantFrom('a', 'b', 'wanted')
const view = (history: readonly string[], size: number) => ({
  rows: history.slice(Math.max(0, history.length - size)),
  whole: size >= history.length,
})

test('a tap is never said to have counted when it did not, nor the other way round', (t) => {
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 8 }),
      fc.array(row, { maxLength: 4 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 13 }),
      (history, came, seenBefore, seenNow) => {
        fc.pre(came.length < seenNow)
        const before = view(history, seenBefore)
        const now = view([...history, ...came], seenNow)
        const word = happenedSince(before, now, 'wanted')
        if (word === 'unknown') return true
        return word === (came.includes('wanted') ? 'done' : 'not-done')
      },
    ),
    { numRuns: 20_000 },
  )
  t.pass()
})

test('what a phone shows of an ordinary conversation is decided', (t) => {
  const before = { rows: ['hello', 'wanted'], whole: true }
  t.is(happenedSince(before, { rows: ['hello', 'wanted'], whole: true }, 'wanted'), 'not-done')
  t.is(happenedSince(before, { rows: ['hello', 'wanted', 'wanted'], whole: true }, 'wanted'), 'done')
  t.is(happenedSince({ rows: [], whole: true }, { rows: [], whole: true }, 'wanted'), 'not-done')
  const part = { rows: ['x', 'y', 'z'], whole: false }
  t.is(happenedSince(part, { rows: ['y', 'z', 'wanted'], whole: false }, 'wanted'), 'done')
  t.is(happenedSince(part, { rows: ['w', 'x', 'y', 'z'], whole: true }, 'wanted'), 'not-done')
  t.is(happenedSince(part, { rows: ['w', 'x', 'y', 'z', 'wanted'], whole: true }, 'wanted'), 'done')
  t.is(happenedSince(part, part, 'z'), 'not-done', 'the same text sent before is no evidence')
  t.is(happenedSince({ rows: ['z'], whole: false }, { rows: ['z'], whole: false }, 'z'), 'unknown')
  t.is(happenedSince(part, { rows: ['p', 'q', 'r'], whole: false }, 'wanted'), 'unknown')
})
