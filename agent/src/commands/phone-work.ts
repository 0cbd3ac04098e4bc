import { AgentError, AgentStopping, NotTapped, step, type CommandContext } from '@muster/sdk/agent'
import type { AccountState } from '@muster/proto'
import { DriverFailure, ElementGone, type UiDriver } from '../driver/ui-driver.ts'
import { AppScreen } from '../screen/app-screen.ts'
import { ScreenLost } from '../screen/screen-lost.ts'
import type { Snapshot, UiElement } from '../screen/snapshot.ts'
import { locatorsFor, type Locators } from '../wechat/locators.ts'

const TRIES = 3

/** The phone as all commands share it. */
export interface PhoneAccess {
  readonly driver: UiDriver
  /** What was read when the agent started. */
  account(): AccountState
}

/**
 * The phone while one command uses it.
 * @template Step names of the steps of its flow
 */
export class PhoneWork<Step extends string = never> {
  readonly screen: AppScreen
  readonly account: AccountState
  readonly context: CommandContext
  #signal: AbortSignal

  constructor(access: PhoneAccess, context: CommandContext) {
    const { clock, log } = context
    this.context = context
    this.account = access.account()
    this.#signal = context.signal
    const signal = (): AbortSignal => this.#signal
    this.screen = new AppScreen(access.driver, {
      clock,
      log,
      get signal() {
        return signal()
      },
      onStop: async (error) => await context.stopSeen(error),
    })
  }

  /** Throws UI_CHANGED for a version of the app that is not known. */
  get locators(): Locators {
    return locatorsFor(this.account.appVersion)
  }

  /** A named step of a flow, between its two fault points. */
  async step<T>(name: Step, work: () => Promise<T>): Promise<T> {
    this.context.progress(name)
    return await step(this.context.faults, name, work)
  }

  /** Runs the flow up to a last tap, steadily; the signal ends it at the next look. */
  async preparing<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    this.#signal = signal
    try {
      return await this.steady(work)
    } finally {
      this.#signal = this.context.signal
    }
  }

  /** The last tap of an effect. Throws NotTapped while nothing was touched. */
  async lastTap(what: string, find: (seen: Snapshot) => UiElement | undefined): Promise<void> {
    try {
      await this.screen.tap(what, find)
    } catch (error) {
      // A driver that failed may have touched it; everything else comes from looking for what to touch.
      if (error instanceof DriverFailure || error instanceof AgentStopping) throw error
      throw new NotTapped(error)
    }
  }

  /**
   * Runs a flow that has no effect on anybody, again from its start when the screen was lost or the driver failed on the
   * way. Once that does not help, throws UI_CHANGED with a picture, or DEVICE_UNREACHABLE.
   */
  async steady<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await work()
      } catch (error) {
        const failed = error instanceof DriverFailure
        if (!failed && !(error instanceof ScreenLost) && !(error instanceof ElementGone)) throw error
        this.context.log.info(
          { err: error, commandId: this.context.commandId, tries },
          'the screen was lost; from the start',
        )
        if (tries < TRIES) continue
        if (failed) throw new AgentError('DEVICE_UNREACHABLE', `the driver failed: ${error.message}`, { cause: error })
        throw await this.screen.fail('UI_CHANGED', error.message)
      }
    }
  }
}
