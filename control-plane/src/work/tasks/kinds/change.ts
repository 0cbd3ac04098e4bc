import { z } from 'zod'
import type { DeviceRow } from '../../../infra/database/tables/devices.ts'
import { invalid } from '../../../infra/errors.ts'
import type { TaskParams } from '../params.ts'
import type { Prepared } from './common.ts'
import { changedMessage, messageFields, prepareMessage, type MessageDeps } from './messages.ts'
import { changedMoment, momentFields, prepareMoment } from './moments.ts'
import { prepareSync } from './sync.ts'

/** What may be changed of what a task is to do, whatever its kind. */
export const ParamsChange = z.strictObject({ ...momentFields, ...messageFields }).partial()
export type ParamsChange = z.output<typeof ParamsChange>

/** The task as it would be created with the change in it: by the same checks, and for the receivers there are now. */
export async function prepareChanged(
  deps: Omit<MessageDeps, 'time'>,
  params: TaskParams,
  change: ParamsChange,
  devices: readonly DeviceRow[],
): Promise<Prepared> {
  switch (params.kind) {
    case 'MOMENTS':
      return await prepareMoment(deps, changedMoment(params, only(momentFields, params.kind, change)), devices)
    case 'MESSAGE': {
      const request = changedMessage(params, only(messageFields, params.kind, change))
      // A template that was edited since is taken anew only by who names it.
      const kept = change.templateId === undefined ? params.template : undefined
      return await prepareMessage(deps, request, devices, kept)
    }
    case 'FRIENDS_SYNC':
    case 'GROUPS_SYNC':
      only({}, params.kind, change)
      return prepareSync(params.kind, devices)
    default:
      return params satisfies never
  }
}

/** What is given of these fields; throws INVALID_REQUEST that names any other. */
function only<Fields extends z.ZodRawShape>(
  fields: Fields,
  kind: TaskParams['kind'],
  change: ParamsChange,
): Partial<z.output<z.ZodObject<Fields>>> {
  const given = Object.entries(change).filter(([, value]) => value !== undefined)
  const foreign = given.find(([name]) => !(name in fields))?.[0]
  const has = Object.keys(fields).join(', ') || 'none'
  if (foreign !== undefined)
    throw invalid(`params.${foreign}: unknown field of a ${kind} task; remove it (the fields are: ${has})`)
  return Object.fromEntries(given) as Partial<z.output<z.ZodObject<Fields>>>
}
