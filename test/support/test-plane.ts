import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import test, { type ExecutionContext } from 'ava'
import { pino } from 'pino'
import { configFrom, startControlPlane, type ControlPlane } from '@muster/control-plane'
import type { Clock } from '../../control-plane/src/clock.ts'
import { RawAgent } from './raw-agent.ts'
import { PASSWORD, RestClient } from './rest-client.ts'

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
    return this.#withDatabase((database) => {
      const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
      const names = tables.map(({ name }) => String(name)).filter((name) => !RECORDS.has(name))
      return Object.fromEntries(names.map((name) => [name, database.prepare(`SELECT * FROM ${name}`).all()]))
    })
  }

  /** Changes the database behind the plane's back. */
  sql(statement: string): void {
    this.#withDatabase((database) => database.exec(statement))
  }

  /** The bytes of the database, as far as they are written. */
  dump(): string {
    return ['muster.sqlite', 'muster.sqlite-wal']
      .map((name) => readFileSync(join(this.#dir, 'plane', name), 'latin1'))
      .join('')
  }

  #withDatabase<T>(work: (database: DatabaseSync) => T): T {
    const database = new DatabaseSync(join(this.#dir, 'plane', 'muster.sqlite'))
    try {
      return work(database)
    } finally {
      database.close()
    }
  }

  /** Names of all files below a folder of the data directory. */
  files(folder: string): string[] {
    return readdirSync(join(this.#dir, 'plane', folder), { recursive: true }).map(String)
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
  const lines: string[] = []
  const plane = await openTestPlane(options, lines)
  t.teardown(async () => {
    if (!t.passed) t.log(lines.slice(-40).join(''))
    await plane.stop()
  })
  return plane
}

/** One plane for all tests of a file that do not mind each other: starting one costs more than most tests. */
export function sharedPlane(options: TestPlaneOptions = {}): () => TestPlane {
  let plane: TestPlane | undefined
  test.before(async () => {
    plane = await openTestPlane(options, [])
  })
  test.after.always(async () => await plane?.stop())
  return () => {
    if (!plane) throw new Error('the shared plane has not started')
    return plane
  }
}

async function openTestPlane(options: TestPlaneOptions, lines: string[]): Promise<TestPlane> {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  const config = configFrom({
    MUSTER_DATA_DIR: join(dir, 'plane'),
    MUSTER_HTTP_PORT: '0',
    MUSTER_GRPC_PORT: '0',
    MUSTER_ADMIN_PASSWORD: PASSWORD,
    MUSTER_ALLOW_EMULATED: 'true',
    ...options.env,
  })
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const plane = await startControlPlane({ config, log, ...(options.clock ? { clock: options.clock } : {}) })
  const testPlane = new TestPlane(plane, dir)
  await testPlane.events.connect()
  return testPlane
}
