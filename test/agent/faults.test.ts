import test, { type ExecutionContext } from 'ava'
import type { FaultKind } from '@muster/emulator'
import { EFFECTS, effectBench, effectsOf, type EffectCase } from '../support/effects.ts'
import { sampleOf } from '../support/sample.ts'

/** How the item ended. */
interface End {
  readonly status: string
  readonly code: string
  readonly reason: string
  readonly evidence: boolean
}

type Fault = { readonly kind: FaultKind; readonly times?: number }

const PASSING: readonly Fault[] = [
  { kind: 'HTTP_ERROR' },
  { kind: 'STALE_ELEMENT' },
  { kind: 'LIST_REORDER' },
  { kind: 'DIALOG' },
  { kind: 'INCOMING_CALL' },
  { kind: 'KEYBOARD_COVERS' },
  { kind: 'APP_KILLED' },
  { kind: 'TREE_EMPTY' },
  { kind: 'TREE_PARTIAL' },
  { kind: 'SCREEN_UNEXPECTED' },
]

const STOPPING: readonly (Fault & { readonly code: string })[] = [
  { kind: 'TOO_FREQUENT', code: 'RISK_CONTROL' },
  { kind: 'LOGGED_OUT', code: 'LOGIN_REQUIRED' },
  { kind: 'TREE_EMPTY', times: 100_000, code: 'UI_TREE_EMPTY' },
]

const upTo = (end: number, first: number, step: number): number[] =>
  Array.from({ length: Math.ceil((end - first) / step) }, (_, index) => first + index * step)

/** Runs an effect with a fault that is set at a point and then lets some chances pass. Judges what is always true. */
async function runUnder(
  t: ExecutionContext,
  effect: EffectCase,
  fault: Fault & { readonly at: string; readonly after: number },
): Promise<{ end: End; what: string }> {
  const { at, ...order } = fault
  const bench = await effectBench(t, fault.after % 2 === 0 ? 1 : 2)
  const ended = await bench.life(effect.payload(bench), (point) => {
    if (point === at) bench.fault(order)
    return false
  })
  const [status, code] = ended?.items[0] ?? ['', '']
  const end = { status, code, reason: ended?.reasons ?? '', evidence: Boolean(ended?.result.items[0]?.evidenceId) }
  const what = `${fault.kind} at ${at} + ${fault.after}: ${end.status} ${end.code} ${end.reason}`
  const happened = effectsOf(bench)
  const expected = effect.expected(bench)
  t.deepEqual(happened, expected.slice(0, happened.length), what)
  if (end.status === 'SUCCEEDED') t.is(happened.length, expected.length, what)
  else if (end.status !== 'UNKNOWN_EFFECT') t.deepEqual(happened, [], what)
  return { end, what }
}

for (const [number, effect] of EFFECTS.entries()) {
  test(`${effect.name} happens once whatever passes over the screen around its last tap`, async (t) => {
    const faults = PASSING.flatMap((fault) => [0, 1, 2].map((after) => ({ ...fault, after })))
    for (const fault of sampleOf(t, faults, 5)) {
      const { end, what } = await runUnder(t, effect, { ...fault, at: 'item.intent.after:1' })
      t.deepEqual([end.status, end.code], ['SUCCEEDED', ''], what)
    }
  })

  test(`${effect.name} is never made twice or to somebody else, whatever passes over the screen before it`, async (t) => {
    const faults = PASSING.flatMap((fault, index) => upTo(42, index + number, 17).map((after) => ({ ...fault, after })))
    for (const fault of sampleOf(t, faults, 5)) {
      const { end, what } = await runUnder(t, effect, { ...fault, at: 'item.prepare.before:1' })
      t.deepEqual([end.status, end.code], ['SUCCEEDED', ''], what)
    }
  })

  test(`${effect.name} stops the account with a picture when WeChat stops it around the last tap`, async (t) => {
    const faults = STOPPING.flatMap((fault) => [0, 1, 2].map((after) => ({ ...fault, after })))
    for (const { code, ...fault } of sampleOf(t, faults, 2)) {
      const { end, what } = await runUnder(t, effect, { ...fault, at: 'item.intent.after:1' })
      // It may be too late to meet the fault at all.
      if (end.status === 'SUCCEEDED' && end.code === '') continue
      t.deepEqual([end.code, end.evidence], [code, true], what)
    }
  })
}

test('a driver that fails once fails no item, wherever that is', async (t) => {
  for (const effect of EFFECTS.slice(0, 1).concat(EFFECTS.slice(-1))) {
    for (const after of sampleOf(t, upTo(50, 0, 2), 4)) {
      const { end, what } = await runUnder(t, effect, { kind: 'HTTP_ERROR', at: 'item.prepare.before:1', after })
      t.is(end.status, 'SUCCEEDED', what)
    }
  }
})
