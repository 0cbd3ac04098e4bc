import { Visibility, type CommandPayload } from '@muster/proto'
import { singleCommand, type ActionRule, type PlannableItem, type PlannedCommand, type SkipReason } from '../kind.ts'
import { materialRef, receiverRef } from '../snapshots.ts'
import { audienceOf, isForSome, type MomentPayload, type MomentsParams } from './params.ts'

const SECOND_MS = 1000
const LONGEST_MS = 10 * 60 * SECOND_MS

type MomentItem = PlannableItem<MomentPayload>

const REACTION = { toPeople: false, showsLook: false, effectClass: 'ONCE', longestMs: LONGEST_MS } as const
export const ACTIONS: { readonly [A in MomentPayload['action']]: ActionRule } = {
  PUBLISH: { ...REACTION, cap: 'posts', showsLook: true, expectedMs: 60 * SECOND_MS },
  LIKE: { ...REACTION, cap: 'likes', expectedMs: 30 * SECOND_MS },
  COMMENT: { ...REACTION, cap: 'comments', expectedMs: 30 * SECOND_MS },
}

/** One command for each Moment, like and comment. */
export const planMoments = (params: MomentsParams, items: readonly MomentItem[]): PlannedCommand[] =>
  items.map((item) => singleCommand(item, ACTIONS[item.payload.action], commandOf(params, item)))

/** Where nobody of the account may see it, or nobody can know who. */
export function withoutAudience(
  params: MomentsParams,
  { accountId, payload }: Pick<MomentItem, 'accountId' | 'payload'>,
): SkipReason | undefined {
  const { visibleTo } = params
  if (payload.action !== 'PUBLISH' || !isForSome(visibleTo)) return undefined
  if (accountId === null) {
    const reason = `the device has shown no account yet, so nobody knows who may see it; visibleTo is ${visibleTo}`
    return { code: 'CONTACT_NOT_FOUND', reason }
  }
  if (visibleTo === 'EXCLUDE' || audienceOf(params, accountId).length > 0) return undefined
  return { code: 'CONTACT_NOT_FOUND', reason: `account ${accountId} has none of the customers who may see it` }
}

function commandOf(params: MomentsParams, { id, accountId, payload }: MomentItem): CommandPayload {
  const itemId = String(id)
  const momentOf = (author: Parameters<typeof receiverRef>[0]) => ({
    author: receiverRef(author),
    text: params.content,
    pictures: params.images.length,
  })
  switch (payload.action) {
    case 'PUBLISH':
      return { $case: 'publishMoment', value: { itemId, ...publication(params, accountId) } }
    case 'LIKE':
      return { $case: 'likeMoment', value: { itemId, moment: momentOf(payload.author) } }
    case 'COMMENT':
      return { $case: 'commentMoment', value: { itemId, moment: momentOf(payload.author), text: payload.text } }
    default:
      return payload satisfies never
  }
}

function publication(params: MomentsParams, accountId: number | null) {
  const audience = audienceOf(params, accountId).map(receiverRef)
  // Nobody of this account is kept from seeing it.
  const all = params.visibleTo === 'EXCLUDE' && audience.length === 0
  return {
    text: params.content,
    images: params.images.map(materialRef),
    visibility: Visibility[all ? 'ALL' : params.visibleTo],
    audience,
  }
}
