/**
 * The agent of a phone.
 * @module
 */
export type { PhoneAccess } from './commands/phone-work.ts'
export { guarded } from './commands/guard.ts'
export { AGENT_FAULT_POINTS, COMMANDS, handlersFor } from './commands/table.ts'
export { configFrom, type Config } from './config.ts'
export { DeviceHealth, type HealthDeps } from './device-health.ts'
export { connectInProcess, type Dispatch } from './driver/in-process-driver.ts'
export { ReconnectingDriver, type LastingDriverOptions, type OpenDriver } from './driver/reconnecting-driver.ts'
export { DriverFailure, ElementGone, type UiDriver } from './driver/ui-driver.ts'
export { connectWebDriver } from './driver/webdriver-driver.ts'
export { RulesNotAccepted, startPhoneAgent, type PhoneAgentOptions } from './phone-agent.ts'
export { happenedSince, type Shown } from './wechat/settle.ts'
