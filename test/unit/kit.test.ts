import test from 'ava'
import { KitBench } from '../support/kit-bench.ts'

const tapped = ({ taps }: KitBench): string[] => taps.map(({ itemId }) => itemId)

/** Resolves once what was said to the dispatcher has been taken in. */
const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve))

test('an item that is cancelled before its command comes is not run, and the others are, in the order of arrival', async (t) => {
  const kit = new KitBench()
  kit.dispatcher.cancel('c2', ['b'], 'OPTED_OUT', 'the customer said so')
  await turn()
  t.deepEqual(kit.dispatcher.inFlight(), [], 'the plane is not told that its command is here')
  kit.receive('c1', ['first'])
  kit.receive('c2', ['a', 'b', 'c'])
  t.deepEqual((await kit.result('c2')).items, ['a SUCCEEDED', 'b SKIPPED OPTED_OUT', 'c SUCCEEDED'])
  t.deepEqual(tapped(kit), ['first', 'a', 'c'])
})

test('a cancel that overtakes its command is answered as a cancel, and so is the command behind it', async (t) => {
  const kit = new KitBench()
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
  const kit = new KitBench()
  kit.dispatcher.cancel('c1', ['a'], 'OPTED_OUT', 'the customer said so')
  kit.dispatcher.cancel('c1', [], 'CANCELLED', 'an operator cancelled the task')
  t.is((await kit.result('c1')).status, 'COMMAND_STATUS_CANCELLED')
  kit.receive('c1', ['a', 'b'])
  await turn()
  t.deepEqual(kit.taps, [])
})
