import { LRUCache } from 'lru-cache'
import { PerMinute } from '../../http/limits.ts'
import type { Clock } from '../../infra/clock.ts'
import { MusterError } from '../../infra/errors.ts'
import type { CallLimit, Input } from './mutation-call.ts'

const REMEMBERED_SIGN_INS = 10_000

/**
 * Failed sign-ins of one address. Successful ones do not count, so that a script may sign in often. A user who has
 * signed in from an address is counted apart there, so that guesses at other names from the same office do not lock
 * that user out.
 */
export class SignInLimit implements CallLimit {
  readonly #limit: PerMinute
  readonly #known = new LRUCache<string, true>({ max: REMEMBERED_SIGN_INS })
  readonly #running = new Map<string, Set<Promise<unknown>>>()

  constructor(clock: Clock, failuresPerMinute: number) {
    this.#limit = new PerMinute(clock, failuresPerMinute)
  }

  /** Counts the sign-in before it runs, because many may come at once, and uncounts it when it succeeds. */
  async run({ caller, body }: Input, signIn: () => Promise<unknown>): Promise<unknown> {
    const { username } = body as { username: string }
    const personal = `${caller.ip} ${username}`
    const key = this.#known.has(personal) ? personal : caller.ip
    await this.#admit(key)
    const running = this.#running.get(key) ?? new Set()
    this.#running.set(key, running)
    const signedIn = this.#counted(key, personal, signIn)
    const settled = signedIn.catch(() => undefined)
    running.add(settled)
    try {
      return await signedIn
    } finally {
      running.delete(settled)
      if (running.size === 0) this.#running.delete(key)
    }
  }

  /** Refuses only when no sign-in of the key is running: one that runs may succeed and make room. */
  async #admit(key: string): Promise<void> {
    for (;;) {
      try {
        return this.#limit.spend(key, 'too many failed sign-ins')
      } catch (error) {
        const running = this.#running.get(key)
        if (!running) throw error
        await Promise.race(running)
      }
    }
  }

  async #counted(key: string, personal: string, signIn: () => Promise<unknown>): Promise<unknown> {
    try {
      const signedIn = await signIn()
      this.#known.set(personal, true)
      this.#limit.giveBack(key)
      return signedIn
    } catch (error) {
      if (!(error instanceof MusterError)) this.#limit.giveBack(key)
      throw error
    }
  }
}
