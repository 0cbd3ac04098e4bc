import test from 'ava'
import { ResumeAction, type Resume } from '@muster/proto'
import { DispatcherBench } from '../../../test/support/dispatcher-bench.ts'

// An item of two parts whose agent dies between them.

/** Runs up to the second part, dies there, and lives again without a session. Answers what the new life does first. */
async function diesBetween() {
  const reached = Promise.withResolvers<void>()
  const prepared: number[] = []
  let lives = 1
  let prepares = (): void => undefined
  const bench = new DispatcherBench({
    parts: 2,
    prepare: async (part, signal) => {
      prepared.push(part)
      if (lives === 1 && part === 1) {
        reached.resolve()
        await new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason), { once: true }))
      }
      prepares()
      return null
    },
  })
  bench.receive('c1', ['item'])
  await bench.clock.passUntil(reached.promise)
  lives = 2
  bench.connected = false
  const first = new Promise<'asks' | 'acts'>((resolve) => {
    prepares = () => resolve('acts')
    bench.onAsked = () => resolve('asks')
  })
  await bench.restart()
  return { bench, prepared, first: await bench.clock.passUntil(first) }
}

const answer = (action: Resume['action']): Resume[] => [{ commandId: 'c1', action }]

test('after a restart the next part waits for the plane, and goes on once it says so', async (t) => {
  const { bench, prepared, first } = await diesBetween()
  t.is(first, 'asks')
  bench.clock.advance(3_600_000)
  t.deepEqual([prepared, bench.taps.length], [[0, 1], 1])
  bench.connected = true
  bench.budget({})
  bench.dispatcher.resume(answer(ResumeAction.GO_ON))
  t.deepEqual((await bench.result('c1')).items, ['item SUCCEEDED'])
  t.deepEqual([prepared, bench.taps.length], [[0, 1, 1], 2])
})

test('what the plane ended meanwhile is left at the part that was done, and nobody takes it for failed', async (t) => {
  const { bench, first } = await diesBetween()
  t.is(first, 'asks')
  bench.connected = true
  bench.budget({})
  bench.dispatcher.resume(answer(ResumeAction.CANCEL))
  t.deepEqual((await bench.result('c1')).items, ['item UNKNOWN_EFFECT CANCELLED'])
  t.is(bench.taps.length, 1)
})

test('in one life nothing is asked between the parts: half a message is worse than a late one', async (t) => {
  const bench = new DispatcherBench({
    parts: 2,
    prepare: async (part) => {
      if (part === 1) bench.dispatcher.cancel('c1', [], 'CANCELLED', 'too late')
      return null
    },
  })
  bench.receive('c1', ['item'])
  t.deepEqual((await bench.result('c1')).items, ['item SUCCEEDED'])
  t.is(bench.taps.length, 2)
})
