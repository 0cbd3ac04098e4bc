import { MusterApiError } from './errors.ts'

/** A user who signs in; the client keeps the session alive. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

interface Session {
  readonly accessToken: string
  readonly refreshToken: string
  /** On the monotonic clock, in milliseconds. */
  readonly renewAt: number
}

/** Renewed this long before the server would refuse it. */
const RENEW_BEFORE_MS = 30_000

/** Holds an access token: signs in when there is none, refreshes one that is about to end. */
export class Tokens {
  readonly #credentials: Credentials
  readonly #post: (path: string, body: object) => Promise<Response>
  #session: Promise<Session> | undefined

  /** @param post sends a JSON body to a path of the API, without a token */
  constructor(credentials: Credentials, post: (path: string, body: object) => Promise<Response>) {
    this.#credentials = credentials
    this.#post = post
  }

  /** A token good for a call now. Throws MusterApiError when the server refuses the credentials. */
  async access(): Promise<string> {
    const current = await this.#current()
    if (performance.now() < current.renewAt) return current.accessToken
    this.#session = this.#refresh(current)
    return (await this.#current()).accessToken
  }

  /** Forgets a token the server refused, so that the next call signs in anew. */
  drop(): void {
    this.#session = undefined
  }

  async #current(): Promise<Session> {
    this.#session ??= this.#open('/auth/login', { ...this.#credentials })
    try {
      return await this.#session
    } catch (error) {
      this.#session = undefined
      throw error
    }
  }

  async #refresh(session: Session): Promise<Session> {
    try {
      return await this.#open('/auth/refresh', { refreshToken: session.refreshToken })
    } catch (error) {
      if (error instanceof MusterApiError && error.status === 401)
        return await this.#open('/auth/login', { ...this.#credentials })
      throw error
    }
  }

  async #open(path: string, body: object): Promise<Session> {
    const began = performance.now()
    const response = await this.#post(path, body)
    if (!response.ok) throw await MusterApiError.from(response)
    const { data } = (await response.json()) as {
      data: { accessToken: string; refreshToken: string; expiresIn: number }
    }
    return {
      accessToken: data.accessToken,
      refreshToken: data.refreshToken,
      renewAt: began + data.expiresIn * 1000 - RENEW_BEFORE_MS,
    }
  }
}
