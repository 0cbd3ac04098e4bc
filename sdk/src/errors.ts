import type { ErrorCode } from '@muster/proto'

/** Codes of the REST API beside the closed set that phones and plane share. */
export type RestErrorCode =
  | ErrorCode
  | 'INVALID_REQUEST'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'PHONE_DRIVER_NOT_ACCEPTED'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'CONFLICT'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA'
  | 'RANGE_NOT_SATISFIABLE'
  | 'UPGRADE_REQUIRED'
  | 'RATE_LIMITED'
  | 'INTERNAL'
  | 'UNAVAILABLE'

/** What the API answered when it did not do what was asked. Nothing was changed. */
export class MusterApiError extends Error {
  override readonly name = 'MusterApiError'
  /** HTTP status. */
  readonly status: number
  /** From the closed set; a newer server may send one this version does not list. */
  readonly code: RestErrorCode | (string & {})
  /** Names the call in the server's log. */
  readonly requestId: string | undefined
  /** Seconds to wait, where the server said so. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    status: number,
    body: { msg: string; errorCode: string; requestId?: string },
    retryAfterSeconds?: number,
  ) {
    super(body.msg)
    this.status = status
    this.code = body.errorCode
    this.requestId = body.requestId
    this.retryAfterSeconds = retryAfterSeconds
  }

  /** The error of an answer that is not 2xx, also when its body (or what was `read` of it) is not the API's envelope. */
  static async from(response: Response, read?: string): Promise<MusterApiError> {
    const text = read ?? (await response.text())
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
    const seconds = Number.isFinite(retryAfter) ? retryAfter : undefined
    return new MusterApiError(
      response.status,
      envelope(text) ?? { msg: text.slice(0, 300), errorCode: 'INTERNAL' },
      seconds,
    )
  }
}

function envelope(text: string): { msg: string; errorCode: string; requestId?: string } | undefined {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body !== 'object' || body === null || !('msg' in body) || !('errorCode' in body)) return undefined
    const { msg, errorCode } = body
    if (typeof msg !== 'string' || typeof errorCode !== 'string') return undefined
    return 'requestId' in body && typeof body.requestId === 'string'
      ? { msg, errorCode, requestId: body.requestId }
      : { msg, errorCode }
  } catch {
    return undefined
  }
}

/** The connection for task events broke and could not be opened again in time. */
export class MusterConnectionError extends Error {
  override readonly name = 'MusterConnectionError'
}
