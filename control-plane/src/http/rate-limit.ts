import { LRUCache } from 'lru-cache'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { MusterError } from '../errors.ts'

const LOGIN_FAILURES_PER_MINUTE = 10
const REMEMBERED_SIGN_INS = 10_000
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

/**
 * Failed sign-ins of one address; good ones do not count, so that a script may sign in often. A user who has signed in
 * from an address is counted apart there: whoever guesses at others from the same office does not lock that user out.
 */
export class LoginRateLimit {
  readonly #limiter = new RateLimiterMemory({ points: LOGIN_FAILURES_PER_MINUTE, duration: 60 })
  readonly #known = new LRUCache<string, true>({ max: REMEMBERED_SIGN_INS })
  readonly #trying = new Map<string, Set<Promise<unknown>>>()

  /** Throws RATE_LIMITED when there were too many failures. Counted before it is tried: tries may come all at once. */
  async attempt<T>(ip: string, username: string, signIn: () => Promise<T>): Promise<T> {
    const personal = `${ip} ${username}`
    const key = this.#known.has(personal) ? personal : ip
    await this.#admit(key)
    const trying = this.#trying.get(key) ?? new Set()
    this.#trying.set(key, trying)
    const tried = this.#tried(key, personal, signIn)
    const settled = tried.catch(() => undefined)
    trying.add(settled)
    try {
      return await tried
    } finally {
      trying.delete(settled)
      if (trying.size === 0) this.#trying.delete(key)
    }
  }

  /** Those that are being tried may yet turn out to be good: only when none is left is it too many. */
  async #admit(key: string): Promise<void> {
    for (;;) {
      try {
        return await consume(this.#limiter, key, 'too many failed sign-ins')
      } catch (error) {
        const trying = this.#trying.get(key)
        if (!trying) throw error
        await Promise.race(trying)
      }
    }
  }

  async #tried<T>(key: string, personal: string, signIn: () => Promise<T>): Promise<T> {
    try {
      const signedIn = await signIn()
      this.#known.set(personal, true)
      await this.#limiter.reward(key)
      return signedIn
    } catch (error) {
      if (!(error instanceof MusterError)) await this.#limiter.reward(key)
      throw error
    }
  }
}

/** Refusals of one address that nobody signed in from: recorded up to a limit, so that nobody fills the disk with them. */
export class StrangerRecords {
  readonly #limiter = new RateLimiterMemory({ points: RECORDED_REFUSALS_PER_MINUTE, duration: 60 })

  /** Whether one more is recorded; what needs no sign-in is counted each apart, so that nothing hides tries to sign in. */
  async admit(ip: string, { role, path }: { readonly role: string; readonly path: string }): Promise<boolean> {
    const { consumedPoints } = await this.#limiter.penalty(`${ip} ${role === 'public' ? path : ''}`)
    return consumedPoints <= RECORDED_REFUSALS_PER_MINUTE
  }
}

async function consume(limiter: RateLimiterMemory, key: string, text: string): Promise<void> {
  try {
    await limiter.consume(key)
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error
    // What was not tried is not counted, or trying on would keep the door shut.
    await limiter.reward(key)
    throw tooMany(error, text)
  }
}

const tooMany = (state: RateLimiterRes, text: string): MusterError => {
  const seconds = Math.max(1, Math.ceil(state.msBeforeNext / 1000))
  return new MusterError('RATE_LIMITED', `${text}; try again in ${seconds} s`, { retryAfterSeconds: seconds })
}
