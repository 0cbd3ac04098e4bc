import type { DeviceCommandRow, DeviceRow } from '../../../../infra/database/tables/devices.ts'
import { invalid } from '../../../../infra/errors.ts'

// Which version of a command several devices can run. No I/O.

const MOST_NAMED = 5

type Device = Pick<DeviceRow, 'id' | 'name'>

/** The registrations of one version of a command, one for each device. */
export interface SharedCommand {
  readonly version: number
  readonly effectClass: DeviceCommandRow['effectClass']
  /** Without repetition: agents of one version have the same. */
  readonly schemas: readonly string[]
}

/**
 * The command that all devices have registered alike. Throws INVALID_REQUEST that names the device and the remedy.
 * @param wanted version; undefined for the newest that all have
 * @param registered every version of the command on any of the devices
 */
export function sharedCommand(
  command: string,
  wanted: number | undefined,
  devices: readonly Device[],
  registered: readonly DeviceCommandRow[],
): SharedCommand {
  const byDevice = Map.groupBy(registered, ({ deviceId }) => deviceId)
  const without = devices.filter(({ id }) => !byDevice.has(id))
  if (without.length > 0)
    throw invalid(
      `devices: ${named(without)} never registered the command ${command}; GET /devices/{id} lists what a device has, leave out those that lack it`,
    )
  const versionsOf = ({ id }: Device): number[] => (byDevice.get(id) ?? []).map(({ version }) => version)
  const version = wanted ?? newestOfAll(devices.map(versionsOf))
  const lacking = devices.filter((device) => version === undefined || !versionsOf(device).includes(version))
  if (version === undefined || lacking.length > 0) {
    const known = (wanted === undefined ? devices : lacking)
      .slice(0, MOST_NAMED)
      .map((device) => `device ${device.id} has ${versionsOf(device).toSorted(ascending).join(', ')}`)
    throw invalid(
      wanted === undefined
        ? `devices: share no version of ${command}: ${known.join('; ')}; name devices that have the same one`
        : `version: ${wanted} of ${command} is not on ${named(lacking)}: ${known.join('; ')}; give a version that all have`,
    )
  }
  return {
    version,
    ...alike(
      `${command} version ${version}`,
      registered.filter((one) => one.version === version),
    ),
  }
}

/** What has to be the same everywhere, and what may differ. */
function alike(label: string, registered: readonly DeviceCommandRow[]): Omit<SharedCommand, 'version'> {
  const byClass = Map.groupBy(registered, ({ effectClass }) => effectClass)
  const [first, second] = byClass.keys()
  if (first === undefined) throw new Error(`${label} has no registration`)
  if (second !== undefined) {
    const says = [...byClass].map(([effectClass, [one]]) => `${effectClass} on device ${one?.deviceId}`)
    throw invalid(
      `devices: ${label} is ${says.join(' and ')}; give the changed command another version, or a task to each kind of device`,
    )
  }
  return { effectClass: first, schemas: [...new Set(registered.map(({ schema }) => schema))] }
}

const ascending = (a: number, b: number): number => a - b

function newestOfAll(versions: readonly (readonly number[])[]): number | undefined {
  const [first = [], ...others] = versions
  return first
    .filter((one) => others.every((other) => other.includes(one)))
    .toSorted(ascending)
    .at(-1)
}

function named(devices: readonly Device[]): string {
  const some = devices.slice(0, MOST_NAMED).map(({ id, name }) => `device ${id} (${name})`)
  const more = devices.length - some.length
  return some.join(', ') + (more > 0 ? ` and ${more} more` : '')
}
