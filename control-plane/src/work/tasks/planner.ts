import {
  Command,
  EffectClass as WireEffectClass,
  Visibility,
  type CommandPayload,
  type ErrorCode,
  type MaterialRef,
  type MessagePart,
  type Receiver,
} from '@muster/proto'
import type { EffectClass } from '../../infra/database/tables/commands.ts'
import type { ItemAction, ItemStatus } from '../../infra/database/tables/tasks.ts'
import type {
  ItemPayload,
  MaterialSnapshot,
  MessageParams,
  MomentsParams,
  ReceiverSnapshot,
  TaskParams,
} from './params.ts'

// From what a task is to do to commands: data in, data out.

const SECOND = 1000
const MINUTE = 60 * SECOND
export const LEASE_MS = MINUTE
/** How long one item may take on a phone, generously. */
const ITEM_MS = MINUTE
const SYNC_MS = 60 * MINUTE
const MOMENT_MS = 10 * MINUTE
/** Longest time a phone's timer takes; a longer one would end at once. */
const LONGEST_RUN_MS = 2 ** 31 - 1
/** A batch with more to say is written as several commands: none may come near what one message to a phone takes. */
const MOST_BATCH_BYTES = 1024 * 1024
/** What an item weighs beside its text: the receiver's names, and each picture's reference. */
const ITEM_BYTES = 1500
const PICTURE_BYTES = 200

/** An item that waits for its command. */
export interface PlannableItem {
  readonly id: number
  readonly deviceId: number
  readonly accountId: number | null
  readonly status: ItemStatus
  readonly action: ItemAction
  readonly payload: ItemPayload
}

export interface PlannedCommand {
  readonly deviceId: number
  readonly accountId: number | null
  readonly kind: CommandPayload['$case']
  readonly effectClass: EffectClass
  readonly itemIds: readonly number[]
  readonly payload: CommandPayload
  readonly maxRunMs: number
  /** Place in the device's chain; 0 begins at once, each later one when the one before has ended. */
  readonly position: number
  /** Pause after the one before it. */
  readonly pauseMs: number
}

/** An item there is nothing to build a command from, and why. */
export interface UnplannedItem {
  readonly itemId: number
  readonly code: ErrorCode
  readonly reason: string
}

export interface Plan {
  readonly commands: readonly PlannedCommand[]
  readonly unplanned: readonly UnplannedItem[]
}

/** Cuts the items of a task into commands: one for a batch of receivers, one for everything else. */
export function planCommands(
  params: TaskParams,
  items: readonly PlannableItem[],
  minIntervalMs: (accountId: number | null) => number,
): Plan {
  const unplanned = items.flatMap((item) => {
    const why = unplannable(params, item)
    return why ? [{ itemId: item.id, ...why }] : []
  })
  const left = new Set(unplanned.map(({ itemId }) => itemId))
  const byDevice = Map.groupBy(
    items.filter((item) => !left.has(item.id)),
    (item) => item.deviceId,
  )
  const commands = [...byDevice.values()].flatMap((mine) => {
    if (params.kind === 'MESSAGE') return planMessages(params, mine, minIntervalMs(mine[0]?.accountId ?? null))
    return mine.map((item) => planSingle(params, item))
  })
  return { commands, unplanned }
}

/** Whether a task only reads. */
export const effectClassOf = (params: TaskParams): EffectClass =>
  params.kind === 'MOMENTS' || params.kind === 'MESSAGE' ? 'ONCE' : 'READ'

