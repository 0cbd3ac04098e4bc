import type { DeviceRow, DeviceStatus } from '../../infra/database/tables/devices.ts'

/** One word for the state of a device. */
export const deviceStatus = (device: Pick<DeviceRow, 'disabled' | 'online'>): DeviceStatus =>
  device.disabled ? 'DISABLED' : device.online ? 'ONLINE' : 'OFFLINE'
