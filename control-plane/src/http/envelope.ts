import type { Context, Next } from 'koa'
import type { Logger } from 'pino'
import { UniqueConstraintError } from 'sequelize'
import { MusterError } from '../infra/errors.ts'

/** What the middlewares hand on. */
export interface RequestState {
  requestId: string
}

/** Turns every error into the one envelope; what is not ours is logged and answered without its text. */
export function errorEnvelope(log: Logger) {
  return async (ctx: Context, next: Next): Promise<void> => {
    try {
      await next()
      if (ctx.status === 404 && ctx.body === undefined) {
        throw new MusterError('NOT_FOUND', `there is no ${ctx.method} ${ctx.path}; see /docs for what there is`)
      }
    } catch (error) {
      const known = asMusterError(error)
      if (known.status >= 500) log.error({ err: error, requestId: requestIdOf(ctx), path: ctx.path }, 'request failed')
      if (known.retryAfterSeconds !== undefined) ctx.set('retry-after', String(Math.ceil(known.retryAfterSeconds)))
      ctx.status = known.status
      ctx.body = envelopeOf(known, requestIdOf(ctx))
    }
  }
}

/** What a refusal looks like on the wire. */
export const envelopeOf = (error: MusterError, requestId: string) => ({
  code: error.status,
  msg: error.message,
  data: null,
  timestamp: Date.now(),
  errorCode: error.code,
  requestId,
})

export const requestIdOf = (ctx: Context): string => (ctx.state as RequestState).requestId

/** What a request is refused with: ours as it is, what the database refuses as a conflict, anything else as our fault. */
export function asMusterError(error: unknown): MusterError {
  if (error instanceof MusterError) return error
  if (error instanceof UniqueConstraintError) {
    const field = error.errors[0]?.path ?? 'body'
    return new MusterError('CONFLICT', `${field}: exists already; choose another`, { cause: error })
  }
  return new MusterError('INTERNAL', 'something went wrong here; try again, and name the requestId when you ask', {
    cause: error,
  })
}
