import type { AccountState, ErrorCode } from '@muster/proto'
import {
  AgentError,
  sleep,
  type AgentClock,
  type AgentTimer,
  type CommandContext,
  type CommandHead,
  type Refusal,
} from '@muster/sdk/agent'
import type { Logger } from 'pino'
import type { ReconnectingDriver } from './driver/reconnecting-driver.ts'
import { DriverFailure, ElementGone } from './driver/ui-driver.ts'
import { AppScreen } from './screen/app-screen.ts'
import { interruptionOn } from './screen/interruptions.ts'
import { ScreenLost } from './screen/screen-lost.ts'
import { Snapshot } from './screen/snapshot.ts'
import { ScreenMutex } from './screen-mutex.ts'
import { readAccount, readOwner, SIGNED_OUT } from './wechat/account.ts'

const READ_TRIES = 3
/** What was seen so lately is not looked at again. */
const FRESH_MS = 2000
/** Between two looks at a phone on which only a person can go on. */
const WATCH_MS = 15_000
/** So long a command that was taken waits for a phone that does not answer. */
const MOST_WAITING_MS = 300_000
const BETWEEN_TRIES_MS = 1000
const RETRY_MS = {
  APP_NOT_READY: 1000,
  DEVICE_UNREACHABLE: 5000,
  LOGIN_REQUIRED: 30_000,
  UI_TREE_EMPTY: 30_000,
} as const

export interface HealthDeps {
  readonly driver: ReconnectingDriver
  readonly clock: AgentClock
  readonly log: Logger
  /** Aborted when the agent stops. */
  readonly signal: AbortSignal
  /** The phone shows another account, or another version, than the plane was told. */
  onChange(): void
}

/**
 * Whether the phone can work now, and for which account. The screen is only driven in turn: by the command that runs,
 * or by a look at the account while none does.
 */
export class DeviceHealth {
  readonly #deps: HealthDeps
  readonly #screen: AppScreen
  readonly #turn = new ScreenMutex()
  #account: AccountState = { ...SIGNED_OUT, loggedIn: true }
  #told: AccountState | undefined
  /** The driver's session in which the version was read. */
  #session: number | undefined
  #readAt = Number.NEGATIVE_INFINITY
  #seenAt = Number.NEGATIVE_INFINITY
  #answers = true
  /** What a look met while no command ran that could have told it. */
  #warning: AgentError | undefined
  #timer: AgentTimer | undefined
  /** The one that is being made ready. */
  #command: CommandContext | undefined

