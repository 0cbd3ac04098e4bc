import { CUSTOM_LIMITS, CUSTOM_NAME, payloadProblem } from '@muster/proto'
import { z } from 'zod'
import { inChunks, rows } from '../../../../infra/database/table.ts'
import { invalid } from '../../../../infra/errors.ts'
import { TimeLimitReached, withinTime } from '../../../../infra/time-limit.ts'
import { draftItem } from '../item-draft.ts'
import type { PrepareContext, Prepared } from '../kind.ts'
import type { CustomParams } from './params.ts'
import { sharedCommand } from './registration-rules.ts'

/** For all schemas of a request: they come from phones, so a regular expression of theirs may have no end. */
const CHECK_LIMIT_MS = 250

export const customFields = {
  command: z
    .string()
    .max(CUSTOM_LIMITS.nameLength)
    .regex(CUSTOM_NAME, 'has to be a name such as shop.print-label')
    .meta({ description: 'As the agents registered it; GET /devices/{id} lists them' }),
  version: z
    .number()
    .int()
    .min(1)
    .max(0xffff_ffff)
    .optional()
    .meta({ description: 'Left out: the newest that all devices have' }),
  payload: z.unknown().default({}).meta({ description: 'JSON that fits the schema the agents registered' }),
}
export type CustomRequest = z.output<z.ZodObject<typeof customFields>>

/** Checks a request against what each device registered last. */
export async function prepareCustom(
  { command, version: wanted, payload }: CustomRequest,
  { db, devices }: PrepareContext,
): Promise<Prepared<CustomParams>> {
  const registered = await inChunks(
    devices.map(({ id }) => id),
    (deviceId) => rows(db.models.deviceCommands, { where: { deviceId, name: command } }),
  )
  const { version, effectClass, schemas } = sharedCommand(command, wanted, devices, registered)
  const problem = problemOf(schemas, JSON.stringify(payload))
  if (problem !== undefined)
    throw invalid(
      `${problem}; send what fits the schema of ${command} version ${version} in GET /devices/${devices[0]?.id}`,
    )
  return {
    name: command,
    params: { kind: 'CUSTOM', command, version, effectClass, payload, devices: devices.map(({ id }) => id) },
    // For no account: such a command goes to a device, whoever has signed in on it.
    items: devices.map(({ id: deviceId, name: receiver }) =>
      draftItem({ deviceId, receiver, payload: { action: 'CUSTOM' } }),
    ),
  }
}

function problemOf(schemas: readonly string[], payloadJson: string): string | undefined {
  try {
    return withinTime(CHECK_LIMIT_MS, () => ({
      problem: schemas.map((schema) => payloadProblem(schema, payloadJson)).find((one) => one !== undefined),
    })).problem
  } catch (error) {
    if (!(error instanceof TimeLimitReached)) throw error
    return `payload: cannot be checked by the schema, as ${error.message}`
  }
}

/** The request that would make the task as it is after a change. Another command begins with its newest version. */
export const changedCustom = (params: CustomParams, change: Partial<CustomRequest>): CustomRequest => ({
  command: change.command ?? params.command,
  version: change.version ?? (change.command === undefined ? params.version : undefined),
  payload: change.payload === undefined ? params.payload : change.payload,
})
