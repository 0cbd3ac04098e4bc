import { z } from 'zod'
import { ids, nonBlankText } from '../../../../http/schemas.ts'
import type { Database } from '../../../../infra/database/database.ts'
import type { DeviceRow } from '../../../../infra/database/tables/devices.ts'
import { invalid } from '../../../../infra/errors.ts'
import { draftItem, skippedFor, type ItemDraft } from '../item-draft.ts'
import type { PrepareContext, Prepared } from '../kind.ts'
import { pictureSnapshots } from '../pictures.ts'
import { readAudience, readAuthors } from './audience.ts'
import { audienceOf, isForSome, VISIBILITIES, type MomentsParams } from './params.ts'
import { withoutAudience } from './planner.ts'
import { reactions } from './reactions.ts'

const MOST_IMAGES = 9
/** As the plane gives it: a path, whatever the plane is called by those who reach it. */
const OWN_PICTURE = /^\/api\/v1\/materials\/([1-9]\d{0,14})\/file$/

export const momentFields = {
  content: z.string().max(2000).default(''),
  images: z
    .array(z.strictObject({ materialId: z.number().int().positive().optional(), url: z.string().max(2000).optional() }))
    .max(MOST_IMAGES, `has more than ${MOST_IMAGES} pictures; WeChat takes at most ${MOST_IMAGES}`)
    .default([]),
  visibleTo: z.enum(VISIBILITIES).default('ALL'),
  tagIds: ids.default([]),
  customerIds: ids.default([]),
  autoLike: z.boolean().default(false),
  autoComment: z.boolean().default(false),
  commentTexts: z.array(nonBlankText(200)).max(50).default([]),
}
export type MomentRequest = z.output<z.ZodObject<typeof momentFields>>

export async function prepareMoment(
  request: MomentRequest,
  { db, devices, nowMs }: PrepareContext,
): Promise<Prepared<MomentsParams>> {
  if (request.content.trim() === '' && request.images.length === 0)
    throw invalid('content: is empty and there are no images; give one of them')
  if (request.autoComment && request.commentTexts.length === 0)
    throw invalid('commentTexts: is empty; autoComment needs at least one text')
  if (request.visibleTo === 'PRIVATE' && (request.autoLike || request.autoComment))
    throw invalid(
      `${request.autoLike ? 'autoLike' : 'autoComment'}: nobody but its author sees a PRIVATE Moment; leave it out`,
    )
  checkAudienceIsUsed(request)
  const params = await paramsOf(db, request, devices)
  const authors = await readAuthors(db, devices)
  const items = devices.map((device) => publishItem(params, device, nowMs))
  const unseen = items.find((item) => item.status === 'SKIPPED')
  if (unseen && items.every((item) => item.status === 'SKIPPED'))
    throw invalid(`tagIds: nobody would publish it: ${unseen.reason}`)
  return {
    name: request.content.slice(0, 50) || 'Moments',
    params,
    items,
    dependents: (made) => reactions(params, made, authors),
    warnings: audienceWarnings(params, items),
  }
}

/** The request that would make the Moment as it is after a change. Those named for an audience go with it, unless named again. */
export function changedMoment(params: MomentsParams, change: Partial<MomentRequest>): MomentRequest {
  const { content, images, visibleTo, tagIds = [], customerIds = [], autoLike, autoComment, commentTexts } = params
  const named = isForSome(change.visibleTo ?? visibleTo) ? { tagIds, customerIds } : { tagIds: [], customerIds: [] }
  const before = { content, images: images.map((image) => ({ materialId: image.materialId })), visibleTo, ...named }
  // Requests are the caller's to change, snapshots are not.
  return structuredClone({ ...before, autoLike, autoComment, commentTexts, ...change }) as MomentRequest
}

function publishItem(params: MomentsParams, device: DeviceRow, nowMs: number): ItemDraft {
  const { id: deviceId, accountId, name: receiver } = device
  const payload = { action: 'PUBLISH' } as const
  const why = withoutAudience(params, { accountId, payload })
  return draftItem({ deviceId, accountId, receiver, payload, ...skippedFor(why, nowMs) })
}

/** The customers that a request names may be friends of other accounts than its devices have. */
function audienceWarnings(params: MomentsParams, items: readonly ItemDraft[]): string[] {
  return items.flatMap(({ deviceId, accountId, receiver, reason }) => {
    const device = `device ${deviceId} (${receiver})`
    if (reason !== null) return [`${device} does not publish it: ${reason}`]
    const nobody = params.visibleTo === 'EXCLUDE' && audienceOf(params, accountId).length === 0
    return nobody ? [`${device}: account ${accountId} has none of the customers who may not see it; all may`] : []
  })
}

async function paramsOf(db: Database, request: MomentRequest, devices: readonly DeviceRow[]): Promise<MomentsParams> {
  const images = await pictureSnapshots(db, request.images.map(materialId), 'images')
  const { content, visibleTo, tagIds, customerIds, autoLike, autoComment, commentTexts } = request
  const audience = isForSome(visibleTo) ? await readAudience(db, request, devices) : {}
  return {
    kind: 'MOMENTS',
    content,
    images,
    devices: devices.map((device) => device.id),
    visibleTo,
    tagIds,
    customerIds,
    audience,
    autoLike,
    autoComment,
    commentTexts,
  }
}

/** Rejects tagIds and customerIds when visibleTo ignores them; the author would think they apply. */
function checkAudienceIsUsed(request: MomentRequest): void {
  const { visibleTo } = request
  if (isForSome(visibleTo)) return
  for (const field of ['tagIds', 'customerIds'] as const)
    if (request[field].length > 0)
      throw invalid(`${field}: visibleTo ${visibleTo} takes none; leave them out, or use INCLUDE or EXCLUDE`)
}

/** The id wins over the address. Only what a material's `url` says is ours: any other host may have the same path. */
function materialId(image: { materialId?: number | undefined; url?: string | undefined }, at: number): number {
  if (image.materialId !== undefined) return image.materialId
  if (image.url === undefined)
    throw invalid(`images.${at}.materialId: is missing; upload the picture to /materials and give its id`)
  const own = OWN_PICTURE.exec(image.url)?.[1]
  if (own !== undefined) return Number(own)
  throw invalid(
    `images.${at}.url: is not the url of a material; upload the picture to /materials and give its materialId or the url it answers`,
  )
}
