import test from 'ava'
import { AgentError, NotTapped } from '@muster/sdk/agent'
import { DispatcherBench } from '../../../test/support/dispatcher-bench.ts'

const gaps = ({ taps }: DispatcherBench): number[] => taps.slice(1).map(({ at }, index) => at - (taps[index]?.at ?? 0))
const tapped = ({ taps }: DispatcherBench): string[] => taps.map(({ itemId }) => itemId)

/** Resolves once what was said to the dispatcher has been taken in. */
const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve))

test('an item that is cancelled before its command comes is not run, and the others are, in the order of arrival', async (t) => {
  const kit = new DispatcherBench()
  kit.dispatcher.cancel('c2', ['b'], 'OPTED_OUT', 'the customer said so')
  await turn()
  t.deepEqual(kit.dispatcher.inFlight(), [], 'the plane is not told that its command is here')
  kit.receive('c1', ['first'])
  kit.receive('c2', ['a', 'b', 'c'])
  t.deepEqual((await kit.result('c2')).items, ['a SUCCEEDED', 'b SKIPPED OPTED_OUT', 'c SUCCEEDED'])
  t.deepEqual(tapped(kit), ['first', 'a', 'c'])
})

test('a cancel that overtakes its command is answered as a cancel, and so is the command behind it', async (t) => {
  const kit = new DispatcherBench()
  kit.dispatcher.cancel('c1', [], 'CANCELLED', 'an operator cancelled the task')
  t.deepEqual(await kit.result('c1'), { status: 'COMMAND_STATUS_CANCELLED', code: 'CANCELLED', items: [] })
  kit.receive('c1', ['a'])
  await turn()
  t.deepEqual(
    kit.frames.map((frame) => frame.$case),
    ['result', 'result'],
  )
  t.deepEqual(kit.taps, [])
})

test('an item cancel and then a cancel of all that overtake a command leave nothing to run', async (t) => {
  const kit = new DispatcherBench()
  kit.dispatcher.cancel('c1', ['a'], 'OPTED_OUT', 'the customer said so')
  kit.dispatcher.cancel('c1', [], 'CANCELLED', 'an operator cancelled the task')
  t.is((await kit.result('c1')).status, 'COMMAND_STATUS_CANCELLED')
  kit.receive('c1', ['a', 'b'])
  await turn()
  t.deepEqual(kit.taps, [])
})

test('the account rests between two effects, of one command or of two', async (t) => {
  const kit = new DispatcherBench()
  kit.budget({ minIntervalMs: 20_000 })
  kit.receive('c1', ['a', 'b'])
  kit.receive('c2', ['c'])
  await kit.result('c2')
  t.deepEqual(tapped(kit), ['a', 'b', 'c'])
  t.true(
    gaps(kit).every((gap) => gap >= 20_000 && gap < 22_000),
    gaps(kit).join(),
  )
})

for (const [what, stop, end] of [
  [
    'a cancel',
    (kit: DispatcherBench) => kit.dispatcher.cancel('c2', [], 'CANCELLED', 'stop it'),
    'b CANCELLED CANCELLED',
  ],
  ['the stop of the account', (kit: DispatcherBench) => kit.budget({ stopped: true }), 'b FAILED RISK_CONTROL'],
] as const) {
  test(`${what} does not wait until the account has rested`, async (t) => {
    const kit = new DispatcherBench()
    kit.budget({ minIntervalMs: 3_600_000 })
    kit.receive('c1', ['a'])
    await kit.result('c1')
    kit.receive('c2', ['b'])
    await turn()
    const before = kit.clock.monotonicMs()
    stop(kit)
    t.deepEqual((await kit.result('c2')).items, [end])
    t.true(kit.clock.monotonicMs() - before < 5000)
    t.deepEqual(tapped(kit), ['a'])
  })
}

