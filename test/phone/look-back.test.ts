import test from 'ava'
import { pino } from 'pino'
import type { UiDriver } from '@muster/agent'
import { AppScreen } from '../../agent/src/screen/app-screen.ts'
import type { Snapshot } from '../../agent/src/screen/snapshot.ts'
import { lookBack } from '../../agent/src/wechat/look-back.ts'
import type { Shown } from '../../agent/src/wechat/settle.ts'
import { LeapingClock } from '../support/fake-clock.ts'

const DIALOG =
  '<hierarchy><a package="com.tencent.mm"><android.widget.Button text="以后再说" bounds="[0,0][9,9]"/></a></hierarchy>'
const ROWS = 4

const older = 'up' as const
const history = { older, read: (seen: Snapshot): Shown | undefined => seen.list && shown(seen.list.children) }
const shown = (rows: readonly { readonly text: string }[]): Shown => ({
  rows: rows.map(({ text }) => text),
  whole: false,
})

/** A chat that stands at its newest rows. `lost` gestures in a row do nothing; a dialog came with the first of them. */
function chatOf(all: readonly string[], lost: number, dialog: boolean): AppScreen {
  let top = all.length - ROWS
  let left = lost
  let covered = false
  const page = (): string =>
    `<hierarchy><a package="com.tencent.mm"><android.widget.ListView bounds="[0,0][9,90]">${all
      .slice(top, top + ROWS)
      .map((row) => `<b text="${row}"/>`)
      .join('')}</android.widget.ListView></a></hierarchy>`
  const driver = {
    source: async () => (covered ? DIALOG : page()),
    tap: async () => void (covered = false),
    scroll: async () => {
      if (left-- > 0) {
        covered = dialog && left === lost - 1
        return false
      }
      top = Math.max(0, top - ROWS / 2)
      return top > 0
    },
    screenshot: async () => new Uint8Array(),
  } as unknown as UiDriver
  const signal = new AbortController().signal
  return new AppScreen(driver, { clock: new LeapingClock(), log: pino({ level: 'silent' }), signal })
}

const answers = Array.from({ length: 9 }, (_, index) => `answer ${index}`)
const question = { before: { rows: [], whole: true }, wanted: 'hello' }

test('a gesture that a dialog swallowed is not taken for the beginning of the chat', async (t) => {
  t.is(await lookBack(chatOf(['hello', ...answers], 1, true), history, question), 'done')
})

test('a gesture that was lost without a trace is not either', async (t) => {
  t.is(await lookBack(chatOf(['hello', ...answers], 1, false), history, question), 'done')
})

test('a chat that was read to its beginning without the message never had it', async (t) => {
  t.is(await lookBack(chatOf(['good day', ...answers], 0, false), history, question), 'not-done')
})
