import { AgentError, sleep, type AgentClock } from '@muster/sdk/agent'
import type { Logger } from 'pino'
import { APP, DriverFailure, ElementGone, type Box, type UiDriver } from '../driver/ui-driver.ts'
import { interruptionOn, type Interruption } from './interruptions.ts'
import { ScreenLost } from './screen-lost.ts'
import { Snapshot, type UiElement } from './snapshot.ts'

const WAIT_MS = 10_000
const BETWEEN_LOOKS_MS = 120
const DRIVER_TRIES = 4
const TAP_TRIES = 4
const EMPTY_LOOKS = 4
const MOST_INTERRUPTIONS = 6
const FILL_TRIES = 2
/** So long an app may take to draw what was typed. */
const FILL_MS = 5000

export interface ScreenOptions {
  readonly clock: AgentClock
  readonly log: Logger
  /** Looked at anew each time: what ends a preparation is not what ends a reading back. */
  readonly signal: AbortSignal
  /** Told of what the account has to stop for, before it is closed: whoever dies after that must not forget it. */
  onStop?(error: AgentError): Promise<void>
}

/** How long a view has to stay the same before it is believed. */
export interface Settling<T> {
  /** @default 10_000 */
  readonly limitMs?: number
  /**
   * The least time between the first and the last of the equal looks; undefined for a view that one look proves.
   * @default two looks, whatever the time between them
   */
  readonly stillMs?: (found: T) => number | undefined
  /** A look before, which counts as the first. */
  readonly known?: Snapshot | undefined
}

interface Look {
  readonly source: string
  readonly at: number
  readonly disturbances: number
}

type Find = (screen: Snapshot) => UiElement | undefined

/** The phone's screen as flows use it: each look clears what lies over the app, each wait is bounded. */
export class AppScreen {
  readonly #driver: UiDriver
  readonly #options: ScreenOptions
  /** Words of the dialog that was closed last. */
  lastDialog: string | undefined
  #disturbances = 0
  #last: Snapshot | undefined

  constructor(driver: UiDriver, options: ScreenOptions) {
    this.#driver = driver
    this.#options = options
  }

  /** How often something lay over the app. A gesture in the meantime may have met that instead of the app. */
  get disturbances(): number {
    return this.#disturbances
  }

  /**
   * What is on the screen, once nothing lies over it. Throws AgentError with a picture for LOGIN_REQUIRED,
   * RISK_CONTROL and UI_TREE_EMPTY, and ScreenLost when the app had to be started again.
   */
  async look(): Promise<Snapshot> {
    let empty = 0
    for (let interruptions = 0; interruptions < MOST_INTERRUPTIONS;) {
      this.#options.signal.throwIfAborted()
      const screen = await this.#again(async () => this.#read(await this.#driver.source()))
      if (screen.elements.length <= 1) {
        if (++empty >= EMPTY_LOOKS) throw await this.fail('UI_TREE_EMPTY', 'the app shows no nodes to screen readers')
        await this.#rest()
        continue
      }
      if (screen.appPackage !== '' && screen.appPackage !== APP) {
        await this.#again(async () => await this.#driver.activateApp())
        throw new ScreenLost(`${screen.appPackage} was in front of the app`)
      }
      const found = interruptionOn(screen)
      if (!found) return screen
      interruptions++
      this.#disturbances++
      await this.#clear(found)
    }
    throw new ScreenLost('one dialog after the other')
  }

  /** Looks until `find` answers something. Throws ScreenLost after the limit. */
  async waitFor<T>(what: string, find: (screen: Snapshot) => T | undefined, limitMs = WAIT_MS): Promise<T> {
    const { clock } = this.#options
    const until = clock.monotonicMs() + limitMs
    for (;;) {
      const found = find(await this.look())
      if (found !== undefined) return found
      if (clock.monotonicMs() >= until) throw new ScreenLost(`${what} did not show within ${limitMs} ms`)
      await this.#rest()
    }
  }

  /**
   * Looks until `find` answers something on looks that are equal: a tree of which a part is missing, or a list that
   * still fills, differs from the next. For every decision on what is *not* there. Throws ScreenLost after the limit.
   */
  async settled<T>(what: string, find: (screen: Snapshot) => T | undefined, settling: Settling<T> = {}): Promise<T> {
    const { clock } = this.#options
    const { limitMs = WAIT_MS, stillMs = () => 0, known } = settling
    const until = clock.monotonicMs() + limitMs
    let first: Look | undefined = known && this.#noted(known, Number.NEGATIVE_INFINITY)
    for (;;) {
      const seen = await this.look()
      const found = find(seen)
      const now = this.#noted(seen, clock.monotonicMs())
      if (found === undefined) first = undefined
      else {
        const still = stillMs(found)
        if (still === undefined) return found
        if (first?.source !== now.source || first.disturbances !== now.disturbances) first = now
        else if (now.at - first.at >= still) return found
      }
      if (now.at >= until) throw new ScreenLost(`${what} did not come to rest within ${limitMs} ms`)
      await this.#rest()
    }
  }

  #noted({ source }: Snapshot, at: number): Look {
    return { source, at, disturbances: this.#disturbances }
  }

