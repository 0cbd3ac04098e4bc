import test from 'ava'
import { EFFECTS, effectBench, effectsOf } from '../support/effects.ts'
import { wordsOf } from '../support/phone-bench.ts'

/** A cancel is heard between two commands to the driver; a few more finish what was begun. */
const MOST_AFTERWARDS = 3

for (const effect of EFFECTS) {
  test(`${effect.name} is given up at the next look once it is cancelled`, async (t) => {
    for (const drives of [0, 4, 9, 14, 19]) {
      const bench = await effectBench(t, 1)
      const payload = effect.payload(bench)
      let cancelledAt: number | undefined
      const result = await bench.life(payload, {
        drives: (count) => {
          if (count !== drives + 1) return
          cancelledAt = bench.driven
          bench.cancel(payload)
        },
      })
      t.deepEqual(wordsOf(result), ['CANCELLED CANCELLED'], `after ${drives} commands to the driver`)
      t.true(bench.driven - (cancelledAt ?? 0) <= MOST_AFTERWARDS, `${bench.driven - (cancelledAt ?? 0)} more`)
      t.deepEqual(effectsOf(bench), [])
    }
  })

  test(`${effect.name} is finished when its cancel comes behind the intent`, async (t) => {
    const bench = await effectBench(t, 2)
    const payload = effect.payload(bench)
    const result = await bench.life(payload, {
      dies: (point) => {
        if (point === 'item.intent.after:1') bench.cancel(payload)
        return false
      },
    })
    t.deepEqual(wordsOf(result), ['SUCCEEDED'])
    t.deepEqual(effectsOf(bench), effect.expected(bench))
  })
}
