import test from 'ava'
import { TimeLimitReached, withinTime } from './time-limit.ts'

test('work within its time gives its result or its error', (t) => {
  t.deepEqual(
    withinTime(1000, () => ({ a: 1 })),
    { a: 1 },
  )
  const refused = new RangeError('refused')
  t.is(
    t.throws(() =>
      withinTime(1000, () => {
        throw refused
      }),
    ),
    refused,
  )
})

test('endless work is broken off, in a loop and in a regular expression', (t) => {
  const endless = [
    () => {
      for (;;);
    },
    () => ({ match: /^(a+)+$/u.test(`${'a'.repeat(50)}!`) }),
  ]
  for (const work of endless) t.throws(() => withinTime(20, work), { instanceOf: TimeLimitReached })
  t.deepEqual(
    withinTime(1000, () => ({ after: true })),
    { after: true },
  )
})
