import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { startEmulator, type Emulator } from '@muster/emulator'
import { Part } from './part.ts'
import { TaskEvents } from './task-events.ts'

const PASSWORD = 'correct horse battery staple'
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
}

/**
 * The product as tests see it: emulator in this process, control plane and agents as processes of their own, exactly
 * as `npm start` runs them, so that they can be killed at any point and started again.
 */
export class Product {
  readonly emulator: Emulator
  readonly events: TaskEvents
  readonly plane: Part
  readonly agents = new Map<string, Part>()
  readonly #dir: string
  readonly #ports: { readonly http: number; readonly grpc: number }
  #token: string | undefined

  constructor(emulator: Emulator, dir: string, ports: { http: number; grpc: number }) {
    this.emulator = emulator
    this.#dir = dir
    this.#ports = ports
    this.plane = new Part('control-plane/src/main.ts', join(dir, 'control-plane.log'))
    this.events = new TaskEvents(async () => await this.eventsUrl())
  }

  /** Starts the control plane; `fault` names the point at which it kills itself. */
  async startPlane(fault?: string): Promise<'ready' | 'ended'> {
    return await this.plane.start({
      MUSTER_DATA_DIR: join(this.#dir, 'plane'),
      MUSTER_HTTP_PORT: String(this.#ports.http),
      MUSTER_GRPC_PORT: String(this.#ports.grpc),
      MUSTER_ADMIN_PASSWORD: PASSWORD,
      MUSTER_ALLOW_EMULATED: 'true',
      MUSTER_LOG_LEVEL: 'info',
      MUSTER_FAULT_POINT: fault ?? '',
    })
  }

  /** Kills the plane, starts it again and goes on listening where the events stopped. */
  async restartPlane(): Promise<void> {
    await this.plane.kill()
    if ((await this.startPlane()) !== 'ready') throw new Error(`the control plane ended at start:\n${this.plane.log()}`)
    await this.events.connect()
  }

  /** Starts the agent of a phone, enrolling it at the first start; `fault` names the point at which it kills itself. */
  async startAgent(phoneId: string, fault?: string): Promise<'ready' | 'ended'> {
    const directory = join(this.#dir, 'agents', phoneId)
    const agent = this.agents.get(phoneId) ?? new Part('agent/src/main.ts', join(this.#dir, `agent-${phoneId}.log`))
    this.agents.set(phoneId, agent)
    const enrolled = existsSync(join(directory, 'device.json'))
    const code = enrolled ? '' : String((await this.ok('POST', '/devices/enrolment-codes', { name: phoneId }))['code'])
    return await agent.start({
      MUSTER_AGENT_DIR: directory,
      MUSTER_PLANE_URL: `127.0.0.1:${this.#ports.grpc}`,
      MUSTER_WEBDRIVER_URL: this.emulator.url,
      MUSTER_PHONE_UDID: phoneId,
      MUSTER_DEVICE_NAME: phoneId,
      MUSTER_ENROLMENT_CODE: code,
      MUSTER_FAULT_POINT: fault ?? '',
      grpc_proxy: `http://${phoneId}:x@127.0.0.1:${this.emulator.port}`,
    })
  }

  /** Devices of the given phones, by phone id; waits until each is ONLINE. */
  async devices(
    phoneIds: readonly string[],
  ): Promise<Map<string, { id: number; accountId: number; wechatId: string }>> {
    const page = await this.ok('GET', '/devices?size=100')
    const found = new Map<string, { id: number; accountId: number; wechatId: string }>()
    for (const device of page['items'] as { id: number; name: string; accountId: number; wechatId: string }[]) {
      if (phoneIds.includes(device.name)) found.set(device.name, device)
    }
    return found
  }

  /** Of the WebSocket, with a token. */
  async eventsUrl(): Promise<string> {
    return `ws://127.0.0.1:${this.#ports.http}/api/v1/ws?token=${await this.token()}`
  }

  async token(): Promise<string> {
    if (this.#token === undefined) {
      const answer = await this.#fetch('POST', '/auth/login', { username: 'admin', password: PASSWORD })
      this.#token = (answer.data as { accessToken: string }).accessToken
    }
    return this.#token
  }

  /** A call that may fail. */
  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    return await this.#fetch(method, path, body, await this.token())
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
  async finished(taskId: number, limitMs = 90_000): Promise<string> {
    const event = await this.events.find(
      `task ${taskId} to end`,
      (seen) => seen.type === 'task.updated' && seen.id === taskId && FINAL_TASK.has(seen.status),
      limitMs,
    )
    return event.status
  }

  async stop(): Promise<void> {
    this.events.close()
    await Promise.all([...this.agents.values()].map(async (agent) => await agent.kill()))
    await this.plane.kill()
    await this.emulator.close()
    rmSync(this.#dir, { recursive: true, force: true })
  }

  async #fetch(method: string, path: string, body?: unknown, token?: string): Promise<Answer> {
    const form = body instanceof FormData
    const response = await fetch(`http://127.0.0.1:${this.#ports.http}/api/v1${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined || form ? {} : { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
    })
    const json = (await response.json()) as { data: unknown; errorCode?: string; msg: string }
    return { status: response.status, code: json.errorCode, msg: json.msg, data: json.data }
  }
}

/** Starts emulator and plane; agents are started by the test. Everything ends with the test. */
export async function startProduct(t: ExecutionContext, options: { phones: number; seed?: number }): Promise<Product> {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  mkdirSync(join(dir, 'agents'))
  const emulator = await startEmulator({ phones: options.phones, seed: options.seed ?? 1, port: 0 })
  const product = new Product(emulator, dir, { http: await freePort(), grpc: await freePort() })
  t.teardown(async () => {
    if (!t.passed) t.log(product.plane.log(), ...[...product.agents.values()].map((agent) => agent.log()))
    await product.stop()
  })
  const state = await product.startPlane()
  if (state !== 'ready') throw new Error(`the control plane ended at start:\n${product.plane.log()}`)
  await product.events.connect()
  return product
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
