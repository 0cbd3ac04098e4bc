import { z } from 'zod'
import { nonBlankText } from '../../http/schemas.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'

const DEFAULT_DELIVER_WITHIN_SECONDS = 2 * 60 * 60

/** What every kind of task takes and may be given later; without defaults, so that a change leaves what it does not name. */
export const changeableFields = (time: WorkspaceTime) => ({
  name: nonBlankText(200).optional(),
  devices: z.array(z.number().int().positive()).min(1, 'is empty; name at least one device').max(1000).optional(),
  scheduledTime: time.schema.optional(),
  deliverWithinSeconds: z
    .number()
    .int()
    .min(1)
    .max(7 * 24 * 3600)
    .optional(),
})

/** Fields every kind of task takes. */
export const commonFields = (time: WorkspaceTime) => {
  const fields = changeableFields(time)
  return {
    ...fields,
    devices: fields.devices.unwrap(),
    deliverWithinSeconds: fields.deliverWithinSeconds.unwrap().default(DEFAULT_DELIVER_WITHIN_SECONDS),
  }
}

/** What every request for a task says, whatever its kind. */
export type CommonRequest = z.output<z.ZodObject<ReturnType<typeof commonFields>>>

export const DryRunQuery = z.strictObject({ dryRun: z.enum(['true', 'false']).default('false') })

export const Created = z
  .strictObject({
    taskId: z.number().int(),
    status: z.string(),
    scheduledTime: z.string().nullable(),
    devices: z.array(
      z.strictObject({ id: z.number().int(), name: z.string(), status: z.enum(['ONLINE', 'OFFLINE', 'DISABLED']) }),
    ),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'CreatedTask' })

export const DryRun = z
  .strictObject({
    wouldSend: z.number().int(),
    skipped: z.array(
      z.strictObject({
        deviceId: z.number().int(),
        customerId: z.number().int().nullable(),
        code: z.string(),
        reason: z.string(),
      }),
    ),
    expectedEnd: z.string().meta({ description: 'With pace, pauses and quiet hours, should no phone be offline' }),
  })
  .meta({ id: 'DryRun' })

export const CreatedOrDryRun = z.union([Created, DryRun])
