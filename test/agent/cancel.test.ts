import test from 'ava'
import { EFFECTS, effectBench, effectsOf } from '../support/effects.ts'
import { wordsOf } from '../support/phone-rig.ts'

/** A cancel is heard between two commands to the driver; a few more finish what was begun. */
const MOST_AFTERWARDS = 3

for (const effect of EFFECTS) {
  test(`${effect.name} is given up at the next look once it is cancelled`, async (t) => {
    for (const drives of [0, 4, 9, 14, 19]) {
      let driven = 0
      let cancelAt = Number.POSITIVE_INFINITY
      const bench = await effectBench(t, 1, {
        dispatch: (emulator) => async (method, path, body) => {
          if (++driven === cancelAt) bench.cancel(payload)
          return await emulator.dispatch(method, path, body)
        },
      })
      const payload = effect.payload(bench)
      cancelAt = driven + drives + 1
      t.deepEqual(wordsOf(await bench.run(payload)), ['CANCELLED CANCELLED'], `after ${drives} commands to the driver`)
      t.true(driven - cancelAt <= MOST_AFTERWARDS, `${driven - cancelAt} more`)
      t.deepEqual(effectsOf(bench), [])
    }
  })

  test(`${effect.name} is finished when its cancel comes behind the intent`, async (t) => {
    const bench = await effectBench(t, 2)
    const payload = effect.payload(bench)
    const result = await bench.life(payload, (point) => {
      if (point === 'item.intent.after:1') bench.cancel(payload)
      return false
    })
    t.deepEqual(wordsOf(result), ['SUCCEEDED'])
    t.deepEqual(effectsOf(bench), effect.expected(bench))
  })
}
