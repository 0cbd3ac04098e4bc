import { setTimeout as delay } from 'node:timers/promises'
import ky, { HTTPError } from 'ky'
import createClient, { type Client, type MaybeOptionalInit } from 'openapi-fetch'
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
type PathFor<M extends Method> = {
  [P in keyof paths]: M extends keyof paths[P] ? (paths[P][M] extends { responses: unknown } ? P : never) : never
}[keyof paths]
type JsonAnswer<Operation> = Operation extends { responses: { 200: { content: { 'application/json': infer Body } } } }
  ? Body
  : never
/** The `data` of a route's answer. */
export type DataOf<P extends keyof paths, M extends Method> = M extends keyof paths[P]
  ? JsonAnswer<paths[P][M]> extends { data: infer Data }
    ? Data
    : never
  : never
/** One entry of a paged route. */
export type PageItem<P extends PathFor<'get'>> = DataOf<P, 'get'> extends { items: (infer One)[] } ? One : never
/** The paths that answer pages. */
export type PagedPath = { [P in PathFor<'get'>]: [PageItem<P>] extends [never] ? never : P }[PathFor<'get'>]
/** Parameters and body of a call. */
export type CallInit<P extends keyof paths, M extends Method> = M extends keyof paths[P]
  ? MaybeOptionalInit<paths[P], M>
  : never
type InitArguments<P extends keyof paths, M extends Method> =
  undefined extends CallInit<P, M> ? [init?: CallInit<P, M>] : [init: CallInit<P, M>]

interface Answer {
  readonly data?: unknown
  readonly error?: unknown
  readonly response: Response
}

/** A task at rest: no item of it changes by itself any more. */
const TASK_ENDS: readonly string[] = ['COMPLETED', 'PARTIAL', 'FAILED', 'CANCELLED', 'EXPIRED']
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
  readonly #send: (request: Request) => Promise<Response>

  constructor(options: MusterClientOptions) {
    this.#api = `${options.baseUrl.replace(/\/+$/, '')}/api/v1`
    this.#fixedToken = options.accessToken
    this.#send = sender(options)
    this.#tokens =
      options.credentials && new Tokens(options.credentials, async (path, body) => await this.#open(path, body))
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
  async delete<P extends PathFor<'delete'>>(
    path: P,
    ...init: InitArguments<P, 'delete'>
  ): Promise<DataOf<P, 'delete'>> {
    return await this.#call('delete', path, init[0])
  }

  /** Every entry of a paged route, one page after the other. Throws MusterApiError. */
  async *pages<P extends PagedPath>(path: P, init?: CallInit<P, 'get'>): AsyncGenerator<PageItem<P>, void> {
    for (let page = 1; ; page++) {
      const params = isRecord(init) && isRecord(init['params']) ? init['params'] : {}
      const query = { size: PAGE_SIZE, ...(isRecord(params['query']) ? params['query'] : {}), page }
      const answer = await this.#call('get', path, { ...(init as object | undefined), params: { ...params, query } })
      const { items, total, size } = answer as { items: PageItem<P>[]; total: number; size: number }
      yield* items
      if (items.length === 0 || page * size >= total) return
    }
  }

  /** Uploads a picture; the same bytes always answer the same material. Throws MusterApiError. */
  async uploadMaterial(
    file: Blob,
    options: { name: string; categoryId?: number } = { name: 'picture' },
  ): Promise<DataOf<'/materials', 'post'>> {
    const form = new FormData()
    form.set('file', file, options.name)
    if (options.categoryId !== undefined) form.set('categoryId', String(options.categoryId))
    const request = new Request(`${this.#api}/materials`, { method: 'POST', body: form })
    const response = await this.#authorized(request)
    if (!response.ok) throw await MusterApiError.from(response)
    return ((await response.json()) as { data: DataOf<'/materials', 'post'> }).data
  }

  /** The bytes of a stored picture or of evidence. Throws MusterApiError. */
  async download(path: `/materials/${number}/file` | `/evidence/${string}`): Promise<Uint8Array> {
    const response = await this.#authorized(new Request(`${this.#api}${path}`))
    if (!response.ok) throw await MusterApiError.from(response)
    return await response.bytes()
  }

  /**
   * State changes of tasks, items and devices as they happen, in order, each once, across broken connections.
   * Ends when `signal` aborts; throws MusterConnectionError when the server stays away.
   */
  events(options: EventStreamOptions = {}): AsyncGenerator<TaskEvent, void> {
    const address = `${this.#api.replace(/^http/, 'ws')}/ws`
    return eventStream(async () => `${address}?token=${encodeURIComponent(await this.#token())}`, options)
  }

  /**
   * Waits until a task has ended and answers it. Throws the signal's reason when it aborts first, and MusterApiError.
   * @param options.pollMs how often the task is looked at, in milliseconds (default 1000)
   */
  async waitForTask(
    taskId: number,
    options: { signal?: AbortSignal; pollMs?: number } = {},
  ): Promise<DataOf<'/tasks/{id}', 'get'>> {
    for (;;) {
      const task = await this.get('/tasks/{id}', { params: { path: { id: taskId } } })
      if (TASK_ENDS.includes(task.status)) return task
      await delay(options.pollMs ?? 1000, undefined, options.signal ? { signal: options.signal } : {})
    }
  }

  async #call<M extends Method, P extends keyof paths>(method: M, path: P, init: unknown): Promise<DataOf<P, M>> {
    const verb = method.toUpperCase() as 'GET' | 'POST' | 'PATCH' | 'DELETE'
    const call = this.#rest[verb] as (path: P, init?: unknown) => Promise<Answer>
    const { data, error, response } = await call(path, { ...(init as object | undefined), parseAs: 'text' })
    if (!response.ok) {
      throw await MusterApiError.from(response, typeof error === 'string' ? error : JSON.stringify(error))
    }
    return (JSON.parse(String(data)) as { data: DataOf<P, M> }).data
  }

  async #open(path: string, body: object): Promise<Response> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': uuidv7() }
    return await this.#send(new Request(`${this.#api}${path}`, { method: 'POST', headers, body: JSON.stringify(body) }))
  }

  async #token(): Promise<string> {
    const token = this.#fixedToken ?? (await this.#tokens?.access())
    if (token === undefined) throw new TypeError('MusterClient: give credentials or an accessToken')
    return token
  }

  async #authorized(request: Request): Promise<Response> {
    if (request.method !== 'GET' && !request.headers.has('idempotency-key')) {
      request.headers.set('idempotency-key', uuidv7())
    }
    const again = request.clone()
    request.headers.set('authorization', `Bearer ${await this.#token()}`)
    const response = await this.#send(request)
    if (response.status !== 401 || !this.#tokens) return response
    this.#tokens.drop()
    again.headers.set('authorization', `Bearer ${await this.#token()}`)
    return await this.#send(again)
  }
}

/** Sends with a limit per try and tries again what is safe to repeat; answers every HTTP status. */
function sender(options: MusterClientOptions): (request: Request) => Promise<Response> {
  const limit = options.retries ?? 2
  const http = ky.create({
    timeout: options.timeoutMs ?? 30_000,
    retry: { limit, methods: ['get', 'post', 'patch', 'delete'], statusCodes: RETRIED, afterStatusCodes: [429, 503] },
  })
  return async (request) => {
    try {
      return await http(request)
    } catch (error) {
      if (error instanceof HTTPError) return error.response
      throw error
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
