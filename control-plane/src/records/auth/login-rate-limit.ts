import { LRUCache } from 'lru-cache'
import { PerMinute } from '../../http/limits.ts'
import { MusterError } from '../../infra/errors.ts'

const LOGIN_FAILURES_PER_MINUTE = 10
const REMEMBERED_SIGN_INS = 10_000

/**
 * Failed sign-ins of one address; good ones do not count, so that a script may sign in often. A user who has signed in
 * from an address is counted apart there: whoever guesses at others from the same office does not lock that user out.
 */
export class LoginRateLimit {
  readonly #limiter = new PerMinute(LOGIN_FAILURES_PER_MINUTE)
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
        return await this.#limiter.spend(key, 'too many failed sign-ins')
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
      await this.#limiter.giveBack(key)
      return signedIn
    } catch (error) {
      if (!(error instanceof MusterError)) await this.#limiter.giveBack(key)
      throw error
    }
  }
}
