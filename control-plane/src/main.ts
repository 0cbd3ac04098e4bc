import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { configFrom } from './config.ts'
import { startControlPlane, type ControlPlane } from './control-plane.ts'
import { CrashPoint } from './infra/fault-points.ts'

const HELP = `Runs a Muster control plane. Settings by environment; see the README's table.

  MUSTER_HTTP_PORT  MUSTER_GRPC_PORT  MUSTER_HOST  MUSTER_DATA_DIR  MUSTER_ADMIN_PASSWORD  MUSTER_TZ
  MUSTER_ALLOW_EMULATED  MUSTER_ACCEPT_WECHAT_RULES  MUSTER_APPROVAL_ABOVE  MUSTER_TASKS_PER_MINUTE  MUSTER_LOG_LEVEL
`
const STOP_LIMIT_MS = 8000
/** sysexits.h: something is configured in a way that has to be changed first. */
const EX_CONFIG = 78
const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'end the program that listens there, or set MUSTER_HTTP_PORT or MUSTER_GRPC_PORT',
  EADDRNOTAVAIL: 'set MUSTER_HOST to an address of this machine',
  EACCES: 'let this user do that, or set MUSTER_DATA_DIR or the port',
  EPERM: 'let this user do that, or set MUSTER_DATA_DIR',
  EROFS: 'set MUSTER_DATA_DIR to a place that can be written to',
  ENOTDIR: 'set MUSTER_DATA_DIR to a directory',
  EEXIST: 'set MUSTER_DATA_DIR to a directory',
  ENOSPC: 'the disk is full: make room',
}

async function main(): Promise<void> {
  // Database, keys and media are the operator's alone, whoever made the directory.
  process.umask(0o077)
  const config = configFrom(process.env)
  const log = pino({ level: config.logLevel })
  const faults = new CrashPoint()
  const plane = await startControlPlane({ config, log, faults })
  log.info({ http: plane.httpPort, grpc: plane.grpcPort }, 'control plane is ready')
  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref()
    plane.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'could not stop in order')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  // The launcher died: nobody would stop this process any more.
  process.on('disconnect', stop)
  process.on('message', (message) => void answerParent({ plane, faults }, message))
  process.send?.({ type: 'ready', httpPort: plane.httpPort, grpcPort: plane.grpcPort })
}

/** Answers the process that started this one: the channel is its own, so what comes there needs no password. */
async function answerParent(of: { plane: ControlPlane; faults: CrashPoint }, message: unknown): Promise<void> {
  if (typeof message !== 'object' || message === null || !('type' in message) || !('id' in message)) return
  const say = (answer: object): void => void process.send?.({ id: message.id, ...answer }, () => undefined)
  if (message.type === 'enrolment-code' && 'name' in message) {
    await of.plane.enrolmentCode(String(message.name)).then(
      (code) => say({ code }),
      (error: unknown) => say({ error: String(error) }),
    )
  } else if (message.type === 'fault-point' && 'point' in message) {
    of.faults.arm(String(message.point))
    say({})
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const remedy = 'code' in error ? REMEDIES[String(error.code)] : undefined
  return remedy ? `${error.message}; ${remedy}` : error.message
}

if (parseArgs({ options: { help: { type: 'boolean', short: 'h', default: false } } }).values.help)
  process.stdout.write(HELP)
else {
  // A plane that cannot start as things are cannot either when it is started again.
  await main().catch((error: unknown) => {
    process.stderr.write(`control plane: ${reasonOf(error)}\n`)
    process.exit(EX_CONFIG)
  })
}
