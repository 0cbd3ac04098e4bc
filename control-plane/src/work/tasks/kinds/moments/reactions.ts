import { draftItem, type DraftWithId, type ItemDraft } from '../item-draft.ts'
import type { ReceiverSnapshot } from '../snapshots.ts'
import type { MomentPayload, MomentsParams } from './params.ts'

/** Likes and comments of the other listed devices on each published Moment; never of its author. */
export function reactions(
  params: Pick<MomentsParams, 'autoLike' | 'autoComment' | 'commentTexts'>,
  items: readonly DraftWithId[],
  authors: ReadonlyMap<number, ReceiverSnapshot>,
): ItemDraft[] {
  // Every phone looks at every other one: not for nothing.
  if (!params.autoLike && !params.autoComment) return []
  const made: ItemDraft[] = []
  for (const [at, post] of items.entries()) {
    const author = authors.get(post.accountId ?? 0)
    if (!author) continue
    const like: MomentPayload = { action: 'LIKE', author }
    const comments = params.commentTexts.map((text): MomentPayload => ({ action: 'COMMENT', author, text }))
    for (const [otherAt, { deviceId, accountId }] of items.entries()) {
      if (deviceId === post.deviceId) continue
      const base = { deviceId, accountId, receiver: post.receiver, dependsOnItemId: post.id }
      if (params.autoLike) made.push(draftItem({ ...base, payload: like }))
      const comment = comments[(at + otherAt) % comments.length]
      if (params.autoComment && comment) made.push(draftItem({ ...base, payload: comment }))
    }
  }
  return made
}
