import type { DeviceInfo } from '@muster/proto'
import {
  ConfigurationError,
  enrol,
  loadIdentity,
  noFaults,
  startAgent,
  systemClock,
  type AgentClock,
  type FaultPoints,
  type Identity,
  type RunningAgent,
} from '@muster/sdk/agent'
import type { Logger } from 'pino'
import { guarded } from './commands/guard.ts'
import { handlersFor } from './commands/table.ts'
import type { Config } from './config.ts'
import { DeviceHealth } from './device-health.ts'
import type { ReconnectingDriver } from './driver/reconnecting-driver.ts'

export const AGENT_VERSION = '0.1.0'

/** The operator has not accepted what driving a real phone means. */
export class RulesNotAccepted extends ConfigurationError {
  override readonly name = 'RulesNotAccepted'
  constructor() {
    super(
      'This is not an emulated phone. WeChat’s rules forbid automated use and may cost the account. ' +
        'Whoever answers for this phone says so with MUSTER_ACCEPT_WECHAT_RULES=yes; until then the driver stays off.',
    )
  }
}

export interface PhoneAgentOptions {
  readonly config: Config
  readonly driver: ReconnectingDriver
  readonly log: Logger
  /** Aborted when the agent is to stop, before its `stop` is called. */
  readonly signal: AbortSignal
  readonly clock?: AgentClock
  readonly faults?: FaultPoints
}

/** Starts the agent of one phone: its rules, its identity, whose account it is, then the session. */
export async function startPhoneAgent(options: PhoneAgentOptions): Promise<RunningAgent> {
  const { config, driver, log, signal, clock = systemClock, faults = noFaults } = options
  if (!driver.emulated && !config.rulesAccepted) throw new RulesNotAccepted()
  const device: DeviceInfo = {
    name: config.deviceName,
    type: 'ANDROID',
    model: driver.emulated ? 'Emulated phone' : 'Android phone',
    osVersion: '13',
    emulated: driver.emulated,
  }
  const identity = await identityOf(config, device)
  const health = new DeviceHealth({ driver, clock, log, signal, onChange: () => agent.introduce() })
  await health.start()
  const { wechatId, appVersion, uiTree } = health.account
  log.info({ wechatId, appVersion, uiTree }, 'read the account')
  const agent: RunningAgent = await startAgent({
    identity,
    address: config.planeAddress,
    directory: config.directory,
    agentVersion: AGENT_VERSION,
    device,
    handlers: guarded(handlersFor({ driver, account: () => health.account }), health),
    log,
    clock,
    faults,
    describe: async () => await health.describe(),
  })
  return agent
}

async function identityOf(config: Config, device: DeviceInfo): Promise<Identity> {
  const known = loadIdentity(config.directory)
  if (known) return known
  if (config.enrolmentCode === undefined) {
    throw new ConfigurationError(
      'MUSTER_ENROLMENT_CODE: this device is not enrolled yet; make a code with POST /devices/enrolment-codes',
    )
  }
  return await enrol({ directory: config.directory, code: config.enrolmentCode, address: config.planeAddress, device })
}
