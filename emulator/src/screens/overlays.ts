import type { Handset, Screen } from '../phone/handset.ts'
import { button, group, image, text, type UiNode } from '../phone/ui.ts'

/** A dialog over the screen below, whose activity it keeps. */
export class Dialog implements Screen {
  readonly activity: string
  readonly #phone: Handset
  readonly #words: string
  readonly #buttons: readonly (readonly [string, () => void])[]

  constructor(
    phone: Handset,
    options: { activity: string; words: string; buttons: readonly (readonly [string, () => void])[] },
  ) {
    this.activity = options.activity
    this.#phone = phone
    this.#words = options.words
    this.#buttons = options.buttons
  }

  draw(): readonly UiNode[] {
    const { dialogText, dialogButton } = this.#phone.version.ids
    const width = Math.floor(800 / this.#buttons.length)
    return [
      group(
        'FrameLayout',
        [140, 900, 800, 500],
        [
          text(this.#words, [180, 940, 720, 260], { id: dialogText }),
          ...this.#buttons.map(([label, tap], index) =>
            button(label, [140 + index * width, 1240, width, 140], tap, { id: dialogButton }),
          ),
        ],
      ),
    ]
  }

  back(): boolean {
    this.#buttons[0]?.[1]()
    return true
  }
}

/** Somebody calls. */
export class IncomingCall implements Screen {
  readonly activity = 'plugin.voip.ui.VideoActivity'
  readonly #phone: Handset
  readonly #end: () => void

  constructor(phone: Handset, end: () => void) {
    this.#phone = phone
    this.#end = end
  }

  draw(): readonly UiNode[] {
    const { title, action } = this.#phone.version.ids
    return [
      text('邀请你语音通话...', [300, 500, 480, 90], { id: title }),
      button('挂断', [140, 1900, 250, 250], this.#end, { id: action }),
      button('接听', [690, 1900, 250, 250], () => undefined, { id: action }),
    ]
  }

  back(): boolean {
    return true
  }
}

/** The account was signed out; only a person can sign in again. */
export class SignedOut implements Screen {
  readonly activity = 'plugin.account.ui.LoginPasswordUI'
  readonly #phone: Handset

  constructor(phone: Handset) {
    this.#phone = phone
  }

  draw(): readonly UiNode[] {
    const { title, action } = this.#phone.version.ids
    return [
      text('你已退出微信', [240, 500, 600, 90], { id: title }),
      button('登录', [240, 1200, 600, 140], () => undefined, { id: action }),
    ]
  }

  back(): boolean {
    return true
  }
}

/** A page nobody has described, such as an advertisement. It stays until the back key. */
export class Unexpected implements Screen {
  readonly activity = 'plugin.webview.ui.tools.WebViewUI'
  readonly #phone: Handset

  constructor(phone: Handset) {
    this.#phone = phone
  }

  draw(): readonly UiNode[] {
    return [
      text('微信团队', [140, 90, 700, 110], { id: this.#phone.version.ids.title }),
      text('年度盘点', [140, 600, 800, 300]),
      image('更多', [940, 90, 110, 110]),
    ]
  }
}

/** The phone's own home screen. */
export class Launcher implements Screen {
  readonly activity = '.Launcher'
  readonly #start: () => void

  constructor(start: () => void) {
    this.#start = start
  }

  draw(): readonly UiNode[] {
    return [text('微信', [100, 1800, 200, 240], { tap: this.#start }), text('电话', [400, 1800, 200, 240])]
  }

  back(): boolean {
    return true
  }
}