  constructor(deps: HealthDeps) {
    this.#deps = deps
    const onStop = async (error: AgentError): Promise<void> => await this.#command?.stopSeen(error)
    this.#screen = new AppScreen(deps.driver, { ...deps, onStop })
    deps.signal.addEventListener('abort', () => this.#timer?.cancel(), { once: true })
  }

  /** What was read last. */
  get account(): AccountState {
    return this.#account
  }

  /**
   * Reads the account for the first time. That nobody is signed in, or that only a person can go on, is an answer.
   * Throws ScreenLost when the app does not let itself be read.
   */
  async start(): Promise<void> {
    await this.#turn.take(async () => {
      await this.#read(READ_TRIES).catch((error: unknown) => {
        if (error instanceof AgentError && error.stopsAccount) this.#note(error)
        else throw error
      })
    })
  }

  /** The account on the phone, for Hello. Looks at the phone unless a command uses it. */
  async describe(): Promise<AccountState> {
    await this.#glance(this.#readAt, () => true)
    this.#told = this.#account
    return this.#account
  }

  /** Why the command cannot be taken now, before anything of it is begun. */
  async check(command: CommandHead): Promise<Refusal | undefined> {
    await this.#glance(this.#seenAt, () => !this.#isKnown())
    const { driver } = this.#deps
    if (driver.session === undefined || !this.#answers) {
      driver.reach()
      return notNow('DEVICE_UNREACHABLE', 'the screen cannot be reached')
    }
    // A command has to tell the plane, with a picture.
    if (this.#warning) return undefined
    if (!this.#account.loggedIn) return notNow('LOGIN_REQUIRED', 'nobody is signed in on the phone')
    if (this.#account.uiTree === 'empty') return notNow('UI_TREE_EMPTY', 'the app shows no nodes to screen readers')
    const mismatch = this.#mismatch(command)
    return mismatch === undefined ? undefined : notNow('LOGIN_REQUIRED', mismatch)
  }

  /**
   * Runs the work of a command with the screen to itself, once the phone answers and shows the account it
   * is for. Throws AgentError where it does not.
   * @param reread whether the account is read even if nothing hints that it changed
   */
  async use(context: CommandContext, reread: boolean, work: () => Promise<void>): Promise<void> {
    await this.#turn.take(async () => {
      this.#command = context
      await this.#ready(context, reread).finally(() => {
        this.#command = undefined
      })
      this.#answers = true
      const mismatch = this.#mismatch(context)
      if (mismatch !== undefined) throw await this.#screen.fail('LOGIN_REQUIRED', mismatch)
      await work()
      this.#seenAt = this.#deps.clock.monotonicMs()
    })
  }

  /** Why what is meant for an account cannot be done: another one is on the phone. */
  #mismatch({ accountWechatId }: CommandHead): string | undefined {
    const { wechatId } = this.#account
    if (accountWechatId === '' || wechatId === '' || wechatId === accountWechatId) return undefined
    return `the phone is signed in as ${wechatId}, not as ${accountWechatId}`
  }

  #isKnown(): boolean {
    const { loggedIn, uiTree, wechatId } = this.#account
    return loggedIn && uiTree !== 'empty' && wechatId !== '' && this.#session === this.#deps.driver.session
  }

  async #ready(context: CommandContext, reread: boolean): Promise<void> {
    const { clock, driver } = this.#deps
    const until = clock.monotonicMs() + MOST_WAITING_MS
    for (;;) {
      const warning = this.#warning
      this.#warning = undefined
      if (warning) throw warning
      try {
        if (driver.session === undefined) throw new AgentError('DEVICE_UNREACHABLE', 'the screen cannot be reached')
        if (reread || !this.#isKnown()) await this.#read(READ_TRIES)
        return
      } catch (error) {
        this.#learnFrom(error)
        context.signal.throwIfAborted()
        const told = await this.#asAgentError(error)
        const over = clock.monotonicMs() >= until || context.cancelled('') !== undefined
        if (over || !(told instanceof AgentError) || told.code !== 'DEVICE_UNREACHABLE') throw told
      }
      driver.reach()
      await sleep(clock, BETWEEN_TRIES_MS, context.signal)
    }
  }

  async #asAgentError(error: unknown): Promise<unknown> {
    if (error instanceof DriverFailure) return new AgentError('DEVICE_UNREACHABLE', error.message, { cause: error })
    return isPassing(error) ? await this.#screen.fail('UI_CHANGED', error.message) : error
  }

  /** Looks at a phone that nobody uses, unless that was done just before, and reads the account where wanted. */
  async #glance(doneAt: number, wanted: () => boolean): Promise<void> {
    const { clock, driver } = this.#deps
    if (clock.monotonicMs() - doneAt < FRESH_MS || !this.#turn.free || driver.session === undefined) return
    await this.#turn.take(async () => {
      if ((await this.#inspect()) && wanted()) await this.#read(1).catch((error: unknown) => this.#note(error))
    })
  }

  /** One look. Answers whether the app can be driven. */
  async #inspect(): Promise<boolean> {
    const { driver, clock, log } = this.#deps
    try {
      const seen = Snapshot.parse(await driver.source())
      this.#answers = true
      this.#seenAt = clock.monotonicMs()
      const found = interruptionOn(seen)
      if (found?.kind === 'loggedOut') this.#learn({ ...SIGNED_OUT, appVersion: this.#account.appVersion })
      else if (seen.elements.length <= 1) await this.#screen.look()
      return found === undefined || found.kind === 'dialog'
    } catch (error) {
      if (error instanceof AgentError) this.#note(error)
      else this.#answers = false
      log.info({ err: error }, 'the phone does not answer as it should')
      return false
    }
  }

  /** What a look met while no command ran. */
  #note(error: unknown): void {
    this.#deps.log.info({ err: error }, 'the account could not be read now')
    if (error instanceof AgentError && error.code === 'RISK_CONTROL') this.#warning = error
    this.#learnFrom(error)
  }

  #learnFrom(error: unknown): void {
    const code = error instanceof AgentError ? error.code : undefined
    if (code === 'LOGIN_REQUIRED') this.#learn({ ...SIGNED_OUT, appVersion: this.#account.appVersion })
    if (code === 'UI_TREE_EMPTY') this.#learn({ ...this.#account, uiTree: 'empty' })
    if (!this.#isKnown()) this.#watch()
  }

  /** The version only where it can have changed: it is two screens further. */
  async #read(most: number): Promise<void> {
    const { driver, clock, log } = this.#deps
    for (let tries = 1; ; tries++) {
      try {
        const account = this.#isKnown()
          ? { ...this.#account, ...(await readOwner(this.#screen)) }
          : await readAccount(this.#screen)
        this.#session = driver.session
        this.#readAt = clock.monotonicMs()
        return this.#learn(account)
      } catch (error) {
        if (tries === most || !isPassing(error)) throw error
        log.info({ err: error, tries }, 'the account could not be read yet')
      }
    }
  }

  #learn(account: AccountState): void {
    this.#account = account
    const told = this.#told
    const news =
      told &&
      account.wechatId !== '' &&
      (['wechatId', 'nickname', 'appVersion'] as const).some((name) => told[name] !== account[name])
    if (news) {
      this.#deps.log.info({ was: told.wechatId, is: account.wechatId }, 'the phone shows another account or version')
      this.#deps.onChange()
    }
    if (!this.#isKnown()) this.#watch()
  }

  /** Looks again until a person has signed in, or whatever hid the account is gone. */
  #watch(): void {
    const { clock, signal, driver } = this.#deps
    this.#timer?.cancel()
    if (signal.aborted) return
    this.#timer = clock.setTimeout(() => {
      if (driver.session === undefined) driver.reach()
      void this.#glance(Number.NEGATIVE_INFINITY, () => true).finally(() => {
        if (!this.#isKnown()) this.#watch()
      })
    }, WATCH_MS)
  }
}

/** What may not be so when it is tried again. */
const isPassing = (error: unknown): error is Error =>
  error instanceof ScreenLost || error instanceof ElementGone || error instanceof DriverFailure

const notNow = (code: keyof typeof RETRY_MS & ErrorCode, reason: string): Refusal => ({
  kind: 'not-now',
  retryAfterMs: RETRY_MS[code],
  code,
  reason,
})
