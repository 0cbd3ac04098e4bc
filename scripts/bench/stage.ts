import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MusterClient } from '@muster/sdk'
import { Child } from './child.ts'

const PASSWORD = 'bench bench bench'

/** A control plane and a fleet of light phones, each in a process of its own. */
export class Stage {
  readonly dir = mkdtempSync(join(tmpdir(), 'muster-bench-'))
  readonly muster: MusterClient
  readonly #http: number
  readonly #grpc: number
  #plane: Child | undefined
  #fleet: Child | undefined
  #phones = 0

  private constructor(http: number, grpc: number) {
    this.#http = http
    this.#grpc = grpc
    this.muster = new MusterClient({
      baseUrl: `http://127.0.0.1:${http}`,
      credentials: { username: 'admin', password: PASSWORD },
      timeoutMs: 120_000,
    })
  }

  static async start(): Promise<Stage> {
    const stage = new Stage(await freePort(), await freePort())
    await stage.startPlane()
    stage.#fleet = await Child.start('scripts/bench/phones.ts')
    return stage
  }

  async startPlane(): Promise<void> {
    this.#plane = await Child.start('control-plane/src/main.ts', {
      env: {
        MUSTER_DATA_DIR: join(this.dir, 'plane'),
        MUSTER_HTTP_PORT: String(this.#http),
        MUSTER_GRPC_PORT: String(this.#grpc),
        MUSTER_ADMIN_PASSWORD: PASSWORD,
        MUSTER_ALLOW_EMULATED: 'true',
        MUSTER_TASKS_PER_MINUTE: '100000',
        MUSTER_LOG_LEVEL: 'error',
      },
    })
  }

  get plane(): Child {
    if (!this.#plane) throw new Error('the plane was not started')
    return this.#plane
  }

  get fleet(): Child {
    if (!this.#fleet) throw new Error('the fleet was not started')
    return this.#fleet
  }

  get phones(): number {
    return this.#phones
  }

  /** Adds phones until there are so many. @param friends of each new one */
  async grow(phones: number, friends = 0): Promise<void> {
    const codes: string[] = []
    for (let index = this.#phones; index < phones; index++) {
      codes.push((await this.muster.post('/devices/enrolment-codes', { body: { name: `light-${index}` } })).code)
    }
    const address = `127.0.0.1:${this.#grpc}`
    await this.fleet.call('add', { address, dir: join(this.dir, 'phones'), from: this.#phones, codes, friends })
    this.#phones = phones
  }

  /** Oldest first. */
  async deviceIds(): Promise<number[]> {
    const found: number[] = []
    for await (const device of this.muster.pages('/devices')) found.push(device.id)
    return found.sort((a, b) => a - b)
  }

  async stop(): Promise<void> {
    await this.#fleet?.end()
    await this.#plane?.end('SIGTERM')
    rmSync(this.dir, { recursive: true, force: true })
  }
}

export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
