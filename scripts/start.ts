import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { setTimeout as delay } from 'node:timers/promises'
import { adminPassword, claimDataDir, releaseDataDir } from './data-dir.ts'
import { Supervisor } from './supervisor.ts'

const HELP = `Runs Muster embedded: emulator, control plane and one agent per emulated phone.

  npm start

Settings by environment:
  MUSTER_HTTP_PORT      REST API and docs              (8080)
  MUSTER_GRPC_PORT      gRPC for agents                (8443)
  MUSTER_EMULATOR_PORT  emulator                       (8090)
  MUSTER_PHONES         how many emulated phones       (5)
  MUSTER_DATA_DIR       everything that is kept        (.muster)
  MUSTER_ADMIN_PASSWORD password of "admin"            (generated)
  MUSTER_TZ             workspace time zone            (Asia/Shanghai)
  MUSTER_LOG_LEVEL      trace debug info warn error    (info)
`
const root = resolve(import.meta.dirname, '..')
const READY_LIMIT_MS = 60_000
const START_TOGETHER = 4

if (parseArgs({ options: { help: { type: 'boolean', short: 'h', default: false } } }).values.help) {
  process.stdout.write(HELP)
} else {
  await main().catch((error: unknown) => {
    process.stderr.write(`npm start: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  })
}

interface Settings {
  readonly httpPort: number
  readonly grpcPort: number
  readonly emulatorPort: number
  readonly phones: number
  readonly dataDir: string
  readonly timeZone: string
}

async function main(): Promise<void> {
  const settings = readSettings(process.env)
  await claimDataDir(settings.dataDir)
  const supervisor = new Supervisor({
    dataDir: settings.dataDir,
    onRestart: (part, reason, waitMs) =>
      process.stderr.write(`${part} ended (${reason}); starts again in ${waitMs} ms\n`),
  })
  const stopped = Promise.withResolvers<void>()
  const stop = (): void => {
    void shutDown(supervisor).then(() => stopped.resolve(), stopped.reject)
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  try {
    await startAll(settings, supervisor)
    await stopped.promise
  } catch (error) {
    await shutDown(supervisor)
    throw error
  } finally {
    releaseDataDir(settings.dataDir)
  }
}

/** Agents first, so that they can say goodbye and hand in results; all of it inside 10 s. */
async function shutDown(supervisor: Supervisor): Promise<void> {
  await supervisor.stop((name) => name.startsWith('agent-'), 4000)
  await supervisor.stop((name) => name === 'control-plane', 3000)
  await supervisor.stop(() => true, 1500)
}

async function startAll(settings: Settings, supervisor: Supervisor): Promise<void> {
  const { password, generated } = adminPassword(settings.dataDir, process.env['MUSTER_ADMIN_PASSWORD'])
  const common = { MUSTER_DATA_DIR: settings.dataDir, MUSTER_TZ: settings.timeZone }
  await supervisor.start(
    {
      name: 'emulator',
      entry: join(root, 'emulator/src/main.ts'),
      environment: async () => ({
        ...common,
        MUSTER_EMULATOR_PORT: String(settings.emulatorPort),
        MUSTER_PHONES: String(settings.phones),
      }),
    },
    READY_LIMIT_MS,
  )
  await supervisor.start(
    {
      name: 'control-plane',
      entry: join(root, 'control-plane/src/main.ts'),
      environment: async () => ({
        ...common,
        MUSTER_HTTP_PORT: String(settings.httpPort),
        MUSTER_GRPC_PORT: String(settings.grpcPort),
        MUSTER_ADMIN_PASSWORD: password,
        MUSTER_ALLOW_EMULATED: 'true',
      }),
    },
    READY_LIMIT_MS,
  )
  await startAgents(settings, supervisor, password)
  process.stdout.write(banner(settings, generated ? `"${password}"` : 'the password you set in MUSTER_ADMIN_PASSWORD'))
}

async function startAgents(settings: Settings, supervisor: Supervisor, password: string): Promise<void> {
  const emulator = `http://127.0.0.1:${settings.emulatorPort}`
  const phones = (await (await fetch(`${emulator}/phones`)).json()) as readonly { id: string }[]
  const codes = enrolmentCodes(`http://127.0.0.1:${settings.httpPort}/api/v1`, password)
  for (let first = 0; first < phones.length; first += START_TOGETHER) {
    const some = phones.slice(first, first + START_TOGETHER)
    await Promise.all(some.map(async ({ id }) => await startAgent(settings, supervisor, id, codes)))
  }
}

async function startAgent(
  settings: Settings,
  supervisor: Supervisor,
  phoneId: string,
  code: (name: string) => Promise<string>,
): Promise<void> {
  const directory = join(settings.dataDir, 'agents', phoneId)
  await supervisor.start(
    {
      name: `agent-${phoneId}`,
      entry: join(root, 'agent/src/main.ts'),
      environment: async () => ({
        MUSTER_AGENT_DIR: directory,
        MUSTER_PLANE_URL: `127.0.0.1:${settings.grpcPort}`,
        MUSTER_WEBDRIVER_URL: `http://127.0.0.1:${settings.emulatorPort}`,
        MUSTER_PHONE_UDID: phoneId,
        MUSTER_DEVICE_NAME: phoneId,
        // The phone's network: the emulator can cut it as a dead zone would.
        grpc_proxy: `http://${phoneId}:x@127.0.0.1:${settings.emulatorPort}`,
        ...(existsSync(join(directory, 'device.json')) ? {} : { MUSTER_ENROLMENT_CODE: await code(phoneId) }),
      }),
    },
    READY_LIMIT_MS,
  )
}

/** Makes one-time codes over the REST API, as an operator would. Waits for a plane that is just starting again. */
function enrolmentCodes(api: string, password: string): (name: string) => Promise<string> {
  const post = async (path: string, body: object, token?: string): Promise<Record<string, unknown>> => {
    const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }
    for (let tries = 1; ; tries++) {
      const answer = await fetch(api + path, { method: 'POST', headers, body: JSON.stringify(body) }).catch(
        () => undefined,
      )
      const json = (await answer?.json().catch(() => undefined)) as { msg?: string; data?: Record<string, unknown> }
      if (answer?.ok && json?.data) return json.data
      if (tries === 20 || (answer && answer.status < 500 && answer.status !== 429)) {
        throw new Error(`POST ${path} answered ${answer?.status ?? 'nothing'}: ${json?.msg ?? ''}`)
      }
      await delay(500)
    }
  }
  let token: Promise<string> | undefined
  return async (name) => {
    token ??= post('/auth/login', { username: 'admin', password }).then((data) => String(data['accessToken']))
    try {
      return String((await post('/devices/enrolment-codes', { name }, await token))['code'])
    } catch (error) {
      token = undefined
      throw error
    }
  }
}

function readSettings(env: NodeJS.ProcessEnv): Settings {
  const number = (name: string, fallback: number, low: number, high: number): number => {
    const text = env[name]
    const value = text === undefined || text === '' ? fallback : Number(text)
    if (!Number.isInteger(value) || value < low || value > high) {
      throw new Error(`${name} is "${text}"; give a whole number from ${low} to ${high}`)
    }
    return value
  }
  return {
    httpPort: number('MUSTER_HTTP_PORT', 8080, 1, 65_535),
    grpcPort: number('MUSTER_GRPC_PORT', 8443, 1, 65_535),
    emulatorPort: number('MUSTER_EMULATOR_PORT', 8090, 1, 65_535),
    phones: number('MUSTER_PHONES', 5, 0, 500),
    dataDir: resolve(env['MUSTER_DATA_DIR'] || '.muster'),
    timeZone: env['MUSTER_TZ'] || 'Asia/Shanghai',
  }
}

function banner(settings: Settings, password: string): string {
  const api = `http://127.0.0.1:${settings.httpPort}`
  return `
Muster is ready
  API       ${api}/api/v1
  Docs      ${api}/docs
  Sign in   POST ${api}/api/v1/auth/login as "admin" with ${password}
  Emulator  http://127.0.0.1:${settings.emulatorPort}/world  (${settings.phones} phones)
  Data      ${settings.dataDir}
Stop with Ctrl-C.
`
}
