import type { CustomerRow } from '../../../../infra/database/tables/customers.ts'
import { doNotContact } from '../../../../records/contacts/people.ts'
import type { Database } from '../../../../infra/database/database.ts'
import { inChunks, rows } from '../../../../infra/database/table.ts'
import type { DeviceRow } from '../../../../infra/database/tables/devices.ts'
import { invalid, notFound } from '../../../../infra/errors.ts'
import { draftItem, skippedFor, type ItemDraft } from '../item-draft.ts'
import { personSnapshot, type ReceiverSnapshot } from '../snapshots.ts'
import { oneDevicePerPerson } from './one-device.ts'
import type { MessageParams, MessagePayload } from './params.ts'
import { textFor, type MessageText } from './text.ts'

/** One receiver of a message task, before it is a row. */
interface Draft extends MessageText {
  readonly deviceId: number
  readonly accountId: number
  readonly customerId: number | null
  readonly groupId: number | null
  readonly receiver: ReceiverSnapshot
}

/** Who gets a message, from which device, with which text. */
export class MessageReceivers {
  readonly #db: Database

  constructor(deps: { db: Database }) {
    this.#db = deps.db
  }

  /** Throws NOT_FOUND for ids in the request there are not, INVALID_REQUEST when they name nobody at all. */
  async items(
    params: MessageParams,
    devices: readonly DeviceRow[],
    nowMs: number,
  ): Promise<{ items: ItemDraft[]; warnings: string[] }> {
    const deviceOf = new Map(
      devices.flatMap((device) => (device.accountId === null ? [] : [[device.accountId, device.id] as const])),
    )
    const unseen = devices.filter((device) => device.accountId === null)
    const warnings = unseen.map((device) => `device ${device.id} (${device.name}) has shown no account yet`)
    const { drafts, elsewhere } = await this.#drafts(params, deviceOf)
    const { type } = params.receivers
    if (elsewhere > 0)
      warnings.push(
        `receivers: ${elsewhere} ${type === 'GROUP' ? 'groups' : 'customers'} belong to accounts of no listed device`,
      )
    if (drafts.length === 0) {
      const why = warnings.length > 0 ? `; ${warnings.join('; ')}` : ''
      throw invalid(`receivers: ${type} names nobody whom the listed devices can write to${why}`)
    }
    return { items: drafts.map((draft) => itemOf(draft, nowMs)), warnings }
  }

  async #drafts(
    params: MessageParams,
    deviceOf: ReadonlyMap<number, number>,
  ): Promise<{ drafts: Draft[]; elsewhere: number }> {
    if (params.receivers.type === 'GROUP') return await this.#groups(params, deviceOf)
    const found = await this.#customers(params, [...deviceOf.keys()])
    const reachable = found.flatMap((customer) => {
      const deviceId = deviceOf.get(customer.accountId)
      return deviceId === undefined ? [] : [{ ...customer, deviceId }]
    })
    const optedOut = await doNotContact(this.#db, reachable)
    const drafts = oneDevicePerPerson(reachable).map((customer) => customerDraft(params, customer, optedOut(customer)))
    return { drafts, elsewhere: found.length - reachable.length }
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
    const found = await inChunks([...new Set(wanted)], (id) =>
      rows(customers, { where: { id, deletedAt: null }, order: [['id', 'ASC']] }),
    )
    if (type === 'CUSTOMERS') {
      const known = new Set(found.map((customer) => customer.id))
      const missing = customerIds.find((id) => !known.has(id))
      if (missing !== undefined) throw notFound('receivers.customerIds: customer', missing)
    }
    return found
  }

  async #groups(
    params: MessageParams,
    deviceOf: ReadonlyMap<number, number>,
  ): Promise<{ drafts: Draft[]; elsewhere: number }> {
    const wanted = [...new Set(params.receivers.groupIds)]
    const found = await rows(this.#db.models.groups, { where: { id: wanted } })
    const missing = wanted.find((id) => !found.some((group) => group.id === id))
    if (missing !== undefined) throw notFound('receivers.groupIds: group', missing)
    const drafts = found.flatMap(({ id, accountId, name, memberCount }) => {
      const deviceId = deviceOf.get(accountId)
      if (deviceId === undefined) return []
      const receiver = { wechatId: '', nickname: name, remark: '', isGroup: true, memberCount }
      return [{ deviceId, accountId, customerId: null, groupId: id, receiver, ...textFor(params, receiver) }]
    })
    return { drafts, elsewhere: found.length - drafts.length }
  }
}

/** Has its text whenever it can have one: who is skipped today may get a copy of the task. */
function customerDraft(params: MessageParams, customer: CustomerRow & { deviceId: number }, optedOut: boolean): Draft {
  const receiver = personSnapshot(customer)
  const ids = { deviceId: customer.deviceId, accountId: customer.accountId, customerId: customer.id, groupId: null }
  const rendered = textFor(params, receiver)
  if (!optedOut) return { ...ids, receiver, ...rendered }
  return { ...ids, receiver, text: rendered.text, skip: { code: 'OPTED_OUT', reason: 'the customer opted out' } }
}

const itemOf = ({ skip, receiver, text, ...ids }: Draft, nowMs: number): ItemDraft => {
  const payload: MessagePayload = { action: 'SEND', receiver, text }
  return draftItem({ ...ids, receiver: receiver.remark || receiver.nickname, payload, ...skippedFor(skip, nowMs) })
}
