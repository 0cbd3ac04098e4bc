import type { ItemRow } from '../../../infra/database/tables/tasks.ts'
import type { MomentsParams, ReceiverSnapshot } from '../params.ts'
import { newItem } from '../store.ts'

/** Likes and comments of the other listed devices on each published Moment; never of its author. */
export function reactions(
  params: Pick<MomentsParams, 'autoLike' | 'autoComment' | 'commentTexts'>,
  items: readonly ItemRow[],
  authors: ReadonlyMap<number, ReceiverSnapshot>,
): Omit<ItemRow, 'id'>[] {
  // Every phone looks at every other one: not for nothing.
  if (!params.autoLike && !params.autoComment) return []
  const made: Omit<ItemRow, 'id'>[] = []
  for (const [at, post] of items.entries()) {
    const author = authors.get(post.accountId ?? 0)
    if (!author) continue
    const like = JSON.stringify({ action: 'LIKE', author })
    const comments = params.commentTexts.map((text) => JSON.stringify({ action: 'COMMENT', author, text }))
    for (const [otherAt, { deviceId, accountId }] of items.entries()) {
      if (deviceId === post.deviceId) continue
      const base = { taskId: 0, deviceId, accountId, receiver: post.receiver, dependsOnItemId: post.id }
      if (params.autoLike) made.push(newItem({ ...base, action: 'LIKE', payload: like }))
      const comment = comments[(at + otherAt) % comments.length]
      if (params.autoComment && comment) made.push(newItem({ ...base, action: 'COMMENT', payload: comment }))
    }
  }
  return made
}
