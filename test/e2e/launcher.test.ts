import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, watch } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { TestProcess } from '../support/test-process.ts'
import { ownPort } from '../support/own-port.ts'
import { RestClient } from '../support/rest-client.ts'
import { PASSWORD } from '../support/signed-in-admin.ts'
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
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()))
    this.#exit = new Promise((resolve) => this.#process.once('exit', (code, signal) => resolve(signal ?? code ?? -1)))
  }

  async ready(): Promise<void> {
    const ready = new Promise<void>((resolve) =>
      this.#process.stdout?.on('data', () => {
        if (this.output.includes('Stop with')) resolve()
      }),
    )
    await within(Promise.race([ready, this.#exit]), 90_000, () => `ready\n${this.output}`)
  }

  async stop(): Promise<number | string> {
    this.#process.kill('SIGTERM')
    return await within(this.#exit, 10_000, () => `the end after SIGTERM\n${this.output}`)
  }

  /** Its exit code, or the signal it died of. */
  async ended(): Promise<number | string> {
    return await within(this.#exit, 60_000, () => `the end\n${this.output}`)
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

/** A data directory that is open to all, and settings for a launcher on it. */
async function stage(
  t: ExecutionContext,
  more: Record<string, string>,
): Promise<{ dataDir: string; ports: { http: number; emulator: number }; environment: Record<string, string> }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'muster test '))
  chmodSync(dataDir, 0o755)
  mkdirSync(join(dataDir, 'run'))
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }))
  const ports = { http: await ownPort(t), emulator: await ownPort(t) }
  const environment = {
    MUSTER_HTTP_PORT: String(ports.http),
    MUSTER_GRPC_PORT: String(await ownPort(t)),
    MUSTER_EMULATOR_PORT: String(ports.emulator),
    MUSTER_DATA_DIR: dataDir,
    ...more,
  }
  return { dataDir, ports, environment }
}

const pidOf = (dataDir: string, part: string): number =>
  Number(readFileSync(join(dataDir, 'run', `${part}.pid`), 'utf8'))

/** Resolves with the process id of a part when it runs, under another one than `old`. */
async function runs(dataDir: string, part: string, old?: number): Promise<number> {
  const found = new Promise<number>((resolve) => {
    const look = (): void => {
      try {
        const pid = pidOf(dataDir, part)
        if (pid === old) return
        watcher.close()
        resolve(pid)
      } catch {
        return
      }
    }
    const watcher = watch(join(dataDir, 'run'), look)
    look()
  })
  return await within(found, 60_000, () => `${part} to run`)
}

const readable = (dataDir: string): string[] =>
  readdirSync(dataDir, { withFileTypes: true })
    .filter((entry) => entry.isFile() && (statSync(join(dataDir, entry.name)).mode & 0o077) !== 0)
    .map(({ name }) => name)

test('it says how to sign in, starts again what dies, ends everything on SIGTERM, and goes on after any end', async (t) => {
  t.timeout(180_000)
  const { dataDir, ports, environment } = await stage(t, { MUSTER_PHONES: '2' })
  const rest = new RestClient(() => ports.http)
  let launcher = new Launcher(environment)
  t.teardown(async () => {
    rest.events.close()
    await launcher.destroy()
  })
  await launcher.ready()
  for (const line of ['Muster is ready', `${ports.http}/api/v1`, '/docs', 'Sign in', `${ports.emulator}/world`])
    t.true(launcher.output.includes(line), line)
  t.deepEqual(
    readdirSync(join(dataDir, 'run')).toSorted(),
    PARTS.map((part) => `${part}.pid`),
  )
  t.is((await fetch(`http://127.0.0.1:${ports.http}/healthz`)).status, 200)
  t.is((await fetch(`http://127.0.0.1:${ports.http}/readyz`)).status, 200)
  t.deepEqual(readable(dataDir), [], 'nobody else may read what is kept')

  // Every later sign-in is with the changed password, over all the restarts below.
  const madeUp = /as "admin" with "(.+)"\n/.exec(launcher.output)?.[1] ?? ''
  const { data } = await rest.request('POST', '/auth/login', { username: 'admin', password: madeUp })
  const { accessToken, user } = data as { accessToken: string; user: { id: number } }
  t.is((await rest.request('PATCH', `/users/${user.id}`, { password: PASSWORD }, accessToken)).status, 200)

  const publish = async (content: string): Promise<string> => {
    await rest.signIn()
    await rest.events.connect()
    const { items } = (await rest.ok('GET', '/devices')) as { items: { id: number }[] }
    const body = { content, devices: items.map(({ id }) => id) }
    return await rest.finished(Number((await rest.ok('POST', '/wechat/moments/tasks', body))['taskId']))
  }
  const agent = pidOf(dataDir, 'agent-phone-1')
  process.kill(agent, 'SIGKILL')
  await runs(dataDir, 'agent-phone-1', agent)
  t.is(await publish('after the death of an agent'), 'COMPLETED')

  const pids = PARTS.map((part) => pidOf(dataDir, part))
  t.is(await launcher.stop(), 0)
  t.deepEqual(pids.filter(alive), [], 'no process is left')

  launcher = new Launcher(environment)
  await launcher.ready()
  t.is(await publish('after a stop'), 'COMPLETED')
  await launcher.killAll(PARTS.map((part) => pidOf(dataDir, part)))
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

test('SIGTERM at any moment of the start ends everything in order', async (t) => {
  const { dataDir, environment } = await stage(t, { MUSTER_PHONES: '1' })
  for (const part of ['emulator', 'control-plane', 'agent-phone-1']) {
    const launcher = new Launcher(environment)
    t.teardown(async () => await launcher.destroy())
    await runs(dataDir, part)
    const pids = readdirSync(join(dataDir, 'run')).map((file) => pidOf(dataDir, file.replace('.pid', '')))
    t.is(await launcher.stop(), 0, part)
    // An agent that is there may be ready as soon as the test knows of it.
    if (part !== 'agent-phone-1') t.is(launcher.output, '', `nothing is ready after SIGTERM at ${part}`)
    t.deepEqual(pids.filter(alive), [], part)
    t.deepEqual(readdirSync(join(dataDir, 'run')), [], part)
  }
})

test('a start with a setting that cannot work ends at once, says which, and leaves nothing running', async (t) => {
  const { dataDir, environment } = await stage(t, { MUSTER_TZ: 'Mars/Olympus' })
  const launcher = new Launcher(environment)
  t.teardown(async () => await launcher.destroy())
  t.is(await launcher.ended(), 1)
  t.regex(launcher.output, /^npm start: control-plane cannot run: .*MUSTER_TZ: is not an IANA time zone.*; read .*\n$/)
  t.deepEqual(readdirSync(join(dataDir, 'run')), [])
})

test('a plane that cannot start as it is set up says why, what to do, and that trying again is of no use', async (t) => {
  const { dataDir, environment } = await stage(t, {})
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const plane = new TestProcess('control-plane/src/main.ts', join(dataDir, 'plane.log'))
  t.teardown(async () => await plane.kill())
  t.is(await plane.start({ ...environment, MUSTER_HTTP_PORT: String(port) }), 'ended')
  t.is(await plane.ended(), 78)
  t.regex(plane.log(), new RegExp(`EADDRINUSE.*:${port}; end the program that listens there, or set MUSTER_HTTP_PORT`))
})
