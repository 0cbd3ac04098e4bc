/** Left, top, width and height in pixels. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/**
 * The one way to a phone's screen. Elements are named by an XPath over the page source; a touch happens on the element
 * found at that moment or not at all.
 */
export interface UiDriver {
  /** True only when the server itself says that it drives an emulated phone. */
  readonly emulated: boolean
  /** The page source as UiAutomator2 writes it. */
  source(): Promise<string>
  /** Throws ElementGone when nothing was touched; after any other error nobody knows. */
  tap(xpath: string): Promise<void>
  longPress(xpath: string): Promise<void>
  /** Puts a text in the place of what an input holds. */
  replaceText(xpath: string, text: string): Promise<void>
  /** Shows what is further down or up in an area; answers whether there is more that way. */
  scroll(area: Box, direction: 'up' | 'down', percent: number): Promise<boolean>
  back(): Promise<void>
  hideKeyboard(): Promise<void>
  /** Brings the app to the front. */
  activateApp(): Promise<void>
  /** PNG. */
  screenshot(): Promise<Uint8Array>
  pushFile(path: string, bytes: Uint8Array): Promise<void>
  close(): Promise<void>
}

/** The element is not on the screen any more; nothing was touched. */
export class ElementGone extends Error {
  override readonly name = 'ElementGone'
}

/** The driver's server did not answer, or not in a way one can use. Whether it acted is not known. */
export class DriverFailure extends Error {
  override readonly name = 'DriverFailure'
  /** Whether the session is gone for certain; another failure may pass. */
  readonly sessionLost: boolean

  constructor(message: string, options: { cause?: unknown; sessionLost?: boolean } = {}) {
    super(message, { cause: options.cause })
    this.sessionLost = options.sessionLost ?? false
  }
}

export const APP = 'com.tencent.mm'
/** Long enough for Android's long press of 500 ms. */
export const LONG_PRESS_MS = 800

const GONE = ['no such element', 'stale element reference']
const LOST = ['invalid session id', 'ECONNREFUSED', 'session is either terminated or not started']

/** Tells an element that is gone from a driver that failed, by the W3C error code. */
export function driverError(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error)
  const words = `${errorName(error)} ${message}`
  if (GONE.some((code) => words.includes(code))) return new ElementGone(message, { cause: error })
  return new DriverFailure(message, { cause: error, sessionLost: LOST.some((code) => words.includes(code)) })
}

/** W3C codes come as the error's name or its `code`. */
function errorName(error: unknown): string {
  if (!(error instanceof Error)) return ''
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
