import { warningIn, type Warning } from './warning-texts.ts'
import type { Snapshot, UiElement } from './snapshot.ts'

const HANG_UP = '挂断'
/** In the order in which they are tried: the first leaves things as they are. */
const WAYS_OUT = ['不保留', '不保存', '以后再说', '暂不', '我知道了', '知道了', '稍后', '取消', '关闭', HANG_UP, '忽略']
const ONLY_WAY_OUT = '确定'

export type Interruption =
  | { readonly kind: Warning; readonly words: string; readonly close: UiElement | undefined }
  | { readonly kind: 'dialog'; readonly words: string; readonly close: UiElement }

/**
 * Something that lies over the app's own screens: a few words and buttons, and nothing a screen of the app always has.
 * What friends write is never taken for a dialog.
 */
export function interruptionOn(screen: Snapshot): Interruption | undefined {
  if (screen.list || screen.image('返回')) return undefined
  const buttons = screen.all((element) => element.cls === 'Button')
  if (buttons.length === 0) return undefined
  const words = screen
    .all((element) => element.cls === 'TextView' && element.text !== '')
    .map((element) => element.text)
    .join(' ')
  const close = wayOut(buttons)
  // A caller may have any name.
  const warning = close?.text === HANG_UP ? undefined : warningIn(words)
  if (warning) return { kind: warning, words, close }
  // To sign in or to be verified one may have to write something; a dialog that asks for words is a flow's own.
  return close && !screen.input ? { kind: 'dialog', words, close } : undefined
}

function wayOut(buttons: readonly UiElement[]): UiElement | undefined {
  for (const label of WAYS_OUT) {
    const found = buttons.find((button) => button.text === label)
    if (found) return found
  }
  return buttons.length === 1 ? buttons.find((button) => button.text === ONLY_WAY_OUT) : undefined
}