test('cancelling one item does not shorten the pause before another, nor lengthen it', async (t) => {
  const kit = new DispatcherBench({}, 0)
  kit.receive('c1', ['a', 'b', 'c', 'd'], 30_000)
  await turn()
  kit.clock.advance(10_000)
  await turn()
  // Somebody far behind, and the one whose pause runs now.
  kit.dispatcher.cancel('c1', ['d'], 'OPTED_OUT', 'the customer said so')
  kit.dispatcher.cancel('c1', ['b'], 'OPTED_OUT', 'the customer said so')
  const { items } = await kit.result('c1')
  t.deepEqual(items, ['a SUCCEEDED', 'b SKIPPED OPTED_OUT', 'c SUCCEEDED', 'd SKIPPED OPTED_OUT'])
  t.true(
    gaps(kit).every((gap) => gap >= 30_000 && gap < 32_000),
    gaps(kit).join(),
  )
})

test('quiet hours that begin in the middle of a batch leave the rest untouched for another day', async (t) => {
  const kit = new DispatcherBench({}, Date.UTC(2026, 2, 2, 21, 59, 30))
  kit.budget({ quietStartMinute: 22 * 60, quietEndMinute: 8 * 60 })
  kit.receive('c1', ['a', 'b', 'c'], 60_000)
  t.deepEqual((await kit.result('c1')).items, ['a SUCCEEDED', 'b CANCELLED QUIET_HOURS', 'c CANCELLED QUIET_HOURS'])
  t.deepEqual(tapped(kit), ['a'])
})

test('a last tap that did not happen is prepared for anew, three times at most', async (t) => {
  for (const [missing, word, times] of [
    [2, 'a SUCCEEDED', 3],
    [9, 'a FAILED APP_NOT_READY', 3],
  ] as const) {
    let prepared = 0
    const kit = new DispatcherBench({
      prepare: async () => void prepared++,
      commit: async () => {
        if (prepared <= missing) throw new NotTapped(new Error('the app was killed'))
      },
    })
    kit.receive('c1', ['a'])
    t.deepEqual((await kit.result('c1')).items, [word])
    t.is(prepared, times)
  }
})

test('what stops the account is said although nobody knows whether the tap counted', async (t) => {
  const evidence = new Uint8Array([1])
  const kit = new DispatcherBench({
    confirm: async () => 'unknown',
    probe: async () => {
      throw new AgentError('LOGIN_REQUIRED', 'the account is signed out', { evidence })
    },
  })
  kit.receive('c1', ['a', 'b'])
  t.deepEqual(await kit.result('c1'), {
    status: 'COMMAND_STATUS_UNKNOWN_EFFECT',
    code: 'LOGIN_REQUIRED',
    items: ['a UNKNOWN_EFFECT LOGIN_REQUIRED', 'b FAILED LOGIN_REQUIRED'],
  })
})

test('a warning right after the tap is no proof that it did not count', async (t) => {
  for (const [probe, word] of [
    ['done', 'a SUCCEEDED RISK_CONTROL'],
    ['not-done', 'a FAILED RISK_CONTROL'],
    ['unknown', 'a UNKNOWN_EFFECT RISK_CONTROL'],
  ] as const) {
    const kit = new DispatcherBench({
      confirm: async () => {
        throw new AgentError('RISK_CONTROL', 'too often')
      },
      probe: async () => probe,
    })
    kit.receive('c1', ['a', 'b'])
    t.deepEqual((await kit.result('c1')).items, [word, 'b FAILED RISK_CONTROL'])
  }
})

test('an item of which a part took effect is never simply failed', async (t) => {
  const kit = new DispatcherBench({
    parts: 2,
    prepare: async (part) => {
      if (part === 1) throw new AgentError('CONTACT_NOT_FOUND', 'the person is gone')
    },
    soFar: () => 'the text was sent, the picture was not',
  })
  kit.receive('c1', ['a'])
  t.deepEqual((await kit.result('c1')).items, ['a UNKNOWN_EFFECT CONTACT_NOT_FOUND'])
  const told = kit.frames.flatMap((frame) => (frame.$case === 'result' ? frame.value.items : []))
  t.is(told[0]?.reason, 'the text was sent, the picture was not: the person is gone; look before repeating it')
})
