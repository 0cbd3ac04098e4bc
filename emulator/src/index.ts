/**
 * Emulated phones with a WeChat of their own, for tests and for engineers without phones.
 * @module
 */
export { ControlError } from './control-port.ts'
export { Emulator, startEmulator, type EmulatorOptions, type PhoneView } from './emulator.ts'
export { startLightPhone, type LightPhoneOptions } from './light-phone.ts'
export { FAULT_KINDS, type FaultKind, type FaultOrder } from './phone/faults.ts'
export { WebDriverError, type WebDriverErrorCode } from './webdriver/error.ts'
export type { Comment, Contact, EffectRecord, Group, Message, Moment, Visibility, WorldView } from './world/model.ts'
