import test from 'ava'
import { pino } from 'pino'
import type { UiDriver } from '@muster/agent'
import { AppScreen } from '../../agent/src/screen/app-screen.ts'
import { ScreenLost } from '../../agent/src/screen/screen-lost.ts'
import type { Snapshot } from '../../agent/src/screen/snapshot.ts'
import { LeapingClock } from '../support/fake-clock.ts'

const page = (...rows: readonly string[]): string =>
  `<hierarchy><a package="com.tencent.mm"><b text="here"/>${rows.map((row) => `<b text="${row}"/>`).join('')}</a></hierarchy>`
const DIALOG =
  '<hierarchy><a package="com.tencent.mm"><android.widget.Button text="以后再说" bounds="[0,0][9,9]"/></a></hierarchy>'

/** A screen that shows one page after the other, the last one for good. */
function showing(...pages: readonly string[]): { screen: AppScreen; looks: () => number } {
  let looks = 0
  const driver = {
    source: async () => pages[Math.min(looks++, pages.length - 1)] ?? '',
    tap: async () => undefined,
    screenshot: async () => new Uint8Array(),
  } as unknown as UiDriver
  const signal = new AbortController().signal
  const screen = new AppScreen(driver, { clock: new LeapingClock(), log: pino({ level: 'silent' }), signal })
  return { screen, looks: () => looks }
}

const rowsOf = (seen: Snapshot): string[] =>
  seen.all(({ cls, text }) => cls === 'b' && text !== 'here').map(({ text }) => text)
const here = (seen: Snapshot): string[] | undefined =>
  seen.find(({ text }) => text === 'here') ? rowsOf(seen) : undefined

test('a view is believed once two looks in a row are equal, and nothing lay over it in between', async (t) => {
  const partial = showing(page('a'), page('a', 'b'), page('a', 'b'))
  t.deepEqual(await partial.screen.settled('rows', here), ['a', 'b'])
  t.is(partial.looks(), 3)
  const disturbed = showing(page('a'), DIALOG, page('a'), page('a'))
  t.deepEqual(await disturbed.screen.settled('rows', here), ['a'])
  t.is(disturbed.looks(), 4)
})

test('a view that proves itself takes one look, and one that shows nothing has to last', async (t) => {
  const stillMs = (rows: string[]) => (rows.length > 0 ? undefined : 1000)
  const proof = showing(page('a'))
  t.deepEqual(await proof.screen.settled('rows', here, { stillMs }), ['a'])
  t.is(proof.looks(), 1)
  const late = showing(page(), page(), page(), page('a'))
  t.deepEqual(await late.screen.settled('rows', here, { stillMs }), ['a'])
  t.deepEqual(await showing(page()).screen.settled('rows', here, { stillMs }), [])
})

test('a screen that never comes to rest, or is not the one that was waited for, is lost', async (t) => {
  const flicker = Array.from({ length: 400 }, (_, index) => page(String(index)))
  await t.throwsAsync(showing(...flicker).screen.settled('rows', here), { instanceOf: ScreenLost })
  await t.throwsAsync(
    showing(page()).screen.settled('rows', () => undefined),
    { instanceOf: ScreenLost },
  )
})

test('a page source that was cut off is read again', async (t) => {
  const cut = showing(page('a', 'b').slice(0, -20), page('a', 'b'))
  t.deepEqual(rowsOf(await cut.screen.look()), ['a', 'b'])
})
