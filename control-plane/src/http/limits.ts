import type { Clock } from '../infra/clock.ts'
import { MusterError } from '../infra/errors.ts'

const WINDOW_MS = 60_000

interface Window {
  used: number
  readonly endsAtMs: number
}

/**
 * A limit of so many a minute, for each key apart; a key's minute begins with its first count. Kept in memory: a restart
 * begins at zero.
 */
export class PerMinute {
  readonly most: number
  readonly #clock: Clock
  /** The oldest first, because all are equally long. */
  readonly #windows = new Map<string, Window>()

  constructor(clock: Clock, most: number) {
    this.#clock = clock
    this.most = most
  }

  /** Takes one of the key's. Throws RATE_LIMITED with the text and the seconds to wait when none is left. */
  spend(key: string, text: string): void {
    const window = this.#windowOf(key)
    // A refused attempt does not count, or repeating it would extend the wait.
    if (window.used >= this.most) throw tooMany(window.endsAtMs - this.#clock.monotonicMs(), text)
    window.used++
  }

  /** Undoes one `spend` of the key. */
  giveBack(key: string): void {
    const window = this.#windowOf(key)
    window.used = Math.max(0, window.used - 1)
  }

  /** Counts one more of the key, also above the limit, and returns whether it is within the limit. */
  count(key: string): boolean {
    return ++this.#windowOf(key).used <= this.most
  }

  #windowOf(key: string): Window {
    const nowMs = this.#clock.monotonicMs()
    for (const [old, { endsAtMs }] of this.#windows) {
      if (endsAtMs > nowMs) break
      this.#windows.delete(old)
    }
    const window = this.#windows.get(key) ?? { used: 0, endsAtMs: nowMs + WINDOW_MS }
    this.#windows.set(key, window)
    return window
  }
}

/** The server answers `retryAfterSeconds` as Retry-After. */
const tooMany = (waitMs: number, text: string): MusterError => {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000))
  return new MusterError('RATE_LIMITED', `${text}; try again in ${seconds} s`, { retryAfterSeconds: seconds })
}
