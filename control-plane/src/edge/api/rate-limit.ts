import { RateLimiterMemory } from 'rate-limiter-flexible'
import { consume } from '../../http/limits.ts'

const RECORDED_REFUSALS_PER_MINUTE = 60

/** Task creations of one user. */
export class TaskRateLimit {
  readonly #limiter: RateLimiterMemory
  readonly #perMinute: number

  constructor(perMinute: number) {
    this.#perMinute = perMinute
    this.#limiter = new RateLimiterMemory({ points: perMinute, duration: 60 })
  }

  /** Throws RATE_LIMITED with the seconds to wait. */
  async spend(userId: number): Promise<void> {
    await consume(this.#limiter, String(userId), `at most ${this.#perMinute} tasks a minute may be created`)
  }

  /** For a creation that was refused. */
  async giveBack(userId: number): Promise<void> {
    await this.#limiter.reward(String(userId))
  }
}

/** Refusals of one address that nobody signed in from: recorded up to a limit, so that nobody fills the disk with them. */
export class AnonymousAuditLimit {
  readonly #limiter = new RateLimiterMemory({ points: RECORDED_REFUSALS_PER_MINUTE, duration: 60 })

  /** Whether one more is recorded; what needs no sign-in is counted each apart, so that nothing hides tries to sign in. */
  async admit(ip: string, { role, path }: { readonly role: string; readonly path: string }): Promise<boolean> {
    const { consumedPoints } = await this.#limiter.penalty(`${ip} ${role === 'public' ? path : ''}`)
    return consumedPoints <= RECORDED_REFUSALS_PER_MINUTE
  }
}
