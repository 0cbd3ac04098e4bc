import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { phonesOf, startAgents } from './agents.ts'
import { claimDataDir } from './data-dir.ts'
import { EMULATOR, emulatorPart, isAgent, PLANE, planePart } from './parts.ts'
import { passwordIsOld, readyBanner } from './banner.ts'
import { checkPorts, readSettings, type Settings } from './settings.ts'
import { Supervisor } from './supervisor.ts'

const HELP = `Runs Muster embedded: emulator, control plane and one agent per emulated phone.

  npm start

Settings by environment; the README's table has all of them:
  MUSTER_HTTP_PORT      REST API and docs              (8080)
  MUSTER_GRPC_PORT      gRPC for agents                (8443)
  MUSTER_EMULATOR_PORT  emulator                       (8090)
  MUSTER_HOST           where the plane listens        (127.0.0.1)
  MUSTER_PHONES         how many emulated phones       (5)
  MUSTER_DATA_DIR       everything that is kept        (.muster)
  MUSTER_ADMIN_PASSWORD password of "admin"            (generated)
  MUSTER_TZ             workspace time zone            (Asia/Shanghai)
  MUSTER_LOG_LEVEL      trace debug info warn error    (info)
`
const READY_LIMIT_MS = 60_000

if (parseArgs({ options: { help: { type: 'boolean', short: 'h', default: false } } }).values.help) {
  process.stdout.write(HELP)
} else {
  await main().catch((error: unknown) => {
    process.stderr.write(`npm start: ${messageOf(error)}\n`)
    process.exitCode = 1
  })
}

async function main(): Promise<void> {
  const stop = new AbortController()
  const asked = new Error('asked to stop')
  // A signal may come more than once: from the terminal, from npm, from a person in a hurry.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stop.abort(asked))
  // The terminal may be gone before the parts are.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  // Parts inherit it: what they write may hold secrets, whoever made the directory.
  process.umask(0o077)
  try {
    const settings = readSettings(process.env)
    const claim = await claimDataDir(settings.dataDir, stop.signal)
    await run(settings, stop).finally(() => claim.release())
  } catch (error) {
    if (stop.signal.reason !== asked) throw error
  }
}

/** Starts everything and runs until it is asked to stop; leaves no part running, whatever happens. */
async function run(settings: Settings, stop: AbortController): Promise<void> {
  const onRestart = (part: string, reason: string, waitMs: number): void =>
    void process.stderr.write(`${part} ended (${reason}); starts again in ${waitMs} ms\n`)
  const onGivenUp = (message: string): void =>
    void process.stderr.write(`${message}; it is not started again: mend that, then end this and start anew\n`)
  const { signal } = stop
  const supervisor = new Supervisor({ dataDir: settings.dataDir, signal, onRestart, onGivenUp })
  const oldPassword = passwordIsOld(settings)
  try {
    await checkPorts(settings)
    const parts = [emulatorPart(settings), planePart(settings)]
    await Promise.all(parts.map(async (part) => await supervisor.start(part, READY_LIMIT_MS)))
    const deps = { settings, supervisor, signal }
    const troubles = await startAgents(deps, await phonesOf(deps), READY_LIMIT_MS)
    process.stdout.write(readyBanner(settings, oldPassword, troubles))
    await once(signal, 'abort')
  } finally {
    stop.abort()
    await shutDown(supervisor)
  }
}

/** Agents first, so that they can say goodbye and hand in results; all of it inside 10 s. */
async function shutDown(supervisor: Supervisor): Promise<void> {
  await supervisor.stop(isAgent, 4000)
  await supervisor.stop((name) => name === PLANE, 3000)
  await supervisor.stop((name) => name === EMULATOR, 1500)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
