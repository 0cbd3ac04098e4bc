import type { Context } from 'koa'
import type { Audit, AuditTrail } from '../../records/audit/service.ts'
import type { Authenticator } from '../../records/auth/service.ts'
import type { Database } from '../../infra/database/database.ts'
import { MusterError } from '../../infra/errors.ts'
import { sha256OfFile } from '../../infra/media/store.ts'
import { callerOf, mayCall, stranger } from './callers.ts'
import { asMusterError } from '../../http/envelope.ts'
import type { Claim, Idempotency, Replay } from './idempotency.ts'
import { AnonymousAuditLimit, type TaskRateLimit } from './rate-limit.ts'
import type { Caller, Route, RouteInput } from '../../http/route.ts'
import { validate } from '../../http/validate.ts'

export type Input = RouteInput<unknown, unknown, unknown>

export interface ChangesDeps {
  readonly db: Database
  readonly auth: Authenticator
  readonly audit: Audit
  readonly idempotency: Idempotency
  readonly taskRate: TaskRateLimit
  readonly routes: readonly Route[]
}

/**
 * Carries out what changes something: audited whatever becomes of it (of what strangers try, some), and once per
 * idempotency key.
 */
export class Changes {
  readonly #deps: ChangesDeps
  readonly #strangers = new AnonymousAuditLimit()
  readonly #readers: ReadonlyMap<string, Route>

  constructor(deps: ChangesDeps) {
    this.#deps = deps
    const readers = deps.routes.filter((route) => route.method === 'get' && route.data)
    this.#readers = new Map(readers.map((route) => [route.path, route]))
  }

  /** Settles what a killed plane left half recorded. */
  async recover(): Promise<void> {
    await this.#deps.idempotency.recover()
    await this.#deps.audit.recover()
  }

  /** Answers the route's data. @param read reads and checks the request, once the caller may ask at all */
  async answer(route: Route, ctx: Context, read: (caller: Caller) => Promise<Input>): Promise<unknown> {
    const target = ctx.path.slice('/api/v1'.length)
    const trail = this.#deps.audit.begin(stranger(ctx), `${route.method.toUpperCase()} ${route.path}`, target)
    let claim: Claim | undefined
    try {
      const caller = await callerOf(route, ctx, this.#deps.auth)
      trail.calledBy(caller)
      mayCall(route, caller)
      const input = await read(caller)
      trail.asks(input.body, await this.#stateBefore(route, ctx, caller))
      const claimed = await this.#claim(route, ctx, target, input)
      if (claimed && 'response' in claimed) return claimed.response
      claim = claimed
      return await this.#carryOut(route, input, trail, claim)
    } catch (error) {
      if (trail.isStrangers && !(await this.#strangers.admit(ctx.ip, route))) throw error
      await this.#deps.db.write(async (tx) => {
        await trail.outcome(tx, asMusterError(error).status, null)
        await claim?.failed(tx)
      })
      throw error
    }
  }

  async #carryOut(route: Route, input: Input, trail: AuditTrail, claim: Claim | undefined): Promise<unknown> {
    const { db } = this.#deps
    const data = await db.accompanied(
      async (tx) => {
        await trail.intent(tx)
        await claim?.tookEffect(tx)
      },
      async () => await this.#counted(route, input),
    )
    await db.write(async (tx) => {
      await trail.outcome(tx, 200, data)
      await claim?.answered(tx, data)
    })
    return data
  }

  /** Only tasks that are made count against the limit of their user. */
  async #counted(route: Route, input: Input): Promise<unknown> {
    const isDryRun = (input.query as { dryRun?: string }).dryRun === 'true'
    if (!route.createsTask || isDryRun) return await route.handle(input)
    const { userId } = input.caller
    await this.#deps.taskRate.spend(userId)
    try {
      return await route.handle(input)
    } catch (error) {
      if (error instanceof MusterError) await this.#deps.taskRate.giveBack(userId)
      throw error
    }
  }

  async #claim(route: Route, ctx: Context, path: string, input: Input): Promise<Claim | Replay | undefined> {
    const { caller, query, body, file } = input
    const key = route.method === 'post' ? ctx.get('idempotency-key') : ''
    if (key === '' || caller.userId === 0) return undefined
    const upload = file && { name: file.originalName, sha256: await sha256OfFile(file.path) }
    return await this.#deps.idempotency.claim({ caller, path, key, request: { query, body, upload } })
  }

  /** What GET answers for the thing that is about to change; null where there is none. */
  async #stateBefore(route: Route, ctx: Context, caller: Caller): Promise<unknown> {
    const reader = this.#readers.get(route.path.slice(0, route.path.lastIndexOf('}') + 1))
    if (!reader) return null
    try {
      const params = validate(reader.params, ctx['params'], 'path')
      const query = validate(reader.query, {}, 'query')
      return await reader.handle({ params, query, body: {}, file: undefined, caller })
    } catch (error) {
      if (error instanceof MusterError) return null
      throw error
    }
  }
}
