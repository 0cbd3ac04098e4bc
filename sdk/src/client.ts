import ky from 'ky'
import createClient, { type Client, type MaybeOptionalInit, type MethodResponse } from 'openapi-fetch'
import { v7 as uuidv7 } from 'uuid'
import { MusterApiError } from './errors.ts'
import { eventStream, type EventStreamOptions, type TaskEvent } from './events.ts'
import type { paths } from './generated/api.gen.ts'
import { Tokens, type Credentials } from './tokens.ts'

export interface MusterClientOptions {
  /** Address of the control plane, such as `http://127.0.0.1:8080`, without `/api/v1`. */
  readonly baseUrl: string
  /** A user to sign in as; the client renews the session by itself. */
  readonly credentials?: Credentials
  /** A token got elsewhere, instead of credentials. */
  readonly accessToken?: string
  /** How often a call that failed on the way, or with 408, 429, 502, 503 or 504, is sent again. @default 2 */
  readonly retries?: number
  /** Limit of one try, in milliseconds. @default 30_000 */
  readonly timeoutMs?: number
}

type Method = 'get' | 'post' | 'patch' | 'delete'
type PathFor<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never }[keyof paths]
type Envelope<P extends keyof paths, M extends Method> = MethodResponse<Client<paths>, M, never> extends never
  ? EnvelopeOf<paths[P], M>
  : never
type EnvelopeOf<Item, M extends Method> = Item extends Record<M, { responses: { 200: { content: { 'application/json': infer Body } } } }>
  ? Body
  : never
/** The `data` of a route's answer. */
export type DataOf<P extends keyof paths, M extends Method> = Envelope<P, M> extends { data: infer Data } ? Data : never
/** One entry of a paged route. */
export type PageItem<P extends PathFor<'get'>> = DataOf<P, 'get'> extends { items: (infer One)[] } ? One : never
type Init<P extends keyof paths, M extends Method> = MaybeOptionalInit<paths[P], M>
type InitArguments<P extends keyof paths, M extends Method> = undefined extends Init<P, M> ? [init?: Init<P, M>] : [init: Init<P, M>]

const RETRIED = [408, 429, 502, 503, 504]
const PAGE_SIZE = 100

/**
 * The typed client of Muster's REST API. Paths, parameters, bodies and answers are typed from the OpenAPI document.
 * Every POST carries an `Idempotency-Key`, so that a retry after a broken connection does nothing twice.
 * @example
 * const muster = new MusterClient({ baseUrl: 'http://127.0.0.1:8080', credentials: { username: 'admin', password } })
 * const task = await muster.post('/wechat/moments/tasks', { body: { content: 'Hello', devices: [1], visibleTo: 'ALL' } })
 * await muster.waitForTask(task.taskId)
 */
export class MusterClient {
  readonly #api: string
  readonly #rest: Client<paths>
  readonly #tokens: Tokens | undefined
  readonly #fixedToken: string | undefined
  readonly #send: typeof fetch

  constructor(options: MusterClientOptions) {
    this.#api = `${options.baseUrl.replace(/\/+$/, '')}/api/v1`
    this.#fixedToken = options.accessToken
    this.#send = sender(options)
    this.#tokens = options.credentials && new Tokens(options.credentials, async (path, body) => await this.#open(path, body))
    this.#rest = createClient<paths>({ baseUrl: this.#api, fetch: async (request) => await this.#authorized(request) })
  }

  /** GET; answers the envelope's `data`. Throws MusterApiError. */
  async get<P extends PathFor<'get'>>(path: P, ...init: InitArguments<P, 'get'>): Promise<DataOf<P, 'get'>> {
    return await this.#call('get', path, init[0])
  }

  /** POST; answers the envelope's `data`. Throws MusterApiError. */
  async post<P extends PathFor<'post'>>(path: P, ...init: InitArguments<P, 'post'>): Promise<DataOf<P, 'post'>> {
    return await this.#call('post', path, init[0])
  }

  /** PATCH; answers the envelope's `data`. Throws MusterApiError. */
  async patch<P extends PathFor<'patch'>>(path: P, ...init: InitArguments<P, 'patch'>): Promise<DataOf<P, 'patch'>> {
    return await this.#call('patch', path, init[0])
  }

  /** DELETE; answers the envelope's `data`. Throws MusterApiError. */
  async delete<P extends PathFor<'delete'>>(path: P, ...init: InitArguments<P, 'delete'>): Promise<DataOf<P, 'delete'>> {
    return await this.#call('delete', path, init[0])
  }
}