/** Why no command can be built for an item; undefined when one can. */
export function unplannable(
  params: TaskParams,
  item: Pick<PlannableItem, 'accountId' | 'payload'>,
): { code: ErrorCode; reason: string } | undefined {
  if (params.kind === 'MESSAGE') {
    const textless = item.payload.action === 'SEND' && !item.payload.text
    const empty = textless && (params.template.type !== 'IMAGE' || params.template.materials.length === 0)
    return empty ? { code: 'MISSING_VARIABLE', reason: 'there is no text to send to this receiver' } : undefined
  }
  if (params.kind !== 'MOMENTS' || item.payload.action !== 'PUBLISH') return undefined
  const { visibleTo } = params
  if (visibleTo !== 'INCLUDE' && visibleTo !== 'EXCLUDE') return undefined
  if (item.accountId === null) {
    const reason = `the device has shown no account yet, so nobody knows who may see it; visibleTo is ${visibleTo}`
    return { code: 'CONTACT_NOT_FOUND', reason }
  }
  if (visibleTo === 'EXCLUDE' || audienceOf(params, item).length > 0) return undefined
  return { code: 'CONTACT_NOT_FOUND', reason: `account ${item.accountId} has none of the customers who may see it` }
}

function planMessages(params: MessageParams, items: readonly PlannableItem[], floorMs: number): PlannedCommand[] {
  const intervalMs = Math.max(params.intervalSeconds * SECOND, floorMs)
  const commands: PlannedCommand[] = []
  for (const { batch, continued } of batchesOf(params, items)) {
    const [head] = batch
    if (!head) continue
    commands.push({
      deviceId: head.deviceId,
      accountId: head.accountId,
      kind: 'sendMessages',
      effectClass: 'ONCE',
      itemIds: batch.map((item) => item.id),
      payload: {
        $case: 'sendMessages',
        value: {
          items: batch.map((item) => messageItem(params, item)),
          pace: { intervalMs, jitterMs: Math.round(intervalMs / 5) },
        },
      },
      maxRunMs: Math.min(batch.length * (ITEM_MS + 2 * intervalMs), LONGEST_RUN_MS),
      position: commands.length,
      // A batch of its own is no way around the pace.
      pauseMs:
        commands.length === 0 ? 0 : continued ? intervalMs : Math.max(params.batchPauseSeconds * SECOND, intervalMs),
    })
  }
  return commands
}

/** Batches as the operator wants them, cut where one grows too large; `continued` is what such a cut goes on with. */
function* batchesOf(
  { batchSize, template }: MessageParams,
  items: readonly PlannableItem[],
): Generator<{ batch: readonly PlannableItem[]; continued: boolean }> {
  for (let first = 0; first < items.length; first += batchSize) {
    let batch: PlannableItem[] = []
    let bytes = 0
    let continued = false
    for (const item of items.slice(first, first + batchSize)) {
      const text = item.payload.action === 'SEND' ? (item.payload.text ?? '') : ''
      const size = ITEM_BYTES + template.materials.length * PICTURE_BYTES + Buffer.byteLength(text)
      if (batch.length > 0 && bytes + size > MOST_BATCH_BYTES) {
        yield { batch, continued }
        continued = true
        batch = []
        bytes = 0
      }
      batch.push(item)
      bytes += size
    }
    yield { batch, continued }
  }
}

function messageItem(params: MessageParams, item: PlannableItem) {
  if (item.payload.action !== 'SEND') throw new Error(`item ${item.id} of a message task is a ${item.payload.action}`)
  const parts: MessagePart[] = params.template.materials.map((material) => ({
    part: { $case: 'image', value: materialRef(material) },
  }))
  if (item.payload.text) parts.unshift({ part: { $case: 'text', value: item.payload.text } })
  return { itemId: String(item.id), receiver: receiver(item.payload.receiver), parts }
}

function planSingle(params: TaskParams, item: PlannableItem): PlannedCommand {
  const { payload, effectClass, maxRunMs } = single(params, item)
  const { deviceId, accountId } = item
  return {
    deviceId,
    accountId,
    kind: payload.$case,
    effectClass,
    itemIds: [item.id],
    payload,
    maxRunMs,
    position: 0,
    pauseMs: 0,
  }
}

