import { Op, type WhereOptions } from 'sequelize'
import { z } from 'zod'
import type { Database } from '../../infra/database/database.ts'
import { contains, insert, row, rows } from '../../infra/database/table.ts'
import { notFound } from '../../infra/errors.ts'
import { defineRoute, type Route } from '../../http/route.ts'
import { Empty, IdParams, pageOf, paging, Paging, Timestamp, limitOffset } from '../../http/schemas.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'
import { makeEnrolmentCode, type EnrolmentCodesDeps } from './enrolment-codes.ts'
import type { DeviceRow } from '../../infra/database/tables/devices.ts'
import { removeDevice, type RemovalDeps } from './removal.ts'
import { deviceStatus } from './status.ts'
import type { AccountRow } from '../../infra/database/tables/accounts.ts'

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
const DeviceEvent = z.strictObject({ id: z.number().int(), type: z.string(), data: z.unknown(), at: Timestamp })
const Name = z.string().trim().min(1).max(100)

export interface DeviceRoutesDeps extends EnrolmentCodesDeps, RemovalDeps {
  readonly time: WorkspaceTime
}

/** Enrolment codes, devices and their history. */
export function deviceRoutes(deps: DeviceRoutesDeps): Route[] {
  return [enrolmentCodeRoute(deps), ...readRoutes(deps), ...changeRoutes(deps)]
}

function enrolmentCodeRoute(deps: DeviceRoutesDeps): Route {
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
    handle: async ({ body, caller }) => {
      const { expiresInSeconds, name = null } = body
      const { code, expiresAt } = await makeEnrolmentCode(deps, { name, expiresInSeconds, createdBy: caller.userId })
      return { code, expiresAt: deps.time.format(expiresAt) }
    },
  })
}

function readRoutes(deps: DeviceRoutesDeps): Route[] {
  const { db, time } = deps
  const { devices, deviceEvents } = db.models
  return [
    defineRoute({
      method: 'get',
      path: '/devices',
      summary: 'List devices',
      tag: 'devices',
      role: 'viewer',
      query: z.strictObject({ ...paging, status: StatusSchema.optional(), keyword: z.string().max(100).optional() }),
      data: pageOf(Device),
      handle: async ({ query }) => {
        const where: WhereOptions<DeviceRow> = {
          deletedAt: null,
          ...(query.status === undefined
            ? {}
            : query.status === 'DISABLED'
              ? { disabled: true }
              : { disabled: false, online: query.status === 'ONLINE' }),
          ...(query.keyword ? await called(db, query.keyword) : {}),
        }
        const found = await rows(devices, { where, ...limitOffset(query), order: [['id', 'ASC']] })
        return {
          items: await views(deps, found),
          page: query.page,
          size: query.size,
          total: await devices.count({ where }),
        }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/devices/{id}',
      summary: 'One device',
      tag: 'devices',
      role: 'viewer',
      params: IdParams,
      data: Device,
      handle: async ({ params }) => await oneView(deps, params.id),
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
      handle: async ({ params, query }) => {
        await existing(db, params.id)
        const where = { deviceId: params.id }
        const found = await rows(deviceEvents, { where, ...limitOffset(query), order: [['id', 'DESC']] })
        const items = found.map(({ id, type, data, at }) => ({ id, type, data, at: time.format(at) }))
        return { items, page: query.page, size: query.size, total: await deviceEvents.count({ where }) }
      },
    }),
  ]
}

function changeRoutes(deps: DeviceRoutesDeps): Route[] {
  const { db, clock, sessions, events } = deps
  const { devices, deviceEvents } = db.models
  const switched = (verb: 'disable' | 'enable', disabled: boolean): Route =>
    defineRoute({
      method: 'post',
      path: `/devices/{id}/${verb}`,
      stateOf: '/devices/{id}',
      summary: disabled ? 'Refuse the device from now on and end its stream' : 'Let the device connect again',
      tag: 'devices',
      role: 'operator',
      params: IdParams,
      data: Device,
      handle: async ({ params, caller }) => {
        const device = await existing(db, params.id)
        const now = { ...device, disabled, ...(disabled ? { online: false } : {}) }
        await db.write(async (tx) => {
          await devices.update({ disabled, online: now.online }, { where: { id: device.id }, transaction: tx })
          await insert(
            deviceEvents,
            {
              deviceId: device.id,
              type: disabled ? 'DISABLED' : 'ENABLED',
              data: { by: caller.username },
              at: clock.now().getTime(),
            },
            tx,
          )
          await events.append(tx, [{ type: 'device.updated', refId: device.id, status: deviceStatus(now) }])
        })
        if (disabled) sessions.disconnect(device.id, 'disabled by an operator')
        return await oneView(deps, device.id)
      },
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
      data: Device,
      handle: async ({ params, body }) => {
        const device = await existing(db, params.id)
        await db.write(async (tx) => {
          await devices.update({ name: body.name }, { where: { id: device.id }, transaction: tx })
          await events.append(tx, [{ type: 'device.updated', refId: device.id, status: deviceStatus(device) }])
        })
        return await oneView(deps, params.id)
      },
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
        const device = await existing(db, params.id)
        await removeDevice(deps, device.id)
        return null
      },
    }),
  ]
}

/** Devices with the text in their name or in the WeChat id or nickname of their account. */
async function called(db: Database, keyword: string): Promise<{ [Op.or]: readonly object[] }> {
  const accounts = await rows(db.models.accounts, {
    where: contains(['wechat_id', 'nickname'], keyword) as WhereOptions<AccountRow>,
    attributes: ['id'],
  })
  const byName = contains(['name'], keyword)[Op.or]
  return { [Op.or]: [...byName, { accountId: accounts.map((account) => account.id) }] }
}

async function existing(db: Database, id: number): Promise<DeviceRow> {
  const device = await row(db.models.devices, { where: { id, deletedAt: null } })
  if (!device) throw notFound('device', id)
  return device
}

const oneView = async (deps: DeviceRoutesDeps, id: number) => {
  const [view] = await views(deps, [await existing(deps.db, id)])
  if (!view) throw notFound('device', id)
  return view
}

async function views({ db, time, sessions }: DeviceRoutesDeps, found: readonly DeviceRow[]) {
  const accountIds = found.flatMap((device) => device.accountId ?? [])
  const accounts = await rows(db.models.accounts, { where: { id: accountIds } })
  const wechatIds = new Map(accounts.map((account) => [account.id, account.wechatId]))
  return found.map((device) => ({
    id: device.id,
    name: device.name,
    type: device.type,
    status: deviceStatus(device),
    wechatId: wechatIds.get(device.accountId ?? 0) ?? null,
    accountId: device.accountId,
    model: device.model,
    appVersion: device.appVersion,
    agentVersion: device.agentVersion,
    // The row says when the phone came or went; what it says in between is too often to be written.
    lastSeenAt: time.format(sessions.heardAt(device.id) ?? device.lastSeenAt),
  }))
}
