import { mkdirSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { ControlError, ControlPort } from './control-port.ts'
import { PhoneNetwork } from './network.ts'
import { appVersionOf } from './phone/app-version.ts'
import { seeded, type FaultOrder } from './phone/faults.ts'
import { Phone } from './phone/phone.ts'
import { WebDriverError } from './webdriver/error.ts'
import { WebDriverServer } from './webdriver/routes.ts'
import type { Contact, WorldView } from './world/model.ts'
import { World } from './world/world.ts'

export interface EmulatorOptions {
  /** How many phones, `phone-1` and on. */
  readonly phones: number
  /** Decides names and everything random. @default 1 */
  readonly seed?: number
  /** 0 takes a free one. @default 0 */
  readonly port?: number
  /** @default '127.0.0.1' */
  readonly host?: string
  /** Keeps the world in this folder; without one it lives as long as the process. */
  readonly dataDir?: string
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

export interface PhoneView {
  readonly id: string
  readonly wechatId: string
  readonly online: boolean
}

const BODY_LIMIT = 64 * 1024 * 1024
const SURNAMES = ['小雅', '阿强', '思远', '雨桐', '子墨', '佳怡', '浩然', '若曦']

/** Emulated phones behind one port: control port, WebDriver and the phones' network. */
export class Emulator {
  readonly #world: World
  readonly #phones = new Map<string, Phone>()
  readonly #webdriver: WebDriverServer
  readonly #control: ControlPort
  readonly #network: PhoneNetwork
  readonly #server: Server
  readonly #host: string

  constructor(options: EmulatorOptions) {
    const random = seeded(options.seed ?? 1)
    const accounts = Array.from({ length: options.phones }, (_, index) => ({
      wechatId: `wxid_phone${index + 1}`,
      nickname: `${SURNAMES[Math.floor(random() * SURNAMES.length)]}${index + 1}`,
    }))
    const directory = options.dataDir === undefined ? undefined : join(options.dataDir, 'world')
    if (directory !== undefined) mkdirSync(directory, { recursive: true })
    this.#host = options.host ?? '127.0.0.1'
    this.#world = new World(accounts, directory, options.now ?? Date.now)
    for (const [index, account] of [...this.#world.accounts.values()].entries()) {
      const id = `phone-${index + 1}`
      this.#phones.set(id, new Phone({ id, account, world: this.#world, version: appVersionOf(index + 1) }))
    }
    this.#network = new PhoneNetwork(this.#phones)
    this.#webdriver = new WebDriverServer(this.#phones)
    this.#control = new ControlPort(this.#phones, this.#world, (phone) => this.#network.cut(phone))
    this.#server = createServer((request, response) => void this.#serve(request, response))
    this.#server.on('connect', (request, socket, head) => this.#network.tunnel(request, socket, head))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://${this.#host}:${this.port}`
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, this.#host, () => resolve())
    })
  }

  /** As `GET /phones`. */
  phones(): PhoneView[] {
    return [...this.#phones.values()].map(({ id, account, online }) => ({ id, wechatId: account.wechatId, online }))
  }

  /** As `GET /world`: a copy. */
  world(): WorldView {
    return this.#world.view()
  }

  /** Calls back after each change of the world; answers how to stop it. */
  onChange(listener: () => void): () => void {
    return this.#world.onChange(listener)
  }

  addContacts(wechatId: string, contacts: readonly Contact[]): void {
    for (const contact of contacts) this.#world.addContact(wechatId, contact)
  }

  /** Arms a fault, as `POST /phones/{id}/faults`. Throws ControlError. */
  addFault(phoneId: string, fault: Partial<FaultOrder> & Pick<FaultOrder, 'kind'>): void {
    this.#control.handle('POST', `/phones/${phoneId}/faults`, fault)
  }

  /** Runs a call as if it had come over HTTP; answers its JSON. Throws ControlError and WebDriverError. */
  async dispatch(method: string, path: string, body?: unknown): Promise<unknown> {
    if (this.#webdriver.owns(path)) return await this.#webdriver.handle(method, path, body)
    return this.#control.handle(method, path, body)
  }

  async close(): Promise<void> {
    this.#network.close()
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
    this.#world.close()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://emulator')
    const path = pathname.replace(/^\/wd\/hub/, '').replace(/(.)\/$/, '$1')
    const answer = await this.#answer(request, path)
    const text = JSON.stringify(answer.body)
    response.writeHead(answer.status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-cache',
    })
    response.end(text)
  }

  async #answer(request: IncomingMessage, path: string): Promise<{ status: number; body: unknown }> {
    try {
      const value = await this.dispatch(request.method ?? 'GET', path, await readJson(request))
      return { status: 200, body: this.#webdriver.owns(path) ? { value } : value }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      if (error instanceof ControlError) return { status: error.status, body: { error: message } }
      const { code, status } = error instanceof WebDriverError ? error : new WebDriverError('unknown error', message)
      return { status, body: { value: { error: code, message, stacktrace: '' } } }
    }
  }
}

/** Starts emulated phones on a port. The caller closes them. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const emulator = new Emulator(options)
  await emulator.listen(options.port ?? 0)
  return emulator
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_LIMIT) throw new ControlError(413, `the body is over ${BODY_LIMIT} bytes`)
    chunks.push(chunk)
  }
  if (size === 0) return undefined
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new ControlError(400, 'the body is not JSON')
  }
}
