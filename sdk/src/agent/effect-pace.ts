import type { AgentClock } from './clock.ts'

/** When the phone last did something to somebody, over all commands of this life. */
export class EffectPace {
  readonly #clock: AgentClock
  #last = Number.NEGATIVE_INFINITY

  constructor(clock: AgentClock) {
    this.#clock = clock
  }

  /** An effect is about to happen, or has. */
  effect(): void {
    this.#last = this.#clock.monotonicMs()
  }

  /** How long the account still has to rest. @param floorMs least time between two effects */
  restMs(floorMs: number): number {
    return this.#last + floorMs - this.#clock.monotonicMs()
  }
}
