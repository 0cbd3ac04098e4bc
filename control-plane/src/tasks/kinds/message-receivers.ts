import type { ErrorCode } from '@muster/proto'
import { Op } from 'sequelize'
import type { CustomerRow } from '../../contacts/model.ts'
import type { Database } from '../../database/database.ts'
import { rows } from '../../database/table.ts'
import type { DeviceRow } from '../../devices/model.ts'
import { notFound } from '../../errors.ts'
import type { Policy } from '../../policy/service.ts'
import { renderTemplate } from '../../templates/render.ts'
import type { ItemRow } from '../model.ts'
import type { MessageParams, ReceiverSnapshot } from '../params.ts'
import { oneDevicePerPerson } from '../planner.ts'
import { newItem } from '../store.ts'

const CHUNK = 1000

/** One receiver of a message task, before it is a row. */
export interface Draft {
  readonly deviceId: number
  readonly accountId: number
  readonly customerId: number | null
  readonly groupId: number | null
  readonly receiver: ReceiverSnapshot
  readonly text: string | null
  readonly skip: { readonly code: ErrorCode; readonly reason: string } | undefined
}

/** Who gets a message, from which device, with which text. */
export class MessageReceivers {
  readonly #db: Database
  readonly #policy: Policy

  constructor(deps: { db: Database; policy: Policy }) {
    this.#db = deps.db
    this.#policy = deps.policy
  }

  /** Throws NOT_FOUND for ids in the request there are not. */
  async draft(params: MessageParams, devices: readonly DeviceRow[]): Promise<{ drafts: Draft[]; warnings: string[] }> {
    const deviceOf = new Map(
      devices.flatMap((device) => (device.accountId === null ? [] : [[device.accountId, device.id] as const])),
    )
    const warnings = devices
      .filter((device) => device.accountId === null)
      .map((device) => `device ${device.id} (${device.name}) has shown no account yet`)
    if (params.receivers.type === 'GROUP') return { drafts: await this.#groups(params, deviceOf), warnings }
    const found = await this.#customers(params, [...deviceOf.keys()])
    const reachable = found.flatMap((customer) => {
      const deviceId = deviceOf.get(customer.accountId)
      return deviceId === undefined ? [] : [{ ...customer, deviceId }]
    })
    if (found.length > reachable.length)
      warnings.push(`${found.length - reachable.length} customers belong to accounts of no listed device`)
    const drafts = oneDevicePerPerson(reachable).map((customer) => customerDraft(params, customer))
    if (drafts.length === 0) warnings.push('no receiver fits; the task will do nothing')
    return { drafts, warnings }
  }

  items(taskId: number, drafts: readonly Draft[], now: number): Omit<ItemRow, 'id'>[] {
    return drafts.map(({ skip, receiver, text, ...ids }) =>
      newItem({
        taskId,
        ...ids,
        action: 'SEND',
        receiver: receiver.remark || receiver.nickname,
        payload: JSON.stringify({ action: 'SEND', receiver, text }),
        ...(skip ? { status: 'SKIPPED' as const, code: skip.code, reason: skip.reason, finishedAt: now } : {}),
      }),
    )
  }

  /** What the caps of today would skip, were the task to run now. */
  async judge(drafts: readonly Draft[]): Promise<Draft[]> {
    const left = new Map<number, number>()
    for (const accountId of new Set(drafts.map((draft) => draft.accountId))) {
      const [account] = await rows(this.#db.models.accounts, { where: { id: accountId } })
      if (account)
        left.set(accountId, this.#policy.capsOf(account).messages - (await this.#policy.usedToday(accountId)).messages)
    }
    return drafts.map((draft) => {
      if (draft.skip) return draft
      const remaining = left.get(draft.accountId) ?? 0
      left.set(draft.accountId, remaining - 1)
      return remaining > 0
        ? draft
        : { ...draft, skip: { code: 'BUDGET_SPENT', reason: `account ${draft.accountId} has done all it may today` } }
    })
  }

  async floorMs(accountIds: readonly number[]): Promise<number> {
    const found = await rows(this.#db.models.accounts, { where: { id: [...new Set(accountIds)] } })
    return Math.max(0, ...found.map((account) => this.#policy.rulesOf(account).minIntervalMs))
  }

  async #customers(params: MessageParams, accountIds: readonly number[]): Promise<CustomerRow[]> {
    const { customers, customerTags, tags } = this.#db.models
    const { type, tagIds, customerIds } = params.receivers
    if (type === 'ALL')
      return await rows(customers, { where: { accountId: [...accountIds], deletedAt: null }, order: [['id', 'ASC']] })
    if (type === 'TAG') {
      const known = await rows(tags, { where: { id: [...tagIds] } })
      const missing = tagIds.find((id) => !known.some((tag) => tag.id === id))
      if (missing !== undefined) throw notFound('receivers.tagIds: tag', missing)
    }
    const wanted =
      type === 'TAG'
        ? (await rows(customerTags, { where: { tagId: [...tagIds] } })).map((link) => link.customerId)
        : customerIds
    const found = await this.#byId([...new Set(wanted)])
    if (type === 'CUSTOMERS') {
      const known = new Set(found.map((customer) => customer.id))
      const missing = customerIds.find((id) => !known.has(id))
      if (missing !== undefined) throw notFound('receivers.customerIds: customer', missing)
    }
    return found
  }

  async #byId(ids: readonly number[]): Promise<CustomerRow[]> {
    const found: CustomerRow[] = []
    for (let first = 0; first < ids.length; first += CHUNK) {
      const where = { id: { [Op.in]: ids.slice(first, first + CHUNK) }, deletedAt: null }
      found.push(...(await rows(this.#db.models.customers, { where, order: [['id', 'ASC']] })))
    }
    return found
  }

  async #groups(params: MessageParams, deviceOf: ReadonlyMap<number, number>): Promise<Draft[]> {
    const wanted = [...new Set(params.receivers.groupIds)]
    const found = await rows(this.#db.models.groups, { where: { id: wanted } })
    return wanted.flatMap((id) => {
      const group = found.find((one) => one.id === id)
      if (!group) throw notFound('receivers.groupIds: group', id)
      const deviceId = deviceOf.get(group.accountId)
      if (deviceId === undefined) return []
      const receiver = { wechatId: '', nickname: group.name, remark: '', isGroup: true, memberCount: group.memberCount }
      const ids = { deviceId, accountId: group.accountId, customerId: null, groupId: id }
      return [{ ...ids, receiver, ...textFor(params, { groupName: group.name }) }]
    })
  }
}

function customerDraft(params: MessageParams, customer: CustomerRow & { deviceId: number }): Draft {
  const { wechatId, nickname, remark } = customer
  const receiver = { wechatId: wechatId ?? '', nickname, remark, isGroup: false, memberCount: 0 }
  const ids = { deviceId: customer.deviceId, accountId: customer.accountId, customerId: customer.id, groupId: null }
  if (customer.optOut)
    return { ...ids, receiver, text: null, skip: { code: 'OPTED_OUT', reason: 'the customer opted out' } }
  return { ...ids, receiver, ...textFor(params, { nickname, remark }) }
}

function textFor(params: MessageParams, builtIn: Record<string, string>): Pick<Draft, 'text' | 'skip'> {
  if (params.template.type === 'IMAGE') return { text: null, skip: undefined }
  const rendered = renderTemplate(params.template.content, { ...params.variables, ...builtIn })
  if ('text' in rendered) return { text: rendered.text, skip: undefined }
  return { text: null, skip: { code: 'MISSING_VARIABLE', reason: `no value for ${rendered.missing.join(', ')}` } }
}
