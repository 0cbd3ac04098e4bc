import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { MusterError } from '../infra/errors.ts'

const WINDOW_SECONDS = 60

/** A limit of so many a minute, for each key apart. Kept in memory: a restart begins at zero. */
export class PerMinute {
  readonly most: number
  readonly #limiter: RateLimiterMemory

  constructor(most: number) {
    this.most = most
    this.#limiter = new RateLimiterMemory({ points: most, duration: WINDOW_SECONDS })
  }

  /** Takes one of the key's. Throws RATE_LIMITED with the text and the seconds to wait when none is left. */
  async spend(key: string, text: string): Promise<void> {
    try {
      await this.#limiter.consume(key)
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error
      // A refused attempt does not count, or repeating it would extend the wait for ever.
      await this.giveBack(key)
      throw tooMany(error, text)
    }
  }

  /** Undoes one `spend` of the key. */
  async giveBack(key: string): Promise<void> {
    await this.#limiter.reward(key)
  }

  /** Counts one more of the key, also above the limit, and returns whether it is within the limit. */
  async count(key: string): Promise<boolean> {
    const { consumedPoints } = await this.#limiter.penalty(key)
    return consumedPoints <= this.most
  }
}

/** The server answers `retryAfterSeconds` as Retry-After. */
const tooMany = (state: RateLimiterRes, text: string): MusterError => {
  const seconds = Math.max(1, Math.ceil(state.msBeforeNext / 1000))
  return new MusterError('RATE_LIMITED', `${text}; try again in ${seconds} s`, { retryAfterSeconds: seconds })
}
