import type { MessagePart } from '@muster/proto'
import type { ActionRule, PlannableItem, PlannedCommand, SkipReason } from '../kind.ts'
import { materialRef, receiverRef } from '../snapshots.ts'
import type { MessageParams, MessagePayload } from './params.ts'

const SECOND_MS = 1000
/** Longest time a phone's timer takes; a longer one would end at once. */
const LONGEST_RUN_MS = 2 ** 31 - 1
/** A batch with more to say is written as several commands: none may come near what one message to a phone takes. */
const MOST_BATCH_BYTES = 1024 * 1024
/** Size of an item beside its text: the receiver's names, and each picture's reference. */
const ITEM_BYTES = 1500
const PICTURE_BYTES = 200

type MessageItem = PlannableItem<MessagePayload>

export const SEND: ActionRule = {
  cap: 'messages',
  toPeople: true,
  showsLook: false,
  effectClass: 'ONCE',
  expectedMs: 5 * SECOND_MS,
  longestMs: 60 * SECOND_MS,
}

/** One command for each batch of receivers, one after the other. */
export function planMessages(params: MessageParams, items: readonly MessageItem[], floorMs: number): PlannedCommand[] {
  const intervalMs = Math.max(params.intervalSeconds * SECOND_MS, floorMs)
  const jitterMs = Math.round(intervalMs / 5)
  const commands: PlannedCommand[] = []
  for (const { batch, continued } of batchesOf(params, items)) {
    const [head] = batch
    if (!head) continue
    commands.push({
      deviceId: head.deviceId,
      accountId: head.accountId,
      kind: 'sendMessages',
      effectClass: SEND.effectClass,
      itemIds: batch.map((item) => item.id),
      payload: {
        $case: 'sendMessages',
        value: { items: batch.map((item) => messageItem(params, item)), pace: { intervalMs, jitterMs } },
      },
      maxRunMs: Math.min(batch.length * (SEND.longestMs + 2 * intervalMs), LONGEST_RUN_MS),
      position: commands.length,
      // A batch of its own is no way around the pace.
      pauseMs:
        commands.length === 0 ? 0 : continued ? intervalMs : Math.max(params.batchPauseSeconds * SECOND_MS, intervalMs),
      itemPauseMs: intervalMs + jitterMs / 2,
    })
  }
  return commands
}

/** Where there is neither text nor picture. */
export function withoutContent(
  { template }: MessageParams,
  { payload }: Pick<MessageItem, 'payload'>,
): SkipReason | undefined {
  const empty = !payload.text && (template.type !== 'IMAGE' || template.materials.length === 0)
  return empty ? { code: 'MISSING_VARIABLE', reason: 'there is no text to send to this receiver' } : undefined
}

/** Batches as the operator wants them, cut where one grows too large; `continued` is what such a cut goes on with. */
function* batchesOf(
  { batchSize, template }: MessageParams,
  items: readonly MessageItem[],
): Generator<{ batch: readonly MessageItem[]; continued: boolean }> {
  for (let first = 0; first < items.length; first += batchSize) {
    let batch: MessageItem[] = []
    let bytes = 0
    let continued = false
    for (const item of items.slice(first, first + batchSize)) {
      const pictures = template.materials.length * PICTURE_BYTES
      const size = ITEM_BYTES + pictures + Buffer.byteLength(item.payload.text ?? '')
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

function messageItem({ template }: MessageParams, { id, payload }: MessageItem) {
  const parts: MessagePart[] = template.materials.map((material) => ({
    part: { $case: 'image', value: materialRef(material) },
  }))
  if (payload.text) parts.unshift({ part: { $case: 'text', value: payload.text } })
  return { itemId: String(id), receiver: receiverRef(payload.receiver), parts }
}
