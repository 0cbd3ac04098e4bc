import type { Snapshot, UiElement } from './snapshot.ts'

/** In the order in which they are tried: the first leaves things as they are. */
const WAYS_OUT = ['不保留', '不保存', '以后再说', '暂不', '我知道了', '知道了', '稍后', '取消', '关闭', '挂断', '忽略']
const ONLY_WAY_OUT = '确定'
const TOO_OFTEN = ['操作过于频繁', '发送消息过于频繁', '操作频繁']
const LOGGED_OUT = ['你已退出微信', '你的账号在其他设备登录', '登录过期']

export type Interruption =
  | { readonly kind: 'logged-out'; readonly words: string }
  | { readonly kind: 'too-frequent'; readonly words: string; readonly close: UiElement | undefined }
  | { readonly kind: 'dialog'; readonly words: string; readonly close: UiElement }

/**
 * Something that lies over the app's own screens: a few words and buttons, and nothing a screen of the app always has.
 * What friends write is never taken for a dialog.
 */
export function interruptionOn(screen: Snapshot): Interruption | undefined {
  if (screen.list || screen.input || screen.image('返回')) return undefined
  const buttons = screen.all((element) => element.cls === 'Button')
  if (buttons.length === 0) return undefined
  const words = screen
    .all((element) => element.cls === 'TextView' && element.text !== '')
    .map((element) => element.text)
    .join(' ')
  if (LOGGED_OUT.some((sign) => words.includes(sign))) return { kind: 'logged-out', words }
  const close = wayOut(buttons)
  if (TOO_OFTEN.some((sign) => words.includes(sign))) return { kind: 'too-frequent', words, close }
  return close ? { kind: 'dialog', words, close } : undefined
}

function wayOut(buttons: readonly UiElement[]): UiElement | undefined {
  for (const label of WAYS_OUT) {
    const found = buttons.find((button) => button.text === label)
    if (found) return found
  }
  return buttons.length === 1 ? buttons.find((button) => button.text === ONLY_WAY_OUT) : undefined
}
