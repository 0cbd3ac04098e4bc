#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { ConfigurationError, CrashPoint, systemClock } from '@muster/sdk/agent'
import { pino } from 'pino'
import { configFrom } from './config.ts'
import { ReconnectingDriver } from './driver/reconnecting-driver.ts'
import { connectWebDriver } from './driver/webdriver-driver.ts'
import { startPhoneAgent } from './phone-agent.ts'

const HELP = `Runs the agent of one phone. Settings by environment:

  MUSTER_AGENT_DIR            keeps identity and journal; one per phone
  MUSTER_PLANE_URL            host:port of the control plane's gRPC port
  MUSTER_ENROLMENT_CODE       from POST /devices/enrolment-codes; needed once
  MUSTER_WEBDRIVER_URL        Appium server or emulator, such as http://127.0.0.1:8090
  MUSTER_PHONE_UDID           which phone of that server
  MUSTER_DEVICE_NAME          name in the control plane (default: the udid)
  MUSTER_ACCEPT_WECHAT_RULES  yes: the operator accepts the notice about WeChat's rules; real phones need it
  MUSTER_LOG_LEVEL            default info
`
const STOP_LIMIT_MS = 6000
/** sysexits.h: something is configured in a way that has to be changed first. */
const EX_CONFIG = 78

async function main(): Promise<void> {
  const config = configFrom(process.env)
  const log = pino({ level: config.logLevel, base: { device: config.deviceName } })
  const leaving = new AbortController()
  const faults = new CrashPoint()
  faults.arm(config.faultPoint ?? '')
  const driver = await ReconnectingDriver.open(
    async () => await connectWebDriver({ url: config.webDriverUrl, udid: config.udid }),
    { clock: systemClock, log, signal: leaving.signal },
  )
  const agent = await startPhoneAgent({ config, driver, log, signal: leaving.signal, faults })
  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    leaving.abort()
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref()
    agent.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'could not stop in order')
        process.exit(1)
      },
    )
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)
  // The launcher died: nobody would stop this process any more.
  process.on('disconnect', stop)
  process.on('message', (message) => answerParent(faults, message))
  void agent.failed.then((error) => {
    log.fatal({ err: error }, 'the agent cannot go on')
    process.exit(1)
  })
  await agent.connected
  log.info('connected')
  process.send?.({ type: 'ready' })
}

/** Answers the process that started this one. */
function answerParent(faults: CrashPoint, message: unknown): void {
  if (typeof message !== 'object' || message === null || !('type' in message) || !('id' in message)) return
  if (message.type !== 'fault-point' || !('point' in message)) return
  faults.arm(String(message.point))
  process.send?.({ id: message.id }, () => undefined)
}

if (parseArgs({ options: { help: { type: 'boolean', short: 'h', default: false } } }).values.help) {
  process.stdout.write(HELP)
} else {
  await main().catch((error: unknown) => {
    process.stderr.write(`agent: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(error instanceof ConfigurationError ? EX_CONFIG : 1)
  })
}
