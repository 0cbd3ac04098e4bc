import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext, TestFn } from 'ava'
import { startEmulator, type Emulator } from '@muster/emulator'
import { TestProcess } from './test-process.ts'
import { ownPort } from './own-port.ts'
import { RestClient } from './rest-client.ts'
import { signedInAdmin } from './signed-in-admin.ts'

/**
 * The product as tests see it: emulator in this process, control plane and agents as processes of their own, exactly
 * as `npm start` runs them, so that they can be killed at any point and started again.
 */
export class Product extends RestClient {
  readonly emulator: Emulator
  readonly plane: TestProcess
  readonly agents = new Map<string, TestProcess>()
  readonly #dir: string
  readonly #ports: { readonly http: number; readonly grpc: number }

  constructor(emulator: Emulator, dir: string, ports: { http: number; grpc: number }) {
    super(() => ports.http)
    this.emulator = emulator
    this.#dir = dir
    this.#ports = ports
    this.plane = new TestProcess('control-plane/src/main.ts', join(dir, 'control-plane.log'))
  }

  async startPlane(): Promise<'ready' | 'ended'> {
    return await this.plane.start({
      MUSTER_DATA_DIR: join(this.#dir, 'plane'),
      MUSTER_HTTP_PORT: String(this.#ports.http),
      MUSTER_GRPC_PORT: String(this.#ports.grpc),
      MUSTER_ALLOW_EMULATED: 'true',
      MUSTER_LOG_LEVEL: 'info',
    })
  }

  /** Kills the plane, starts it again and goes on listening where the events stopped. */
  async restartPlane(): Promise<void> {
    await this.plane.kill()
    if ((await this.startPlane()) !== 'ready') throw new Error(`the control plane ended at start:\n${this.plane.log()}`)
    await this.events.connect()
  }

  /** Of a phone's agent: its identity, its journal, and what else it keeps. */
  agentDirectory(phoneId: string): string {
    return join(this.#dir, 'agents', phoneId)
  }

  /**
   * Starts the agent of a phone, enrolling it at the first start.
   * @param fault the point at which it kills itself
   * @param entry source file of its program, from the project's root; its first start decides
   */
  async startAgent(phoneId: string, fault?: string, entry = 'agent/src/main.ts'): Promise<'ready' | 'ended'> {
    const directory = this.agentDirectory(phoneId)
    const agent = this.agents.get(phoneId) ?? new TestProcess(entry, join(this.#dir, `agent-${phoneId}.log`))
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

  async stop(): Promise<void> {
    this.events.close()
    await Promise.all([...this.agents.values()].map(async (agent) => await agent.kill()))
    await this.plane.kill()
    await this.emulator.close()
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

export interface ProductOptions {
  readonly phones: number
  readonly seed?: number
}

/** Starts emulator and plane; agents are started by the test. Everything ends with the test. */
export async function startProduct(t: ExecutionContext, options: ProductOptions): Promise<Product> {
  const { product, log } = await launch(t, options)
  t.teardown(async () => {
    if (!t.passed) t.log(...log())
    await product.stop()
  })
  await begin(product)
  return product
}

/**
 * One product for all tests of a file, which have to be serial: it costs seconds. @param prepare what all of them need
 */
export function sharedProduct<T>(
  test: TestFn,
  options: ProductOptions,
  prepare: (product: Product) => Promise<T>,
): () => T {
  const ends: (() => unknown)[] = []
  let launched: Awaited<ReturnType<typeof launch>> | undefined
  let prepared: { readonly stage: T } | undefined
  test.before(async () => {
    launched = await launch({ teardown: (end) => void ends.push(end) }, options)
    await begin(launched.product)
    prepared = { stage: await prepare(launched.product) }
  })
  test.afterEach.always((t) => {
    if (!t.passed && launched) t.log(...launched.log())
  })
  test.after.always(async () => {
    await launched?.product.stop()
    for (const end of ends) end()
  })
  return () => {
    if (!prepared) throw new Error('the product runs only while tests do')
    return prepared.stage
  }
}

async function launch(t: Pick<ExecutionContext, 'teardown'>, { phones, seed = 1 }: ProductOptions) {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  mkdirSync(join(dir, 'agents'))
  await signedInAdmin(join(dir, 'plane'))
  const emulator = await startEmulator({ phones, seed, port: 0 })
  const product = new Product(emulator, dir, { http: await ownPort(t), grpc: await ownPort(t) })
  return { product, log: () => [product.plane.log(), ...[...product.agents.values()].map((agent) => agent.log())] }
}

async function begin(product: Product): Promise<void> {
  const state = await product.startPlane()
  if (state !== 'ready') throw new Error(`the control plane ended at start:\n${product.plane.log()}`)
  await product.events.connect()
}