  /** Waits for an element and touches it. Throws ScreenLost. */
  async tap(what: string, find: Find): Promise<void> {
    await this.#touch(what, find, async ({ xpath }) => await this.#driver.tap(xpath))
  }

  async longPress(what: string, find: Find): Promise<void> {
    await this.#touch(what, find, async ({ xpath }) => await this.#driver.longPress(xpath))
  }

  /** Touches what was seen once, so that the caller knows which of several it was. Throws ScreenLost. */
  async tapSeen(element: UiElement): Promise<void> {
    try {
      await this.#driver.tap(element.xpath)
    } catch (error) {
      throw new ScreenLost('what was seen is not there any more', { cause: error })
    }
  }

  /** Puts a text into an input, and reads it back. Throws UNSUPPORTED for one that the phone shows otherwise. */
  async fill(what: string, find: Find, text: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      await this.#touch(what, find, async ({ xpath }) => {
        await this.#again(async () => await this.#driver.replaceText(xpath, text))
      })
      await this.#again(async () => await this.#driver.hideKeyboard())
      if (await this.#reads(what, find, text)) return
      // It can have been typed into a field that was just being drawn anew, but not each time.
      if (tries === FILL_TRIES)
        throw await this.fail('UNSUPPORTED', `${what}: the phone shows another text than was typed`)
    }
  }

  /** Whether an input shows a text; answers false once it keeps on showing another. */
  async #reads(what: string, find: Find, text: string): Promise<boolean> {
    return await this.settled(
      `${what} with its text`,
      (screen) => {
        const input = find(screen)
        return input && { right: holds(input, text) }
      },
      { stillMs: ({ right }) => (right ? undefined : FILL_MS) },
    ).then(({ right }) => right)
  }

  /** Scrolls a list by a part of its height; answers whether there is more that way. */
  async scroll(area: Box, direction: 'up' | 'down', percent = 0.8): Promise<boolean> {
    return await this.#again(async () => await this.#driver.scroll(area, direction, percent))
  }

  async back(): Promise<void> {
    await this.#again(async () => await this.#driver.back())
  }

  async pushFile(path: string, bytes: Uint8Array): Promise<void> {
    await this.#again(async () => await this.#driver.pushFile(path, bytes))
  }

  /** An error with a picture of the screen as it is now. */
  async fail(code: AgentError['code'], message: string): Promise<AgentError> {
    const evidence = await this.#driver.screenshot().catch(() => undefined)
    return new AgentError(code, message, { evidence })
  }

  async #clear(found: Interruption): Promise<void> {
    switch (found.kind) {
      case 'loggedOut':
        throw await this.#stop('LOGIN_REQUIRED', `the account is signed out on the phone: ${found.words}`)
      case 'risk':
        throw await this.#stop('RISK_CONTROL', `WeChat wants a person: ${found.words}`)
      case 'tooOften': {
        const error = await this.#stop('RISK_CONTROL', `WeChat limits the account: ${found.words}`)
        if (found.close) await this.#driver.tap(found.close.xpath).catch(() => undefined)
        throw error
      }
      case 'dialog':
        await this.#close(found)
    }
  }

  async #stop(code: AgentError['code'], message: string): Promise<AgentError> {
    const error = await this.fail(code, message)
    await this.#options.onStop?.(error)
    return error
  }

  async #close(found: Extract<Interruption, { kind: 'dialog' }>): Promise<void> {
    this.lastDialog = found.words
    this.#options.log.info({ words: found.words, closedBy: found.close.text }, 'closed what lay over the app')
    await this.#driver.tap(found.close.xpath).catch((error: unknown) => {
      if (!(error instanceof ElementGone)) throw error
    })
  }

  async #touch(what: string, find: Find, act: (element: UiElement) => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries++) {
      const element = await this.waitFor(what, find)
      try {
        return await act(element)
      } catch (error) {
        // Nothing was touched, so looking again and touching what is there now is safe.
        if (!(error instanceof ElementGone) || tries === TAP_TRIES) throw error
      }
    }
  }

  /** For commands that may be repeated without harm. */
  async #again<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      this.#options.signal.throwIfAborted()
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof DriverFailure)) throw error
        if (tries === DRIVER_TRIES) {
          throw new AgentError('DEVICE_UNREACHABLE', `the screen cannot be reached: ${error.message}`, { cause: error })
        }
        await this.#rest()
      }
    }
  }

  /** Half a page source is no page source. Most looks show what the last one did, and reading XML is slow. */
  #read(source: string): Snapshot {
    if (this.#last?.source === source) return this.#last
    try {
      this.#last = Snapshot.parse(source)
    } catch (error) {
      throw new DriverFailure('the page source cannot be read', { cause: error })
    }
    return this.#last
  }

  async #rest(): Promise<void> {
    await sleep(this.#options.clock, BETWEEN_LOOKS_MS, this.#options.signal)
  }
}

/** An input shows its hint as its text while it is empty. */
const holds = (input: UiElement, text: string): boolean =>
  text === '' ? input.text === '' || input.text === input.hint : input.text === text
