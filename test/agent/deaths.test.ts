import test from 'ava'
import { COMMANDS } from '@muster/agent'
import type { MaterialRef } from '@muster/proto'
import { EFFECTS, effectBench, effectsOf, type EffectBench } from '../support/effects.ts'
import { wordsOf } from '../support/phone-rig.ts'
import { inSample, logSeed, sampleOf } from '../support/sample.ts'

/** Where every walk dies: behind the last tap, so that the effect is probed, and at the three points behind that. */
const ALWAYS = ['item.commit.after:1', 'item.probe.after:1', 'item.done.after:1', 'command.result.after:1']
const WARNED_DEATHS = ['item.confirm.before:1', 'item.probe.before:1', 'item.probe.after:1', 'item.finish.before:1']

test('every kind of command that takes effect once dies here', (t) => {
  const picture: MaterialRef = { materialId: 1, sha256: '', mimeType: 'image/png', size: 1 }
  const bench = { friend: '', picture: () => picture } as unknown as EffectBench
  const dying = new Set<string>(EFFECTS.map((effect) => effect.payload(bench).$case))
  const once = Object.entries(COMMANDS).flatMap(([kind, { effectClass }]) => (effectClass === 'ONCE' ? [kind] : []))
  t.deepEqual([...dying].toSorted(), once.toSorted())
})

for (const [index, effect] of EFFECTS.entries()) {
  test(`${effect.name} happens once when the agent dies once, wherever that is`, async (t) => {
    const points: string[] = []
    const whole = await effectBench(t, 1)
    await whole.life(effect.payload(whole), (point) => points.push(point) < 0)
    t.deepEqual(effectsOf(whole), effect.expected(whole))
    // Nothing happens between the end of one step and the start of the next, and around items all commands are alike.
    const deadly = points.filter((one) => one.includes('.after') && (index === 0 || !one.startsWith('command.')))
    for (const point of sampleOf(t, deadly, 2)) {
      const bench = await effectBench(t, 1)
      const payload = effect.payload(bench)
      t.is(await bench.life(payload, (here) => here === point), undefined, `it dies at ${point}`)
      t.deepEqual(wordsOf(await bench.run(payload)), ['SUCCEEDED'], point)
      t.deepEqual(effectsOf(bench), effect.expected(bench), point)
    }
  })

  test(`${effect.name} happens once when the agent dies at one point after the other`, async (t) => {
    const died = new Set<string>()
    logSeed(t, 'a quarter of the points')
    const dies = (point: string): boolean =>
      (ALWAYS.includes(point) || inSample(t, point, 1 / 4)) && died.size < died.add(point).size
    // Where a death settles what comes behind it, only another try gets there.
    for (let before = -1; before < died.size;) {
      before = died.size
      const bench = await effectBench(t, 2)
      const payload = effect.payload(bench)
      let result = await bench.life(payload, dies)
      while (!result) result = await bench.life(payload, dies)
      const what = [...died].slice(before).join(', then ')
      t.deepEqual(wordsOf(result), ['SUCCEEDED'], what)
      t.deepEqual(effectsOf(bench), effect.expected(bench), what)
    }
    t.true(ALWAYS.every((point) => died.has(point)))
  })

  test(`${effect.name} stops the account though the agent dies when it has closed the warning`, async (t) => {
    let met = 0
    const deaths = sampleOf(t, WARNED_DEATHS, 2)
    for (const death of deaths) {
      // WeChat says it at a last tap; some effects have two.
      for (let after = 0; after < 2; after++) {
        const bench = await effectBench(t, 1)
        const payload = effect.payload(bench)
        const died = await bench.life(payload, (point) => {
          if (point === 'item.prepare.before:1') bench.fault({ kind: 'TOO_FREQUENT', after })
          return point === death
        })
        const { faults } = (await bench.emulator.dispatch('GET', `/phones/${bench.phone}/faults`)) as {
          faults: unknown[]
        }
        if (died !== undefined || faults.length > 0) continue
        met++
        const { items } = await bench.run(payload)
        t.is(items[0]?.[1], 'RISK_CONTROL', `warned at last tap ${after}, dead at ${death}: ${items.join()}`)
        const happened = effectsOf(bench)
        t.deepEqual(happened, effect.expected(bench).slice(0, happened.length))
      }
    }
    t.true(met >= deaths.length, `${met} met the warning`)
  })
}
