import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { pino } from 'pino'
import { configFrom, startControlPlane, type ControlPlane } from '@muster/control-plane'
import type { Clock } from '../../control-plane/src/clock.ts'
import { RawAgent } from './raw-agent.ts'
import { PASSWORD, RestClient } from './rest-client.ts'

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

/** @param options.env settings beside the usual ones of a test */
export async function startTestPlane(
  t: ExecutionContext,
  options: { clock?: Clock; env?: Record<string, string> } = {},
): Promise<TestPlane> {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  const config = configFrom({
    MUSTER_DATA_DIR: join(dir, 'plane'),
    MUSTER_HTTP_PORT: '0',
    MUSTER_GRPC_PORT: '0',
    MUSTER_ADMIN_PASSWORD: PASSWORD,
    MUSTER_ALLOW_EMULATED: 'true',
    ...options.env,
  })
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const plane = await startControlPlane({ config, log, ...(options.clock ? { clock: options.clock } : {}) })
  const testPlane = new TestPlane(plane, dir)
  t.teardown(async () => {
    if (!t.passed) t.log(lines.slice(-40).join(''))
    await testPlane.stop()
  })
  await testPlane.events.connect()
  return testPlane
}
