import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { agentProcess } from './agent-processes.ts'
import { ControlError, ControlPort } from './control-port.ts'
import { BadRequest, HttpServer, type Answer } from './http-server.ts'
import { PhoneNetwork } from './network.ts'
import { appVersionOf } from './phone/app-version.ts'
import { seeded, type FaultOrder } from './phone/faults.ts'
import { Phone } from './phone/phone.ts'
import type { PhoneEnvironment } from './phone/phone-environment.ts'
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
  /** Keeps the world in this folder; without one it lives as long as the process. */
  readonly dataDir?: string
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  /** The process of a phone's agent, which faults may kill. @default the one in the data directory's `run` folder */
  readonly agentProcess?: (phoneId: string) => number | undefined
}

export interface PhoneView {
  readonly id: string
  readonly wechatId: string
  readonly online: boolean
}

const SURNAMES = ['小雅', '阿强', '思远', '雨桐', '子墨', '佳怡', '浩然', '若曦']

/** Emulated phones behind one port: control port, WebDriver and the phones' network. */
export class Emulator {
  readonly #world: World
  readonly #phones: ReadonlyMap<string, Phone>
  readonly #webdriver: WebDriverServer
  readonly #control: ControlPort
  readonly #network: PhoneNetwork
  readonly #server: HttpServer
  #closed: Promise<void> | undefined

  constructor(options: EmulatorOptions, server: HttpServer) {
    const { dataDir } = options
    this.#world = openWorld(options)
    this.#phones = phonesOf(this.#world)
    this.#network = new PhoneNetwork(this.#phones)
    const processOf = options.agentProcess ?? ((id) => (dataDir === undefined ? undefined : agentProcess(dataDir, id)))
    const environment = environmentOf(this.#network, processOf)
    this.#webdriver = new WebDriverServer(this.#phones, environment)
    this.#control = new ControlPort(this.#phones, this.#world, environment)
    this.#server = server
    server.serve({
      answer: async (method, path, read) => await this.#answer(method, path, read),
      tunnel: (request, socket, head) => this.#network.tunnel(request, socket, head),
    })
  }

  get port(): number {
    return this.#server.port
  }

  get url(): string {
    return this.#server.url
  }

  /** As `GET /phones`. */
  phones(): PhoneView[] {
    return [...this.#phones.values()].map(({ id, account, online }) => ({ id, wechatId: account.wechatId, online }))
  }

  /** As `GET /world`: what it is now; what happens later does not show in it. */
  world(): WorldView {
    return this.#world.view()
  }

  /** Calls back after each change of the world; answers how to stop it. */
  onChange(listener: () => void): () => void {
    return this.#world.onChange(listener)
  }

  /** As `POST /world/accounts/{wechatId}/contacts`. Throws ControlError. */
  addContacts(wechatId: string, contacts: readonly Contact[]): void {
    this.#control.handle('POST', `/world/accounts/${encodeURIComponent(wechatId)}/contacts`, { contacts })
  }

  /** Arms a fault, as `POST /phones/{id}/faults`. Throws ControlError. */
  addFault(phoneId: string, fault: Partial<FaultOrder> & Pick<FaultOrder, 'kind'>): void {
    this.#control.handle('POST', `/phones/${encodeURIComponent(phoneId)}/faults`, fault)
  }

  /** Runs a call as if it had come over HTTP; answers its JSON. Throws ControlError and WebDriverError. */
  async dispatch(method: string, path: string, body?: unknown): Promise<unknown> {
    if (this.#webdriver.owns(path)) return await this.#webdriver.handle(method, path, body)
    return this.#control.handle(method, path, body)
  }

  async close(): Promise<void> {
    this.#closed ??= this.#close()
    await this.#closed
  }

  async #close(): Promise<void> {
    this.#network.close()
    await this.#server.close()
    this.#world.close()
  }

  async #answer(method: string, fullPath: string, read: () => Promise<unknown>): Promise<Answer> {
    const path = fullPath.replace(/^\/wd\/hub(?=\/)/, '')
    const isWebDriver = this.#webdriver.owns(path) || path !== fullPath
    try {
      const body = await read()
      if (!isWebDriver) return { status: 200, body: this.#control.handle(method, path, body) }
      return { status: 200, body: { value: await this.#webdriver.handle(method, path, body) } }
    } catch (error) {
      return isWebDriver ? webDriverAnswer(error) : controlAnswer(error)
    }
  }
}

/** Starts emulated phones on a port. The caller closes them. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  // The port comes first: who does not get it must not touch the world of the one that has it.
  const server = await HttpServer.listen(options.port ?? 0)
  try {
    return new Emulator(options, server)
  } catch (error) {
    await server.close()
    throw error
  }
}

function openWorld({ phones, seed = 1, dataDir, now = Date.now }: EmulatorOptions): World {
  const random = seeded(seed)
  const accounts = Array.from({ length: phones }, (_, index) => ({
    wechatId: `wxid_phone${index + 1}`,
    nickname: `${SURNAMES[Math.floor(random() * SURNAMES.length)]}${index + 1}`,
  }))
  const directory = dataDir === undefined ? undefined : join(dataDir, 'world')
  if (directory !== undefined) mkdirSync(directory, { recursive: true })
  return new World(accounts, directory, now)
}

function phonesOf(world: World): ReadonlyMap<string, Phone> {
  return new Map(
    [...world.accounts.values()].map((account, index) => {
      const id = `phone-${index + 1}`
      return [id, new Phone({ id, account, world, version: appVersionOf(index + 1) })]
    }),
  )
}

const environmentOf = (
  network: PhoneNetwork,
  processOf: (phoneId: string) => number | undefined,
): PhoneEnvironment => ({
  cutNetwork: (phoneId) => network.cut(phoneId),
  knowsAgent: (phoneId) => processOf(phoneId) !== undefined,
  killAgent: (phoneId) => {
    const pid = processOf(phoneId)
    return pid !== undefined && killed(pid)
  },
})

function killed(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself, or it is somebody else's.
    return false
  }
}

function controlAnswer(error: unknown): Answer {
  const status = error instanceof ControlError || error instanceof BadRequest ? error.status : 500
  return { status, body: { error: messageOf(error) } }
}

function webDriverAnswer(error: unknown): Answer {
  const code = error instanceof BadRequest || error instanceof ControlError ? 'invalid argument' : 'unknown error'
  const {
    code: error_,
    status,
    message,
  } = error instanceof WebDriverError ? error : new WebDriverError(code, messageOf(error))
  return { status, body: { value: { error: error_, message, stacktrace: '' } } }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
