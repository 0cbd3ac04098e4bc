import type { Audit } from '../../records/audit/service.ts'
import type { Authenticator } from '../../records/auth/service.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Route } from '../../http/route.ts'
import { audited } from './audit.ts'
import { recordsAtEnd, recordsWithEffect } from './call-records.ts'
import type { IdempotencyKeys } from './idempotency-keys.ts'
import { idempotent } from './idempotency.ts'
import { limited, type AnonymousAuditLimit, type CallLimits } from './limits.ts'
import { MutationCall, type CallMiddleware, type MutationRequest } from './mutation-call.ts'
import { signedIn } from './sign-in.ts'
import { stateBefore } from './state-before.ts'

export interface MutationsDeps {
  readonly db: Database
  readonly auth: Authenticator
  readonly audit: Audit
  readonly idempotencyKeys: IdempotencyKeys
  readonly anonymousAuditLimit: AnonymousAuditLimit
  readonly limits: CallLimits
  readonly routes: readonly Route[]
}

/** Carries out every request that changes something, through one middleware for each concern. */
export class Mutations {
  readonly #deps: MutationsDeps
  /** Outermost first. */
  readonly #middleware: readonly CallMiddleware[]

  /** Throws when a route names a state or a limit that does not exist. */
  constructor(deps: MutationsDeps) {
    const { db, auth, audit, idempotencyKeys, anonymousAuditLimit, limits, routes } = deps
    this.#deps = deps
    this.#middleware = [
      recordsAtEnd(db),
      audited(audit, anonymousAuditLimit),
      signedIn(auth),
      readInput,
      stateBefore(routes),
      idempotent(idempotencyKeys),
      recordsWithEffect(db),
      limited(limits, routes),
    ]
  }

  /** Settles the records of calls that a killed plane left without an outcome. */
  async recover(): Promise<void> {
    await this.#deps.idempotencyKeys.recover()
    await this.#deps.audit.recover()
  }

  /** Returns the route's data. Throws what the route or a middleware refuses. */
  async answer(request: MutationRequest): Promise<unknown> {
    const call = new MutationCall(request)
    const handle = (): Promise<unknown> => call.route.handle(call.input)
    const run = this.#middleware.reduceRight<typeof handle>((next, middleware) => () => middleware(call, next), handle)
    return await run()
  }
}

const readInput: CallMiddleware = async (call, next) => {
  await call.readInput()
  return await next()
}
