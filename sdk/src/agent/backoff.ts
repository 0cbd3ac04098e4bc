/** Waits before reconnecting. */
export interface BackoffOptions {
  /** @default 200 */
  readonly firstMs?: number
  /** @default 10_000 */
  readonly longestMs?: number
  /** From 0 to 1. @default Math.random */
  readonly random?: () => number
}

/**
 * Full jitter: each wait is anywhere between nothing and a limit that doubles, so that a fleet that lost its server does
 * not come back as one.
 */
export class Backoff {
  readonly #firstMs: number
  readonly #longestMs: number
  readonly #random: () => number
  #failures = 0

  constructor(options: BackoffOptions = {}) {
    this.#firstMs = options.firstMs ?? 200
    this.#longestMs = options.longestMs ?? 10_000
    this.#random = options.random ?? Math.random
  }

  /** @param retryAfterMs asked for by the server; the jitter comes on top */
  next(retryAfterMs = 0): number {
    const limit = Math.min(this.#longestMs, this.#firstMs * 2 ** Math.min(this.#failures++, 20))
    return retryAfterMs + this.#random() * limit
  }

  reset(): void {
    this.#failures = 0
  }
}
