/** Codes of the W3C WebDriver specification, section 6.6, with their HTTP status. */
const STATUS = {
  'element not interactable': 400,
  'invalid argument': 400,
  'invalid element state': 400,
  'invalid selector': 400,
  'invalid session id': 404,
  'no such element': 404,
  'session not created': 500,
  'stale element reference': 404,
  'unknown command': 404,
  'unknown error': 500,
  'unknown method': 405,
  'unsupported operation': 500,
} as const

export type WebDriverErrorCode = keyof typeof STATUS

/** An error as a WebDriver client expects it. */
export class WebDriverError extends Error {
  override readonly name = 'WebDriverError'
  readonly code: WebDriverErrorCode
  readonly status: number

  constructor(code: WebDriverErrorCode, message: string) {
    super(message)
    this.code = code
    this.status = STATUS[code]
  }
}
