/**
 * The wire contract of Muster: generated messages and services, the closed set of error codes, and the
 * rules of custom commands.
 * @module
 */
export * from '../generated/muster/v1/agent_service.ts'
export * from '../generated/muster/v1/command.ts'
export * from '../generated/muster/v1/custom.ts'
export * from '../generated/muster/v1/wechat.ts'
export { CAP_KINDS, noCaps, perCapKind, type CapKind, type Caps } from './caps.ts'
export {
  CUSTOM_LIMITS,
  CUSTOM_NAME,
  capabilityProblem,
  customLabel,
  payloadProblem,
  registrationProblem,
  resultProblem,
} from './custom-commands.ts'
export { ERROR_CODES, errorInfo, isErrorCode, type ErrorCode, type ErrorInfo } from './errors.ts'
export {
  itemIdsOf,
  keepItems,
  itemStatusFromWire,
  itemStatusToWire,
  commandStatusFromWire,
  commandStatusToWire,
  usesAccount,
} from './statuses.ts'
export type { CommandPayload, CommandKind, FinalCommandStatus, FinalItemStatus } from './statuses.ts'
