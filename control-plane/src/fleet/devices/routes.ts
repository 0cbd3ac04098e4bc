import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { Empty, IdParams, pageOf, paging, Paging, Timestamp } from '../../http/schemas.ts'
import type { Devices } from './service.ts'

const StatusSchema = z.enum(['ONLINE', 'OFFLINE', 'DISABLED'])
const Device = z
  .strictObject({
    id: z.number().int(),
    name: z.string(),
    type: z.string(),
    status: StatusSchema,
    wechatId: z.string().nullable(),
    accountId: z.number().int().nullable(),
    model: z.string().nullable(),
    appVersion: z.string().nullable(),
    agentVersion: z.string().nullable(),
    lastSeenAt: Timestamp.nullable(),
  })
  .meta({ id: 'Device' })
const DeviceDetail = Device.extend({
  capabilities: z
    .array(
      z.strictObject({
        name: z.string(),
        version: z.number().int(),
        effectClass: z.enum(['READ', 'IDEMPOTENT', 'ONCE']),
        description: z.string(),
        schema: z.unknown().meta({ description: 'JSON Schema of the payload' }),
      }),
    )
    .meta({ description: 'The custom commands that its agent registered last' }),
}).meta({ id: 'DeviceDetail' })
const DeviceEvent = z.strictObject({ id: z.number().int(), type: z.string(), data: z.unknown(), at: Timestamp })
const Name = z.string().trim().min(1).max(100)

/** Enrolment codes, devices and their history. */
export function deviceRoutes(devices: Devices): Route[] {
  return [enrolmentCodeRoute(devices), ...readRoutes(devices), ...changeRoutes(devices)]
}

function enrolmentCodeRoute(devices: Devices): Route {
  return defineRoute({
    method: 'post',
    path: '/devices/enrolment-codes',
    summary: 'Make a one-time code with which an agent becomes a device',
    tag: 'devices',
    role: 'operator',
    body: z.strictObject({
      name: Name.optional(),
      expiresInSeconds: z
        .number()
        .int()
        .min(10)
        .max(30 * 24 * 3600)
        .default(3600),
    }),
    data: z.strictObject({ code: z.string(), expiresAt: Timestamp }),
    handle: ({ body: { name = null, expiresInSeconds }, caller }) =>
      devices.enrolmentCode({ name, expiresInSeconds, createdBy: caller.userId }),
  })
}

function readRoutes(devices: Devices): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/devices',
      summary: 'List devices',
      tag: 'devices',
      role: 'viewer',
      query: z.strictObject({ ...paging, status: StatusSchema.optional(), keyword: z.string().max(100).optional() }),
      data: pageOf(Device),
      handle: ({ query }) => devices.list(query, query),
    }),
    defineRoute({
      method: 'get',
      path: '/devices/{id}',
      summary: 'One device',
      tag: 'devices',
      role: 'viewer',
      params: IdParams,
      data: DeviceDetail,
      handle: ({ params }) => devices.get(params.id),
    }),
    defineRoute({
      method: 'get',
      path: '/devices/{id}/events',
      summary: 'What happened to a device, newest first',
      tag: 'devices',
      role: 'viewer',
      params: IdParams,
      query: Paging,
      data: pageOf(DeviceEvent),
      handle: ({ params, query }) => devices.history(params.id, query),
    }),
  ]
}

function changeRoutes(devices: Devices): Route[] {
  const switched = (verb: 'disable' | 'enable', disabled: boolean): Route =>
    defineRoute({
      method: 'post',
      path: `/devices/{id}/${verb}`,
      stateOf: '/devices/{id}',
      summary: disabled ? 'Refuse the device from now on and end its stream' : 'Let the device connect again',
      tag: 'devices',
      role: 'operator',
      params: IdParams,
      data: DeviceDetail,
      handle: ({ params, caller }) => devices.setDisabled(params.id, disabled, caller.username),
    })
  return [
    defineRoute({
      method: 'patch',
      path: '/devices/{id}',
      stateOf: '/devices/{id}',
      summary: 'Rename a device',
      tag: 'devices',
      role: 'operator',
      params: IdParams,
      body: z.strictObject({ name: Name }),
      data: DeviceDetail,
      handle: ({ params, body }) => devices.rename(params.id, body.name),
    }),
    switched('disable', true),
    switched('enable', false),
    defineRoute({
      method: 'delete',
      path: '/devices/{id}',
      stateOf: '/devices/{id}',
      summary: 'Revoke a device for good; its certificate never works again, and what it had to do ends',
      tag: 'devices',
      role: 'operator',
      params: IdParams,
      data: Empty,
      handle: async ({ params }) => {
        await devices.remove(params.id)
        return null
      },
    }),
  ]
}
