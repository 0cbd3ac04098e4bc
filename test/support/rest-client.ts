import { PASSWORD, REFRESH_TOKEN } from './signed-in-admin.ts'
import { TaskEvents } from './task-events.ts'

const FINAL_TASK = new Set(['COMPLETED', 'PARTIAL', 'FAILED', 'CANCELLED'])

/** An answer of the REST API, whatever its status. */
export interface Answer {
  readonly status: number
  readonly code: string | undefined
  readonly msg: string
  readonly data: unknown
}

export interface Item {
  readonly id: number
  readonly deviceId: number
  readonly customerId: number | null
  readonly status: string
  readonly code: string | null
  readonly reason: string | null
  readonly evidenceUrl: string | null
  readonly attempts: number
  readonly commandId: string | null
  /** What the handler of a custom command answered. */
  readonly result: unknown
}

/** The REST API as an operator who is signed in uses it, and the task events. */
export class RestClient {
  readonly events: TaskEvents
  readonly #port: () => number
  #token: Promise<string> | undefined

  /** @param port the API's, known once the plane has started */
  constructor(port: () => number) {
    this.#port = port
    this.events = new TaskEvents(async () => await this.eventsUrl())
  }

  /** Where the API is, for programs beside the test. */
  get url(): string {
    return `http://127.0.0.1:${this.#port()}/api/v1`
  }

  /** Of the WebSocket, with a token. */
  async eventsUrl(): Promise<string> {
    return `ws://127.0.0.1:${this.#port()}/api/v1/ws?token=${await this.token()}`
  }

  async token(): Promise<string> {
    return await (this.#token ?? this.#keep(this.#tokens('/auth/refresh', { refreshToken: REFRESH_TOKEN })))
  }

  /** Gets a new token; answers it. */
  async signIn(): Promise<string> {
    return await this.#keep(this.#tokens('/auth/login', { username: 'admin', password: PASSWORD }))
  }

  /** Calls that come meanwhile wait for the same one: a refresh token is good only once. */
  async #keep(token: Promise<string>): Promise<string> {
    this.#token = token
    return await token.catch((error: unknown) => {
      if (this.#token === token) this.#token = undefined
      throw error
    })
  }

  async #tokens(path: string, body: unknown): Promise<string> {
    const answer = await this.request('POST', path, body)
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.msg}`)
    return (answer.data as { accessToken: string }).accessToken
  }

  /** A call that may fail. */
  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    return await this.request(method, path, body, await this.token())
  }

  /** The data of a good answer; any other answer throws. */
  async ok(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const answer = await this.call(method, path, body)
    if (answer.status >= 300)
      throw new Error(`${method} ${path} answered ${answer.status} ${answer.code}: ${answer.msg}`)
    return answer.data as Record<string, unknown>
  }

  /** All items of a task. */
  async items(taskId: number): Promise<Item[]> {
    const items: Item[] = []
    for (let page = 1; ; page++) {
      const part = await this.ok('GET', `/tasks/${taskId}/items?page=${page}&size=100`)
      items.push(...(part['items'] as Item[]))
      if (items.length >= Number(part['total']) || (part['items'] as Item[]).length === 0) return items
    }
  }

  /** Waits for the event that says the task has ended; answers its status. */
  async finished(taskId: number): Promise<string> {
    const event = await this.events.find(
      `task ${taskId} to end`,
      (seen) => seen.type === 'task.updated' && seen.id === taskId && FINAL_TASK.has(seen.status),
    )
    return event.status
  }

  /** A call with headers or a body of its own, signed in unless it says otherwise. */
  async fetch(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${await this.token()}`)
    const signal = AbortSignal.timeout(30_000)
    return await fetch(`${this.url}${path}`, { ...init, method, headers, signal })
  }

  /** @param body a text is sent as it is; @param token none: without one */
  async request(method: string, path: string, body?: unknown, token?: string): Promise<Answer> {
    const form = body instanceof FormData
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined || form ? {} : { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { body: form || typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const json = (await response.json()) as { data: unknown; errorCode?: string; msg: string }
    return { status: response.status, code: json.errorCode, msg: json.msg, data: json.data }
  }
}
