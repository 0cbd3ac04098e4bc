import { errorInfo, type ErrorCode } from '@muster/proto'

/**
 * Why an item could not be done. Thrown by command handlers and drivers; the kit turns it into the item's outcome.
 * An error whose code stops the account also ends the items behind it, which are then not attempted.
 */
export class AgentError extends Error {
  override readonly name = 'AgentError'
  readonly code: ErrorCode
  // Private, so that no log writes the picture out.
  readonly #evidence: Uint8Array | undefined

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; evidence?: Uint8Array | undefined } = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.#evidence = options.evidence
  }

  /** A PNG of the screen that shows it. */
  get evidence(): Uint8Array | undefined {
    return this.#evidence
  }

  /** Whether nothing more with an effect may be tried on this account. */
  get stopsAccount(): boolean {
    return errorInfo(this.code).stops === 'account'
  }

  /** The same error with a picture of the screen. */
  withEvidence(png: Uint8Array): AgentError {
    return new AgentError(this.code, this.message, { cause: this.cause, evidence: png })
  }
}

/** Something is set up in a way that a person has to change first: starting again helps nobody. The text says what. */
export class ConfigurationError extends Error {
  override readonly name: string = 'ConfigurationError'
}

/** The agent is shutting down: what was begun stays in the journal and goes on after the next start. */
export class AgentStopping extends Error {
  override readonly name = 'AgentStopping'
  constructor() {
    super('the agent is stopping')
  }
}
