import { PerMinute } from '../../http/limits.ts'
import type { Clock } from '../../infra/clock.ts'
import { MusterError } from '../../infra/errors.ts'
import type { Route } from '../../http/route.ts'
import type { CallLimit, CallMiddleware, Input } from './mutation-call.ts'
import { SignInLimit } from './sign-in-limit.ts'

const FAILED_SIGN_INS_PER_MINUTE = 10
const RECORDED_ANONYMOUS_REFUSALS_PER_MINUTE = 60

/** Limits by the names that routes use. */
export type CallLimits = Readonly<Record<string, CallLimit>>

export interface CallLimitsDeps {
  readonly clock: Clock
  /** Tasks that one user may create. */
  readonly tasksPerMinute: number
}

/** Returns every limit that a route can name in `limit`. */
export const callLimits = ({ clock, tasksPerMinute }: CallLimitsDeps): CallLimits => ({
  'sign-in': new SignInLimit(clock, FAILED_SIGN_INS_PER_MINUTE),
  'task-creation': new TaskCreationLimit(clock, tasksPerMinute),
})

/** Counts a call against the limit that its route names. Throws at the start for a name that is not in the table. */
export function limited(limits: CallLimits, routes: readonly Route[]): CallMiddleware {
  for (const { method, path, limit } of routes)
    if (limit !== undefined && !limits[limit]) throw new Error(`${method} ${path}: there is no limit ${limit}`)
  return (call, next) => {
    const limit = limits[call.route.limit ?? '']
    return limit ? limit.run(call.input, next) : next()
  }
}

/** Task creations of one user. Dry runs and refused creations do not count. */
class TaskCreationLimit implements CallLimit {
  readonly #limit: PerMinute

  constructor(clock: Clock, most: number) {
    this.#limit = new PerMinute(clock, most)
  }

  async run({ query, caller }: Input, work: () => Promise<unknown>): Promise<unknown> {
    if ((query as { dryRun?: string }).dryRun === 'true') return await work()
    const user = String(caller.userId)
    this.#limit.spend(user, `at most ${this.#limit.most} tasks a minute may be created`)
    try {
      return await work()
    } catch (error) {
      if (error instanceof MusterError) this.#limit.giveBack(user)
      throw error
    }
  }
}

/** Refusals of one address without a sign-in: recorded up to a limit, so that nobody fills the disk with them. */
export class AnonymousAuditLimit {
  readonly #limit: PerMinute

  constructor(clock: Clock) {
    this.#limit = new PerMinute(clock, RECORDED_ANONYMOUS_REFUSALS_PER_MINUTE)
  }

  /**
   * Counts one more and returns whether it is recorded. Each public route is counted apart, so that refusals elsewhere
   * cannot hide attempts to sign in.
   */
  admit(ip: string, { role, path }: { readonly role: string; readonly path: string }): boolean {
    return this.#limit.count(`${ip} ${role === 'public' ? path : ''}`)
  }
}
