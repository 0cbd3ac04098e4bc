import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { ExecutionContext, TestFn } from 'ava'
import { pino } from 'pino'
import { configFrom, startControlPlane, type ControlPlane } from '@muster/control-plane'
import type { Clock } from '../../control-plane/src/infra/clock.ts'
import { RawAgent } from './raw-agent.ts'
import { RestClient } from './rest-client.ts'
import { signedInAdmin } from './signed-in-admin.ts'

/** SQLite's code for: somebody else is writing. */
const BUSY = 5
const RECORDS: ReadonlySet<string> = new Set(['audit_log', 'idempotency_keys', 'refresh_tokens', 'sqlite_sequence'])

/** A control plane in the test's own process, with its REST API and its gateway on real ports. */
export class TestPlane extends RestClient {
  readonly #plane: ControlPlane
  readonly #dir: string

  constructor(plane: ControlPlane, dir: string) {
    super(() => plane.httpPort)
    this.#plane = plane
    this.#dir = dir
  }

  get httpPort(): number {
    return this.#plane.httpPort
  }

  get grpcAddress(): string {
    return `127.0.0.1:${this.#plane.grpcPort}`
  }

  /** Every row of every table but those that record what was asked and who is signed in. */
  rows(): Record<string, unknown[]> {
    const database = new DatabaseSync(join(this.#dir, 'plane', 'muster.sqlite'), { readOnly: true })
    try {
      const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
      const names = tables.map(({ name }) => String(name)).filter((name) => !RECORDS.has(name))
      return Object.fromEntries(names.map((name) => [name, database.prepare(`SELECT * FROM ${name}`).all()]))
    } finally {
      database.close()
    }
  }

  /** The bytes of the database, as far as they are written. */
  dump(): string {
    return ['muster.sqlite', 'muster.sqlite-wal']
      .map((name) => readFileSync(join(this.#dir, 'plane', name), 'latin1'))
      .join('')
  }

  /** Of something in the data directory. */
  path(name: string): string {
    return join(this.#dir, 'plane', name)
  }

  /** Names of all files below a folder of the data directory. */
  files(folder: string): string[] {
    return readdirSync(this.path(folder), { recursive: true }).map(String)
  }

  /** Enrols a device whose agent the test plays. */
  async enrol(name: string): Promise<RawAgent> {
    const code = await this.ok('POST', '/devices/enrolment-codes', { name })
    return await RawAgent.enrol({
      directory: join(this.#dir, 'agents', name),
      code: String(code['code']),
      address: this.grpcAddress,
      name,
    })
  }

  /** Changes the database past the plane, as another node would. Waits for its turn to write. */
  async sql(text: string): Promise<void> {
    const database = new DatabaseSync(join(this.#dir, 'plane', 'muster.sqlite'), { timeout: 0 })
    try {
      for (;;) {
        try {
          return database.exec(text)
        } catch (error) {
          if (!(error instanceof Error && 'errcode' in error && error.errcode === BUSY)) throw error
          await new Promise((resolve) => setImmediate(resolve))
        }
      }
    } finally {
      database.close()
    }
  }

  /** Rows of the database, past the plane. */
  read(query: string): Record<string, unknown>[] {
    const database = new DatabaseSync(join(this.#dir, 'plane', 'muster.sqlite'), { readOnly: true })
    try {
      return database.prepare(query).all()
    } finally {
      database.close()
    }
  }

  async stop(): Promise<void> {
    this.events.close()
    await this.#plane.stop()
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

export interface TestPlaneOptions {
  readonly clock?: Clock
  /** Settings beside the usual ones of a test. */
  readonly env?: Record<string, string>
}

/** A plane for one test. */
export async function startTestPlane(t: ExecutionContext, options: TestPlaneOptions = {}): Promise<TestPlane> {
  const { plane, lines } = await launch(options)
  t.teardown(async () => {
    if (!t.passed) t.log(lines.slice(-40).join(''))
    await plane.stop()
  })
  return plane
}

/** One plane for all tests of a file, each of which enrols devices of its own: a plane costs more than most tests. */
export function sharedTestPlane(test: TestFn, options: TestPlaneOptions = {}): () => TestPlane {
  let launched: Awaited<ReturnType<typeof launch>> | undefined
  const running = () => {
    if (!launched) throw new Error('the plane runs only while tests do')
    return launched
  }
  test.before(async () => {
    launched = await launch(options)
  })
  test.afterEach.always((t) => {
    if (!t.passed) t.log(running().lines.slice(-40).join(''))
  })
  test.after.always(async () => await launched?.plane.stop())
  return () => running().plane
}

async function launch(options: TestPlaneOptions): Promise<{ plane: TestPlane; lines: readonly string[] }> {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  await signedInAdmin(join(dir, 'plane'))
  const config = configFrom({
    MUSTER_DATA_DIR: join(dir, 'plane'),
    MUSTER_HTTP_PORT: '0',
    MUSTER_GRPC_PORT: '0',
    MUSTER_ALLOW_EMULATED: 'true',
    MUSTER_TASKS_PER_MINUTE: '1000',
    ...options.env,
  })
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  // An agent that a test plays says only what the test says: where time is real, nobody takes it for dead meanwhile.
  const time = options.clock ? { clock: options.clock } : { heartbeatMs: 600_000 }
  const plane = await startControlPlane({ config, log, ...time })
  const testPlane = new TestPlane(plane, dir)
  await testPlane.events.connect()
  return { plane: testPlane, lines }
}
