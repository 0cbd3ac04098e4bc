import type { Context, Next } from 'koa'
import type { Logger } from 'pino'
import { UniqueConstraintError } from 'sequelize'
import { MusterError } from '../infra/errors.ts'

/** Koa's `ctx.state` of a request. */
export interface RequestState {
  requestId: string
}

/**
 * Answers every error in the one envelope, and with Retry-After where the error says how long to wait. A fault of the
 * server is logged, and answered without its text.
 */
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

/** Returns the body of a refusal. */
export const envelopeOf = (error: MusterError, requestId: string) => ({
  code: error.status,
  msg: error.message,
  data: null,
  timestamp: Date.now(),
  errorCode: error.code,
  requestId,
})

export const requestIdOf = (ctx: Context): string => (ctx.state as RequestState).requestId

/** Returns a refusal as it is, a broken unique index of the database as CONFLICT, and any other error as INTERNAL. */
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
