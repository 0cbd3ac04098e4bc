import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { freePort, PASSWORD, RestClient } from '../support/rest-client.ts'
import { within } from '../support/within.ts'

const root = join(import.meta.dirname, '../..')
const PARTS = ['agent-phone-1', 'agent-phone-2', 'control-plane', 'emulator']

/** `npm start` as the launcher behind it runs. */
class Launcher {
  readonly #process: ChildProcess
  readonly #exit: Promise<number | string>
  output = ''

  constructor(environment: Record<string, string>) {
    this.#process = spawn(process.execPath, ['--conditions=source', join(root, 'scripts/start.ts')], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()))
    this.#exit = new Promise((resolve) => this.#process.once('exit', (code, signal) => resolve(signal ?? code ?? -1)))
  }

  async ready(): Promise<void> {
    const ready = new Promise<void>((resolve) =>
      this.#process.stdout?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString()
        if (this.output.includes('Stop with')) resolve()
      }),
    )
    await within(Promise.race([ready, this.#exit]), 90_000, () => `ready\n${this.output}`)
  }

  async stop(): Promise<number | string> {
    this.#process.kill('SIGTERM')
    return await within(this.#exit, 10_000, () => `the end after SIGTERM\n${this.output}`)
  }

  /** Everything at once, as when a machine is switched off. */
  async killAll(pids: readonly number[]): Promise<void> {
    this.#process.kill('SIGKILL')
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    await this.#exit
  }

  async destroy(): Promise<void> {
    this.#process.kill('SIGTERM')
    await this.#exit
  }
}

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('it says how to sign in, starts again what dies, ends everything on SIGTERM, and goes on after any end', async (t) => {
  t.timeout(180_000)
  const dataDir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  const ports = { http: await freePort(), grpc: await freePort(), emulator: await freePort() }
  const environment = {
    MUSTER_HTTP_PORT: String(ports.http),
    MUSTER_GRPC_PORT: String(ports.grpc),
    MUSTER_EMULATOR_PORT: String(ports.emulator),
    MUSTER_PHONES: '2',
    MUSTER_DATA_DIR: dataDir,
    MUSTER_ADMIN_PASSWORD: PASSWORD,
  }
  const rest = new RestClient(() => ports.http)
  let launcher = new Launcher(environment)
  t.teardown(async () => {
    rest.events.close()
    await launcher.destroy()
    rmSync(dataDir, { recursive: true, force: true })
  })
  const pidOf = (part: string): number => Number(readFileSync(join(dataDir, 'run', `${part}.pid`), 'utf8'))
  await launcher.ready()
  for (const line of ['Muster is ready', `${ports.http}/api/v1`, '/docs', 'Sign in', `${ports.emulator}/world`])
    t.true(launcher.output.includes(line), line)
  t.deepEqual(
    readdirSync(join(dataDir, 'run'))
      .filter((file) => file.endsWith('.pid'))
      .toSorted(),
    PARTS.map((part) => `${part}.pid`),
  )
  t.is((await fetch(`http://127.0.0.1:${ports.http}/healthz`)).status, 200)
  t.is((await fetch(`http://127.0.0.1:${ports.http}/readyz`)).status, 200)

  const publish = async (content: string): Promise<string> => {
    await rest.events.connect()
    const { items } = (await rest.ok('GET', '/devices')) as { items: { id: number }[] }
    const body = { content, devices: items.map(({ id }) => id) }
    return await rest.finished(Number((await rest.ok('POST', '/wechat/moments/tasks', body))['taskId']))
  }
  const agent = pidOf('agent-phone-1')
  const again = new Promise<void>((resolve) => {
    const watcher = watch(join(dataDir, 'run'), () => {
      try {
        if (pidOf('agent-phone-1') === agent) return
      } catch {
        return
      }
      watcher.close()
      resolve()
    })
  })
  process.kill(agent, 'SIGKILL')
  await within(again, 20_000, () => 'the agent to be started again')
  t.is(await publish('after the death of an agent'), 'COMPLETED')

  const pids = PARTS.map(pidOf)
  t.is(await launcher.stop(), 0)
  t.deepEqual(pids.filter(alive), [], 'no process is left')

  launcher = new Launcher(environment)
  await launcher.ready()
  t.is(await publish('after a stop'), 'COMPLETED')
  await launcher.killAll(PARTS.map(pidOf))
  launcher = new Launcher(environment)
  await launcher.ready()
  t.is(await publish('after everything was killed'), 'COMPLETED')
  const world = (await (await fetch(`http://127.0.0.1:${ports.emulator}/world`)).json()) as {
    moments: { text: string }[]
  }
  t.deepEqual(
    world.moments.map(({ text }) => text),
    ['after the death of an agent', 'after a stop', 'after everything was killed'].flatMap((text) => [text, text]),
  )
})
