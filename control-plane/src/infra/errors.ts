import type { ErrorCode } from '@muster/proto'

const REST_STATUS = {
  INVALID_REQUEST: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  PHONE_DRIVER_NOT_ACCEPTED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA: 415,
  RANGE_NOT_SATISFIABLE: 416,
  UPGRADE_REQUIRED: 426,
  RATE_LIMITED: 429,
  QUEUE_FULL: 429,
  DEVICE_OFFLINE: 400,
  MISSING_VARIABLE: 400,
  INTERNAL: 500,
  COMMAND_FAILED: 502,
  UNAVAILABLE: 503,
} as const satisfies Record<string, number>

/** Codes REST answers with: the closed set of the protocol and those only a request can cause. */
export type RestErrorCode = ErrorCode | keyof typeof REST_STATUS

/** A refusal a caller can act on. The message names the field and the remedy. */
export class MusterError extends Error {
  override readonly name = 'MusterError'
  readonly code: RestErrorCode
  readonly status: number
  /** Seconds to wait, for answers that ask to come again. */
  readonly retryAfterSeconds: number | undefined

  constructor(code: RestErrorCode, message: string, options: { cause?: unknown; retryAfterSeconds?: number } = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.status = code in REST_STATUS ? REST_STATUS[code as keyof typeof REST_STATUS] : 409
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

export const invalid = (message: string): MusterError => new MusterError('INVALID_REQUEST', message)
export const notFound = (what: string, id: number | string): MusterError =>
  new MusterError('NOT_FOUND', `${what} ${id} does not exist; list the existing ones and use one of their ids`)
export const conflict = (message: string): MusterError => new MusterError('CONFLICT', message)
