import type { AccountState, DeviceInfo } from '@muster/proto'
import {
  AgentError,
  enrol,
  faultPointsFrom,
  loadIdentity,
  startAgent,
  systemClock,
  type AgentClock,
  type Identity,
  type RunningAgent,
} from '@muster/sdk/agent'
import type { Logger } from 'pino'
import { handlersFor } from './commands/handlers.ts'
import type { Config } from './config.ts'
import type { UiDriver } from './driver/ui-driver.ts'
import { AppScreen } from './screen/app-screen.ts'
import { ScreenLost } from './screen/screen-lost.ts'
import { readAccount } from './wechat/account.ts'

export const AGENT_VERSION = '0.1.0'
const READ_TRIES = 5

/** The operator has not accepted what driving a real phone means. */
export class RulesNotAccepted extends Error {
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
  readonly driver: UiDriver
  readonly log: Logger
  readonly clock?: AgentClock
}

/** Starts the agent of one phone: its rules, its identity, whose account it is, then the session. */
export async function startPhoneAgent(options: PhoneAgentOptions): Promise<RunningAgent> {
  const { config, driver, log, clock = systemClock } = options
  if (!driver.emulated && !config.rulesAccepted) throw new RulesNotAccepted()
  const device: DeviceInfo = {
    name: config.deviceName,
    type: 'ANDROID',
    model: driver.emulated ? 'Emulated phone' : 'Android phone',
    osVersion: '13',
    emulated: driver.emulated,
  }
  const identity = await identityOf(config, device)
  const account = await readSteadily(driver, log, clock)
  log.info({ wechatId: account.wechatId, appVersion: account.appVersion, uiTree: account.uiTree }, 'read the account')
  return await startAgent({
    identity,
    address: config.planeAddress,
    directory: config.directory,
    agentVersion: AGENT_VERSION,
    device,
    handlers: handlersFor({ driver, account: () => account }),
    log,
    clock,
    faults: faultPointsFrom(config.faultPoint),
    describe: async () => account,
  })
}

async function identityOf(config: Config, device: DeviceInfo): Promise<Identity> {
  const known = loadIdentity(config.directory)
  if (known) return known
  if (config.enrolmentCode === undefined) {
    throw new Error(
      'MUSTER_ENROLMENT_CODE: this device is not enrolled yet; make a code with POST /devices/enrolment-codes',
    )
  }
  return await enrol({ directory: config.directory, code: config.enrolmentCode, address: config.planeAddress, device })
}

async function readSteadily(driver: UiDriver, log: Logger, clock: AgentClock): Promise<AccountState> {
  const screen = new AppScreen(driver, { clock, log, signal: new AbortController().signal })
  for (let tries = 1; ; tries++) {
    try {
      return await readAccount(screen)
    } catch (error) {
      const limited = error instanceof AgentError && error.code === 'RISK_CONTROL'
      if (tries === READ_TRIES || (!(error instanceof ScreenLost) && !limited)) throw error
      log.info({ err: error, tries }, 'the account could not be read yet')
    }
  }
}
