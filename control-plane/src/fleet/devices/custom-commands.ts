import { createHash } from 'node:crypto'
import { EffectClass as WireEffectClass, type CustomCapability } from '@muster/proto'
import type { Transaction } from 'sequelize'
import type { Database } from '../../infra/database/database.ts'
import { rows } from '../../infra/database/table.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { EFFECT_CLASSES, type EffectClass } from '../../infra/database/tables/commands.ts'
import type { DeviceCommandRow } from '../../infra/database/tables/devices.ts'

/** A custom command of a device, as the API shows it. */
export type CapabilityView = Pick<DeviceCommandRow, 'name' | 'version' | 'effectClass' | 'description'> & {
  readonly schema: unknown
}

/** Tells whether an agent registers what it registered before; null for nothing. */
export const commandsDigest = (capabilities: readonly CustomCapability[]): string | null =>
  capabilities.length === 0 ? null : createHash('sha256').update(JSON.stringify(capabilities)).digest('base64url')

/** Part of the caller's write: the custom commands of a device become these. */
export async function saveCommands(
  tables: Pick<Tables, 'deviceCommands'>,
  tx: Transaction,
  deviceId: number,
  capabilities: readonly CustomCapability[],
): Promise<void> {
  const { deviceCommands } = tables
  await deviceCommands.destroy({ where: { deviceId }, transaction: tx })
  const values = capabilities.map(({ name, version, effectClass, description, schemaJson }) => ({
    deviceId,
    name,
    version,
    effectClass: classOf(effectClass),
    description,
    schema: schemaJson,
  }))
  if (values.length > 0) await deviceCommands.bulkCreate(values, { transaction: tx })
}

/** Throws for a class that the check of the Hello lets through by mistake. */
function classOf(wire: WireEffectClass): EffectClass {
  const found = EFFECT_CLASSES.find((one) => WireEffectClass[one] === wire)
  if (found === undefined) throw new Error(`${wire} is no effect class`)
  return found
}

/** The custom commands a device's agent registered last, by name and version. */
export async function commandsOf(db: Database, deviceId: number): Promise<CapabilityView[]> {
  const order = [
    ['name', 'ASC'],
    ['version', 'ASC'],
  ] as const
  const found = await rows(db.models.deviceCommands, { where: { deviceId }, order: order.map((one) => [...one]) })
  return found.map(({ name, version, effectClass, description, schema }) => ({
    name,
    version,
    effectClass,
    description,
    schema: JSON.parse(schema) as unknown,
  }))
}
