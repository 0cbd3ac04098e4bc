import type { Context, Next } from 'koa'
import type { Logger } from 'pino'
import { MusterError, type RestErrorCode } from '../errors.ts'

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
      ctx.body = {
        code: known.status,
        msg: known.message,
        data: null,
        timestamp: Date.now(),
        errorCode: known.code,
        requestId: requestIdOf(ctx),
      }
    }
  }
}

export const requestIdOf = (ctx: Context): string => (ctx.state as RequestState).requestId

const BY_STATUS: Readonly<Record<number, RestErrorCode>> = {
  400: 'INVALID_REQUEST',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA',
}

function asMusterError(error: unknown): MusterError {
  if (error instanceof MusterError) return error
  if (error instanceof Error && 'code' in error && error.code === 'LIMIT_FILE_SIZE') {
    return new MusterError('PAYLOAD_TOO_LARGE', 'file: is too large; send at most 100 MB', { cause: error })
  }
  // Errors of the body parser and of multer carry a status and a text made for clients.
  const status = error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500
  const code =
    BY_STATUS[status] ?? (error instanceof Error && error.name === 'MulterError' ? 'INVALID_REQUEST' : undefined)
  if (!code)
    return new MusterError('INTERNAL', 'something went wrong here; try again, and name the requestId when you ask', {
      cause: error,
    })
  const text = error instanceof Error ? error.message : String(error)
  const remedy =
    status === 413 ? 'body: is too large; send at most 1 MB of JSON' : `body: ${text}; send valid JSON or form data`
  return new MusterError(code, remedy, { cause: error })
}
