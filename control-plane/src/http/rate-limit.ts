import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { MusterError } from '../errors.ts'

const LOGIN_FAILURES_PER_MINUTE = 10

/** Task creations of one user. */
export class TaskRateLimit {
  readonly #limiter: RateLimiterMemory
  readonly #perMinute: number

  constructor(perMinute: number) {
    this.#perMinute = perMinute
    this.#limiter = new RateLimiterMemory({ points: perMinute, duration: 60 })
  }

  /** Throws RATE_LIMITED with the seconds to wait. */
  async count(userId: number): Promise<void> {
    await consume(this.#limiter, String(userId), `at most ${this.#perMinute} tasks a minute may be created`)
  }
}

/** Failed sign-ins of one address; good ones do not count, so that a script may sign in often. */
export class LoginRateLimit {
  readonly #limiter = new RateLimiterMemory({ points: LOGIN_FAILURES_PER_MINUTE, duration: 60 })

  /** Throws RATE_LIMITED when the address has failed too often. */
  async check(ip: string): Promise<void> {
    const state = await this.#limiter.get(ip)
    if (state && state.remainingPoints <= 0) throw tooMany(state, 'too many failed sign-ins')
  }

  async failed(ip: string): Promise<void> {
    await this.#limiter.consume(ip).catch(() => undefined)
  }
}

async function consume(limiter: RateLimiterMemory, key: string, text: string): Promise<void> {
  try {
    await limiter.consume(key)
  } catch (error) {
    if (error instanceof RateLimiterRes) throw tooMany(error, text)
    throw error
  }
}

const tooMany = (state: RateLimiterRes, text: string): MusterError => {
  const seconds = Math.max(1, Math.ceil(state.msBeforeNext / 1000))
  return new MusterError('RATE_LIMITED', `${text}; try again in ${seconds} s`, { retryAfterSeconds: seconds })
}
