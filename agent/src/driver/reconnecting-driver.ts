import { Backoff, sleep, type AgentClock } from '@muster/sdk/agent'
import type { Logger } from 'pino'
import { DriverFailure, type Box, type UiDriver } from './ui-driver.ts'

/** Opens a session with a driver's server. Throws DriverFailure. */
export type OpenDriver = () => Promise<UiDriver>

export interface LastingDriverOptions {
  readonly clock: AgentClock
  readonly log: Logger
  /** Aborted when the agent stops: nothing is opened any more. */
  readonly signal: AbortSignal
  /** From 0 to 1, for the waits between tries. @default Math.random */
  readonly random?: () => number
}

const OPEN_TRIES = 5
const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 4000
/** So many failures in a row end a session that may still live: the server on the phone can be dead behind it. */
const MOST_FAILURES = 2

/**
 * A driver that outlives its sessions. The call in hand fails when its session is lost, for nobody knows whether it
 * acted; the next one opens a new session, with a limit and pauses in between.
 */
export class ReconnectingDriver implements UiDriver {
  readonly emulated: boolean
  readonly #open: OpenDriver
  readonly #options: LastingDriverOptions
  #driver: UiDriver | undefined
  #opening: Promise<UiDriver> | undefined
  #sessions = 1
  #failures = 0

  private constructor(open: OpenDriver, options: LastingDriverOptions, driver: UiDriver) {
    this.#open = open
    this.#options = options
    this.#driver = driver
    this.emulated = driver.emulated
  }

  /** Opens the first session. Throws DriverFailure when there is none to be had. */
  static async open(open: OpenDriver, options: LastingDriverOptions): Promise<ReconnectingDriver> {
    return new ReconnectingDriver(open, options, await open())
  }

  /** Rises with every session; undefined while there is none. */
  get session(): number | undefined {
    return this.#driver ? this.#sessions : undefined
  }

  /** Begins to open a session where there is none; does not wait for it. */
  reach(): void {
    this.#session().catch((error: unknown) => this.#options.log.info({ err: error }, 'the phone cannot be reached yet'))
  }

  async source(): Promise<string> {
    return await this.#run(async (driver) => await driver.source())
  }

  async tap(xpath: string): Promise<void> {
    await this.#run(async (driver) => await driver.tap(xpath))
  }

  async longPress(xpath: string): Promise<void> {
    await this.#run(async (driver) => await driver.longPress(xpath))
  }

  async replaceText(xpath: string, text: string): Promise<void> {
    await this.#run(async (driver) => await driver.replaceText(xpath, text))
  }

  async scroll(area: Box, direction: 'up' | 'down', percent: number): Promise<boolean> {
    return await this.#run(async (driver) => await driver.scroll(area, direction, percent))
  }

  async back(): Promise<void> {
    await this.#run(async (driver) => await driver.back())
  }

  async hideKeyboard(): Promise<void> {
    await this.#run(async (driver) => await driver.hideKeyboard())
  }

  async activateApp(): Promise<void> {
    await this.#run(async (driver) => await driver.activateApp())
  }

  async screenshot(): Promise<Uint8Array> {
    return await this.#run(async (driver) => await driver.screenshot())
  }

  async pushFile(path: string, bytes: Uint8Array): Promise<void> {
    await this.#run(async (driver) => await driver.pushFile(path, bytes))
  }

  async close(): Promise<void> {
    await this.#driver?.close()
  }

  async #run<T>(work: (driver: UiDriver) => Promise<T>): Promise<T> {
    const driver = await this.#session()
    try {
      const result = await work(driver)
      this.#failures = 0
      return result
    } catch (error) {
      if (!(error instanceof DriverFailure)) this.#failures = 0
      else if (error.sessionLost || ++this.#failures >= MOST_FAILURES) this.#drop(driver, error)
      throw error
    }
  }

  #drop(driver: UiDriver, error: DriverFailure): void {
    if (this.#driver !== driver) return
    this.#options.log.warn({ err: error }, 'the session with the phone is lost')
    this.#driver = undefined
    this.#failures = 0
    if (error.sessionLost) return
    // Where it does live, it must not stand in the way of the next.
    this.#opening = this.#openAfter(driver.close().catch(() => undefined))
    this.reach()
  }

  async #session(): Promise<UiDriver> {
    return this.#driver ?? (await (this.#opening ??= this.#openAfter(Promise.resolve())))
  }

  async #openAfter(closed: Promise<void>): Promise<UiDriver> {
    try {
      await closed
      const driver = await this.#openOne()
      this.#driver = driver
      this.#sessions++
      this.#options.log.info({ session: this.#sessions }, 'opened a new session with the phone')
      return driver
    } finally {
      this.#opening = undefined
    }
  }

  async #openOne(): Promise<UiDriver> {
    const { clock, signal, random } = this.#options
    const backoff = new Backoff({
      firstMs: FIRST_WAIT_MS,
      longestMs: LONGEST_WAIT_MS,
      ...(random ? { random } : {}),
    })
    for (let tries = 1; ; tries++) {
      if (signal.aborted) throw new DriverFailure('the agent is stopping')
      try {
        const driver = await this.#open()
        if (driver.emulated === this.emulated) return driver
        await driver.close()
        throw new DriverFailure('another kind of phone answers now; start the agent again')
      } catch (error) {
        if (!(error instanceof DriverFailure) || tries === OPEN_TRIES) throw error
      }
      await sleep(clock, backoff.next(), signal)
    }
  }
}
