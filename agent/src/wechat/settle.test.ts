import test from 'ava'
import fc from 'fast-check'
import { happenedSince, joined } from './settle.ts'

// Few different rows, so that repetitions are common: the same text sent before is what makes this hard.
const row = fc.constantFrom('a', 'b', 'c', 'wanted')
const view = (history: readonly string[], size: number) => ({
  rows: history.slice(Math.max(0, history.length - size)),
  whole: size >= history.length,
})
const countOf = (rows: readonly string[], all: readonly string[]): number =>
  [...all.keys()].filter((start) => rows.every((one, index) => one === all[start + index])).length

test('a tap is never said to have counted when it did not, nor the other way round, however much came meanwhile', (t) => {
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 8 }),
      fc.array(row, { maxLength: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 13 }),
      (history, came, seenBefore, seenNow) => {
        const before = view(history, seenBefore)
        const now = view([...history, ...came], seenNow)
        // Nobody says all of what the screen showed once more.
        fc.pre(new Set(before.rows).size < 3 || countOf(before.rows, [...history, ...came]) === 1)
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

test('an old row that fits by chance proves nothing', (t) => {
  const before = { rows: ['早 1', '早 2', '好的'], whole: false }
  t.is(happenedSince(before, { rows: ['好的', '晚 1', '晚 2'], whole: false }, 'wanted'), 'unknown')
  const pictures = { rows: ['other picture', 'other picture', 'other picture'], whole: false }
  t.is(happenedSince(pictures, pictures, 'wanted'), 'unknown', 'all of them can be new')
  const daily = { rows: ['own 早', 'other 早', 'own 图', 'own 早', 'other 早', 'own 图'], whole: false }
  t.is(happenedSince(daily, daily, 'own 早'), 'unknown', 'another day of the same looks the same')
})

test('parts of one list are put together where they overlap, and nowhere else', (t) => {
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 2, maxLength: 12 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 2, max: 8 }),
      (list, moved, size) => {
        const newer = list.slice(Math.max(0, list.length - size))
        const start = Math.max(0, list.length - size - moved)
        const older = list.slice(start, start + size)
        // What was scrolled past is in no view.
        fc.pre(moved <= size - 2 || list.length <= size)
        const all = joined(older, newer)
        return all === undefined || all.join() === list.slice(start).join()
      },
    ),
    { numRuns: 5000 },
  )
  t.deepEqual(joined(['a', 'b', 'c'], ['b', 'c', 'd']), ['a', 'b', 'c', 'd'])
  t.is(joined(['a', 'b', 'c'], ['c', 'd', 'e']), undefined, 'one row is too little to go by')
  t.is(joined(['a', 'a', 'a'], ['a', 'a', 'a']), undefined)
})
