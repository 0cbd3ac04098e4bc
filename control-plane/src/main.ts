import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { configFrom } from './config.ts'
import { startControlPlane } from './control-plane.ts'

const HELP = `Runs a Muster control plane. Settings by environment; see the README's table.

  MUSTER_HTTP_PORT  MUSTER_GRPC_PORT  MUSTER_HOST  MUSTER_DATA_DIR  MUSTER_ADMIN_PASSWORD  MUSTER_TZ
  MUSTER_ALLOW_EMULATED  MUSTER_ACCEPT_WECHAT_RULES  MUSTER_APPROVAL_ABOVE  MUSTER_TASKS_PER_MINUTE  MUSTER_LOG_LEVEL
`
const STOP_LIMIT_MS = 8000

async function main(): Promise<void> {
  const config = configFrom(process.env)
  const log = pino({ level: config.logLevel })
  const plane = await startControlPlane({ config, log })
  log.info({ http: plane.httpPort, grpc: plane.grpcPort }, 'control plane is ready')
  process.send?.({ type: 'ready', httpPort: plane.httpPort, grpcPort: plane.grpcPort })
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
}

if (parseArgs({ options: { help: { type: 'boolean', short: 'h', default: false } } }).values.help)
  process.stdout.write(HELP)
else {
  await main().catch((error: unknown) => {
    process.stderr.write(`control plane: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  })
}