function single(
  params: TaskParams,
  item: PlannableItem,
): { payload: CommandPayload; effectClass: EffectClass; maxRunMs: number } {
  const itemId = String(item.id)
  const what = item.payload
  if (what.action === 'SYNC_CONTACTS') {
    return { payload: { $case: 'syncContacts', value: { itemId } }, effectClass: 'READ', maxRunMs: SYNC_MS }
  }
  if (what.action === 'SYNC_GROUPS') {
    return {
      payload: { $case: 'syncGroups', value: { itemId, withMembers: true } },
      effectClass: 'READ',
      maxRunMs: SYNC_MS,
    }
  }
  if (params.kind !== 'MOMENTS') throw new Error(`item ${item.id}: a ${params.kind} task has no ${what.action}`)
  if (what.action === 'PUBLISH') {
    return {
      payload: { $case: 'publishMoment', value: moment(params, item) },
      effectClass: 'ONCE',
      maxRunMs: MOMENT_MS,
    }
  }
  if (what.action === 'SEND') throw new Error(`item ${item.id}: a Moments task has no SEND`)
  const target = { author: receiver(what.author), text: params.content, pictures: params.images.length }
  return what.action === 'LIKE'
    ? { payload: { $case: 'likeMoment', value: { itemId, moment: target } }, effectClass: 'ONCE', maxRunMs: MOMENT_MS }
    : {
        payload: { $case: 'commentMoment', value: { itemId, moment: target, text: what.text } },
        effectClass: 'ONCE',
        maxRunMs: MOMENT_MS,
      }
}

const moment = (params: MomentsParams, item: PlannableItem) => {
  const audience = audienceOf(params, item).map(receiver)
  // Nobody of this account is kept from seeing it.
  const all = params.visibleTo === 'EXCLUDE' && audience.length === 0
  return {
    itemId: String(item.id),
    text: params.content,
    images: params.images.map(materialRef),
    visibility: Visibility[all ? 'ALL' : params.visibleTo],
    audience,
  }
}

const audienceOf = (params: MomentsParams, item: Pick<PlannableItem, 'accountId'>): readonly ReceiverSnapshot[] =>
  params.audience[String(item.accountId)] ?? []

const materialRef = ({ materialId, sha256, mimeType, size }: MaterialSnapshot): MaterialRef => ({
  materialId,
  sha256,
  mimeType,
  size,
})
const receiver = (snapshot: ReceiverSnapshot): Receiver => ({ ...snapshot })

/** The bytes kept in the command's row; the gateway adds what belongs to one delivery. */
export function encodeCommand(commandId: string, taskId: number, planned: PlannedCommand): Uint8Array {
  return Command.encode({
    commandId,
    taskId,
    attempt: 0,
    deliverWithinMs: 0,
    leaseMs: LEASE_MS,
    maxRunMs: planned.maxRunMs,
    effectClass: WireEffectClass[planned.effectClass],
    traceparent: '',
    accountWechatId: '',
    payload: planned.payload,
  }).finish()
}

/** A customer that could get a message, with the device of its account. */
export interface Candidate {
  readonly id: number
  readonly wechatId: string | null
  readonly deviceId: number
  readonly lastSentAt: number | null
}

/**
 * One send per person: where several accounts know the same WeChat id, the one that wrote to it last does, else the
 * device with the least to do.
 */
export function oneDevicePerPerson<C extends Candidate>(candidates: readonly C[]): C[] {
  const load = new Map<number, number>()
  const people = Map.groupBy(candidates, (candidate) => candidate.wechatId ?? `customer ${candidate.id}`)
  return [...people.values()].flatMap((same) => {
    const [first, ...others] = same
    if (!first) return []
    const chosen = others.reduce((best, other) => (better(other, best, load) ? other : best), first)
    load.set(chosen.deviceId, (load.get(chosen.deviceId) ?? 0) + 1)
    return [chosen]
  })
}

function better(one: Candidate, other: Candidate, load: ReadonlyMap<number, number>): boolean {
  const [a, b] = [one.lastSentAt ?? 0, other.lastSentAt ?? 0]
  return a === b ? (load.get(one.deviceId) ?? 0) < (load.get(other.deviceId) ?? 0) : a > b
}
