import { Dialog, IncomingCall, Launcher, SignedOut, Unexpected } from '../screens/overlays.ts'
import { screensOf } from '../screens/factory.ts'
import type { Account } from '../world/account.ts'
import type { World } from '../world/world.ts'
import type { AppVersion } from './app-version.ts'
import { Faults } from './faults.ts'
import type { Handset, Screen, ScreenFactory } from './handset.ts'
import { contains, flatten, SCREEN, type Placed, type UiNode } from './ui.ts'

export const APP = 'com.tencent.mm'
const LAUNCHER = 'com.android.launcher3'
/** What lies below this line is under the keyboard when it does not move the screen up. */
const KEYBOARD_TOP = 1500
const TOO_FREQUENT = '操作过于频繁，请稍后再试'

export interface PhoneOptions {
  readonly id: string
  readonly account: Account
  readonly world: World
  readonly version: AppVersion
}

/** One emulated phone: a stack of screens, what lies over them, a gallery, and what goes wrong. */
export class Phone implements Handset {
  readonly id: string
  readonly account: Account
  readonly world: World
  readonly version: AppVersion
  readonly faults = new Faults()
  readonly screens: ScreenFactory
  /** Between the agent and the plane; the phone's own app always has a network. */
  online = true
  #stack: Screen[] = []
  #over: Screen | undefined
  /** Until a person signs the account in again, no start of the app leads past it. */
  #signedOut: Screen | undefined
  #focused: string | undefined
  #keyboardCovers = false
  #serial = 0
  readonly #serials = new WeakMap<Screen, number>()

  constructor(options: PhoneOptions) {
    this.id = options.id
    this.account = options.account
    this.world = options.world
    this.version = options.version
    this.screens = screensOf(this)
    this.goHome()
  }

  get activity(): string {
    const screen = this.#top()
    return screen instanceof Launcher ? screen.activity : `${APP}.${screen.activity}`
  }

  get appPackage(): string {
    return this.#top() instanceof Launcher ? LAUNCHER : APP
  }

  get keyboardShown(): boolean {
    return this.#focused !== undefined && !this.#over
  }

  /** The nodes now on the screen, in document order; each look may meet a fault. */
  look(): Placed[] {
    this.#interrupt()
    const seen = this.nodes()
    this.#moveRows(seen)
    return seen
  }

  /** The nodes now on the screen, without giving faults a chance. */
  nodes(): Placed[] {
    const screen = this.#top()
    const root: UiNode = { cls: 'FrameLayout', box: [0, 0, SCREEN.width, SCREEN.height], children: screen.draw() }
    return flatten(root, `${this.#serialOf(screen)}`)
  }

  /** Touches a point: the deepest node there that does something, the one drawn last first. */
  touch(x: number, y: number, held = false): void {
    if (this.#keyboardCovers && this.keyboardShown && y > KEYBOARD_TOP) return
    const hits = this.nodes().filter(({ node }) => contains(node.box, x, y))
    const handler = hits
      .toReversed()
      .map(({ node }) => (held ? (node.hold ?? node.tap) : node.tap))
      .find((one) => one !== undefined)
    handler?.()
  }

  /** Moves whatever list is at a point by so many pixels; positive shows what is further down. */
  scroll(x: number, y: number, pixels: number): void {
    const target = this.nodes()
      .toReversed()
      .find(({ node }) => node.scroll !== undefined && contains(node.box, x, y))
    target?.node.scroll?.(pixels)
  }

  back(): void {
    if (this.keyboardShown) return this.hideKeyboard()
    const screen = this.#top()
    if (screen.back?.()) return
    if (this.#over === screen) this.#over = undefined
    else this.close()
  }

  hideKeyboard(): void {
    this.#focused = undefined
    this.#keyboardCovers = false
  }

  open(screen: Screen): void {
    this.#stack.push(screen)
    this.#focused = undefined
  }

  close(): void {
    this.#focused = undefined
    if (this.#stack.length > 1) this.#stack.pop()
  }

  goHome(): void {
    this.#focused = undefined
    this.#stack = [this.screens.home()]
  }

  /** Starts the app or brings it to the front as it was. */
  activate(): void {
    if (this.#over instanceof Launcher) this.#over = this.#signedOut
  }

  /** Ends the app, as Android does when memory is short: the stack is gone, drafts stay. */
  terminate(): void {
    this.goHome()
    this.#over = new Launcher(() => this.activate())
  }

  /** Takes all faults away, signs the account in again and goes to the first screen. */
  recover(): void {
    this.faults.clear()
    this.#signedOut = undefined
    this.#over = undefined
    this.goHome()
  }

  dialog(words: string, buttons: readonly (readonly [string, () => void])[]): void {
    const closing = buttons.map(
      ([label, run]) =>
        [
          label,
          () => {
            this.#over = undefined
            run()
          },
        ] as const,
    )
    this.#over = new Dialog(this, { activity: this.#below().activity, words, buttons: closing })
  }

  focus(input: string | undefined): void {
    this.#focused = input
    if (input !== undefined && this.faults.take('KEYBOARD_COVERS')) this.#keyboardCovers = true
  }

  isFocused(input: string): boolean {
    return this.#focused === input
  }

  lastTap(effect: () => void): void {
    if (this.faults.take('TOO_FREQUENT')) this.dialog(TOO_FREQUENT, [['确定', () => undefined]])
    else effect()
  }

  #interrupt(): void {
    if (this.faults.take('LOGGED_OUT')) this.#over = this.#signedOut = new SignedOut(this)
    if (this.#over) return
    const dialog = this.faults.take('DIALOG')
    if (dialog)
      this.dialog(dialog.text, [
        ['以后再说', () => undefined],
        ['确定', () => this.open(new Unexpected(this))],
      ])
    else if (this.faults.take('INCOMING_CALL')) {
      this.#over = new IncomingCall(this, () => {
        this.#over = undefined
      })
    } else if (this.faults.take('SCREEN_UNEXPECTED')) this.open(new Unexpected(this))
    else if (this.faults.take('APP_KILLED')) this.terminate()
  }

  /** Rows change places once they have been looked at, and stand in their own order again after the next look. */
  #moveRows(seen: readonly Placed[]): void {
    const rows = seen.find(({ node }) => node.reorder !== undefined)?.node
    if (rows) rows.reorder?.(this.faults.take('LIST_REORDER')?.random())
  }

  #below(): Screen {
    return this.#stack.at(-1) ?? this.screens.home()
  }

  #top(): Screen {
    return this.#over ?? this.#below()
  }

  #serialOf(screen: Screen): number {
    const known = this.#serials.get(screen)
    if (known !== undefined) return known
    this.#serials.set(screen, ++this.#serial)
    return this.#serial
  }
}
