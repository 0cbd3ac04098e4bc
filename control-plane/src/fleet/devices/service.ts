import { Op } from 'sequelize'
import { pageOfRows, type Page, type PageNumber } from '../../infra/database/page.ts'
import { dropOld } from '../../infra/database/retention.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { contains, insert, row, rows, type Where } from '../../infra/database/table.ts'
import type { DeviceEventRow, DeviceRow, DeviceStatus } from '../../infra/database/tables/devices.ts'
import { notFound } from '../../infra/errors.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'
import type { DeviceDirectory } from '../../ports.ts'
import { makeEnrolmentCode, type EnrolmentCodesDeps, type EnrolmentOrder } from './enrolment-codes.ts'
import { commandsOf, type CapabilityView } from './custom-commands.ts'
import { removeDevice, type RemovalDeps } from './removal.ts'
import { deviceStatus } from './status.ts'

const EVENTS_KEPT_MS = 90 * 24 * 60 * 60 * 1000

export interface DevicesDeps extends EnrolmentCodesDeps, RemovalDeps {
  readonly tables: Pick<Tables, 'devices' | 'deviceCommands' | 'deviceEvents' | 'enrolmentCodes'>
  readonly time: WorkspaceTime
  readonly directory: Pick<DeviceDirectory, 'heardAt'>
}

export interface DeviceFilter {
  readonly status?: DeviceStatus | undefined
  /** In the device's name, or in the WeChat id or nickname of its account. */
  readonly keyword?: string | undefined
}

/** A device as the API shows it. */
export type DeviceView = Pick<
  DeviceRow,
  'id' | 'name' | 'type' | 'accountId' | 'model' | 'appVersion' | 'agentVersion'
> & { readonly status: DeviceStatus; readonly wechatId: string | null; readonly lastSeenAt: string | null }

/** One device, with the custom commands its agent registered last. */
export interface DeviceDetail extends DeviceView {
  readonly capabilities: CapabilityView[]
}

/** What happened to a device, as the API shows it. */
export type DeviceEventView = Pick<DeviceEventRow, 'id' | 'type' | 'data'> & { readonly at: string }

/** The phones and their history. One that was deleted is in no answer. */
export class Devices {
  readonly #deps: DevicesDeps

  constructor(deps: DevicesDeps) {
    this.#deps = deps
  }

  /** Drops old history of devices; answers whether there may be more. */
  trim(): Promise<boolean> {
    return dropOld(this.#deps, this.#deps.tables.deviceEvents, { column: 'at', keptMs: EVENTS_KEPT_MS })()
  }

  /** Makes a one-time code with which an agent becomes a device. */
  async enrolmentCode(order: EnrolmentOrder): Promise<{ code: string; expiresAt: string }> {
    const { code, expiresAt } = await makeEnrolmentCode(this.#deps, order)
    return { code, expiresAt: this.#deps.time.format(expiresAt) }
  }

  /** Devices that fit, oldest first. */
  async list({ status, keyword }: DeviceFilter, page: PageNumber): Promise<Page<DeviceView>> {
    const where: Where<DeviceRow> = {
      deletedAt: null,
      ...(status === undefined
        ? {}
        : status === 'DISABLED'
          ? { disabled: true }
          : { disabled: false, online: status === 'ONLINE' }),
      ...(keyword ? await this.#called(keyword) : {}),
    }
    const found = await pageOfRows(this.#deps.db.models.devices, { where, order: [['id', 'ASC']] }, page)
    return { ...found, items: await this.#views(found.items) }
  }

  /** Throws NOT_FOUND. */
  async get(id: number): Promise<DeviceDetail> {
    const [view] = await this.#views([await this.#existing(id)])
    if (!view) throw notFound('device', id)
    return { ...view, capabilities: await commandsOf(this.#deps.db, id) }
  }

  /** What happened to a device, newest first. Throws NOT_FOUND. */
  async history(deviceId: number, page: PageNumber): Promise<Page<DeviceEventView>> {
    const { db, time } = this.#deps
    await this.#existing(deviceId)
    const found = await pageOfRows(db.models.deviceEvents, { where: { deviceId }, order: [['id', 'DESC']] }, page)
    const items = found.items.map(({ id, type, data, at }) => ({ id, type, data, at: time.format(at) }))
    return { ...found, items }
  }

  /** Throws NOT_FOUND. */
  async rename(id: number, name: string): Promise<DeviceDetail> {
    const { db, tables, events } = this.#deps
    const device = await this.#existing(id)
    await db.write(async (tx) => {
      await tables.devices.update({ name }, { where: { id }, transaction: tx })
      await events.append(tx, [{ type: 'device.updated', refId: id, status: deviceStatus(device) }])
    })
    return await this.get(id)
  }

  /**
   * Refuses the device from now on and ends its stream, or lets it connect again. Throws NOT_FOUND.
   * @param by name of the user
   */
  async setDisabled(id: number, disabled: boolean, by: string): Promise<DeviceDetail> {
    const { db, tables, clock, events, bus } = this.#deps
    const device = await this.#existing(id)
    const online = disabled ? false : device.online
    const event = { deviceId: id, type: disabled ? 'DISABLED' : 'ENABLED', data: { by }, at: clock.now().getTime() }
    await db.write(async (tx) => {
      await tables.devices.update({ disabled, online }, { where: { id }, transaction: tx })
      await insert(tables.deviceEvents, event, tx)
      await events.append(tx, [{ type: 'device.updated', refId: id, status: deviceStatus({ disabled, online }) }])
    })
    if (disabled) await bus.disconnect(id, 'disabled by an operator')
    return await this.get(id)
  }

  /** Revokes the device for good, and ends what it had to do. Throws NOT_FOUND. */
  async remove(id: number): Promise<void> {
    await this.#existing(id)
    await removeDevice(this.#deps, id)
  }

  async #called(keyword: string): Promise<{ [Op.or]: readonly Where<DeviceRow>[] }> {
    const accounts = await rows(this.#deps.db.models.accounts, {
      where: contains(['wechat_id', 'nickname'], keyword),
      attributes: ['id'],
    })
    const byName = contains(['name'], keyword)[Op.or]
    return { [Op.or]: [...byName, { accountId: accounts.map((account) => account.id) }] }
  }

  async #existing(id: number): Promise<DeviceRow> {
    const device = await row(this.#deps.db.models.devices, { where: { id, deletedAt: null } })
    if (!device) throw notFound('device', id)
    return device
  }

  async #views(found: readonly DeviceRow[]): Promise<DeviceView[]> {
    const { db, time, directory } = this.#deps
    const accountIds = found.flatMap((device) => device.accountId ?? [])
    const accounts = await rows(db.models.accounts, { where: { id: accountIds } })
    const wechatIds = new Map(accounts.map((account) => [account.id, account.wechatId]))
    const heardAt = await Promise.all(found.map(({ id }) => directory.heardAt(id)))
    return found.map((device, at) => ({
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
      lastSeenAt: time.format(heardAt[at] ?? device.lastSeenAt),
    }))
  }
}
