import { z } from 'zod'
import type { Database } from '../../../infra/database/database.ts'
import { inChunks, rows } from '../../../infra/database/table.ts'
import type { DeviceRow } from '../../../infra/database/tables/devices.ts'
import { invalid, notFound } from '../../../infra/errors.ts'
import { defineRoute, type Route } from '../../../http/route.ts'
import { ids, nonBlankText } from '../../../http/schemas.ts'
import type { WorkspaceTime } from '../../../infra/workspace-time.ts'
import type { TaskCreation } from '../creation.ts'
import type { ItemRow } from '../../../infra/database/tables/tasks.ts'
import { VISIBILITIES, type MomentsParams, type ReceiverSnapshot, type VisibleTo } from '../params.ts'
import { unplannable } from '../planner.ts'
import { newItem } from '../store.ts'
import { commonFields, CreatedOrDryRun, DryRunQuery, type Prepared } from './common.ts'
import { reactions } from './moment-reactions.ts'

const MOST_IMAGES = 9
/** Of one account: they all go to its phone in one command. */
const MOST_AUDIENCE = 2000
/** As the plane gives it: a path, whatever the plane is called by those who reach it. */
const OWN_PICTURE = /^\/api\/v1\/materials\/([1-9]\d{0,14})\/file$/

/** What is said of a Moment, at its creation and in a change. */
export const momentFields = {
  content: z.string().max(2000),
  images: z
    .array(z.strictObject({ materialId: z.number().int().positive().optional(), url: z.string().max(2000).optional() }))
    .max(MOST_IMAGES, `has more than ${MOST_IMAGES} pictures; WeChat takes at most ${MOST_IMAGES}`),
  visibleTo: z.enum(VISIBILITIES),
  tagIds: ids,
  customerIds: ids,
  autoLike: z.boolean(),
  autoComment: z.boolean(),
  commentTexts: z.array(nonBlankText(200)).max(50),
}
const body = (time: WorkspaceTime) =>
  z.strictObject({
    ...commonFields(time),
    content: momentFields.content.default(''),
    images: momentFields.images.default([]),
    visibleTo: momentFields.visibleTo.default('ALL'),
    tagIds: momentFields.tagIds.default([]),
    customerIds: momentFields.customerIds.default([]),
    autoLike: momentFields.autoLike.default(false),
    autoComment: momentFields.autoComment.default(false),
    commentTexts: momentFields.commentTexts.default([]),
  })
export type MomentRequest = z.output<z.ZodObject<typeof momentFields>>

export interface MomentsDeps {
  readonly db: Database
  readonly time: WorkspaceTime
  readonly creation: TaskCreation
  now(): number
}

/** `POST /wechat/moments/tasks`. */
export function createMomentsRoute(deps: MomentsDeps): Route {
  return defineRoute({
    method: 'post',
    path: '/wechat/moments/tasks',
    summary: 'Publish a Moment from several devices, now or at a time',
    tag: 'moments',
    role: 'operator',
    limit: 'task-creation',
    query: DryRunQuery,
    body: body(deps.time),
    data: CreatedOrDryRun,
    handle: async ({ body: request, query, caller }) => {
      const { creation } = deps
      creation.checkTime(request.scheduledTime)
      const devices = await creation.devices(request.devices)
      const { scheduledTime, deliverWithinSeconds } = request
      const prepared = await prepareMoment(deps, request, devices)
      const name = request.name ?? prepared.name
      const task = { ...prepared, name, scheduledTime, deliverWithinSeconds, createdBy: caller.userId }
      return await creation.create(task, devices, { dryRun: query.dryRun === 'true' })
    },
  })
}

/** Checks what is asked for, with all it refers to. Throws INVALID_REQUEST or NOT_FOUND that names the field. */
export async function prepareMoment(
  deps: Omit<MomentsDeps, 'time'>,
  request: MomentRequest,
  devices: readonly DeviceRow[],
): Promise<Prepared> {
  if (request.content.trim() === '' && request.images.length === 0)
    throw invalid('content: is empty and there are no images; give one of them')
  if (request.autoComment && request.commentTexts.length === 0)
    throw invalid('commentTexts: is empty; autoComment needs at least one text')
  if (request.visibleTo === 'PRIVATE' && (request.autoLike || request.autoComment))
    throw invalid(
      `${request.autoLike ? 'autoLike' : 'autoComment'}: nobody but its author sees a PRIVATE Moment; leave it out`,
    )
  checkAudienceIsUsed(request)
  const params = await paramsOf(deps, request, devices)
  const authors = await accountsOf(deps.db, devices)
  const items = devices.map((device) => publishItem(params, device, deps.now()))
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

/** What a Moment is asked for after a change. Who is named for an audience goes with it, unless named again. */
export function changedMoment(params: MomentsParams, change: Partial<MomentRequest>): MomentRequest {
  const { content, images, visibleTo, tagIds = [], customerIds = [], autoLike, autoComment, commentTexts } = params
  const named = isForSome(change.visibleTo ?? visibleTo) ? { tagIds, customerIds } : { tagIds: [], customerIds: [] }
  const was = { content, images: images.map((image) => ({ materialId: image.materialId })), visibleTo, ...named }
  return copyOf({ ...was, autoLike, autoComment, commentTexts, ...change })
}

/** Requests are the caller's to change, snapshots are not. */
const copyOf = (request: Readonly<Record<keyof MomentRequest, unknown>>): MomentRequest =>
  structuredClone(request) as MomentRequest

function publishItem(params: MomentsParams, device: DeviceRow, now: number): Omit<ItemRow, 'id'> {
  const { id: deviceId, accountId, name: receiver } = device
  const payload = { action: 'PUBLISH' } as const
  const why = unplannable(params, { accountId, payload })
  return newItem({
    taskId: 0,
    deviceId,
    accountId,
    action: 'PUBLISH',
    receiver,
    payload: JSON.stringify(payload),
    ...(why ? { status: 'SKIPPED' as const, ...why, finishedAt: now } : {}),
  })
}

/** Whom a request names may be friends of other accounts than it lists. */
function audienceWarnings(params: MomentsParams, items: readonly Omit<ItemRow, 'id'>[]): string[] {
  return items.flatMap(({ deviceId, accountId, receiver, reason }) => {
    const device = `device ${deviceId} (${receiver})`
    if (reason !== null) return [`${device} does not publish it: ${reason}`]
    const nobody = params.visibleTo === 'EXCLUDE' && (params.audience[String(accountId)] ?? []).length === 0
    return nobody ? [`${device}: account ${accountId} has none of the customers who may not see it; all may`] : []
  })
}

async function paramsOf(
  { db, creation }: Omit<MomentsDeps, 'time'>,
  request: MomentRequest,
  devices: readonly DeviceRow[],
): Promise<MomentsParams> {
  const images = await creation.materials(request.images.map(materialId), 'IMAGE', 'images')
  const { content, visibleTo, tagIds, customerIds, autoLike, autoComment, commentTexts } = request
  const audience = isForSome(visibleTo) ? await audienceOf(db, request, devices) : {}
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

const isForSome = (visibleTo: VisibleTo): boolean => visibleTo === 'INCLUDE' || visibleTo === 'EXCLUDE'

/** Whom nobody would keep from seeing it, or let see it, is not to be named: the author would believe in it. */
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

async function audienceOf(
  db: Database,
  request: MomentRequest,
  devices: readonly DeviceRow[],
): Promise<Record<string, ReceiverSnapshot[]>> {
  if (request.tagIds.length + request.customerIds.length === 0) {
    throw invalid(`tagIds: visibleTo ${request.visibleTo} needs tagIds or customerIds; name who may or may not see it`)
  }
  const tags = await rows(db.models.tags, { where: { id: request.tagIds } })
  const known = new Set(tags.map((tag) => tag.id))
  const unknown = request.tagIds.find((id) => !known.has(id))
  if (unknown !== undefined) throw notFound('tagIds: tag', unknown)
  const links = await rows(db.models.customerTags, { where: { tagId: request.tagIds } })
  const wanted = [...new Set([...request.customerIds, ...links.map((link) => link.customerId)])]
  const accountIds = devices.flatMap((device) => device.accountId ?? [])
  const found = await inChunks(
    wanted,
    async (id) => await rows(db.models.customers, { where: { id, deletedAt: null } }),
  )
  const there = new Set(found.map((customer) => customer.id))
  const missing = request.customerIds.find((id) => !there.has(id))
  if (missing !== undefined) throw notFound('customerIds: customer', missing)
  const byAccount = Map.groupBy(found, (customer) => customer.accountId)
  for (const [accountId, mine] of byAccount) {
    if (mine.length > MOST_AUDIENCE && accountIds.includes(accountId))
      throw invalid(
        `tagIds: name ${mine.length} customers of account ${accountId}; one Moment takes at most ${MOST_AUDIENCE} of an account`,
      )
  }
  return Object.fromEntries(
    accountIds.map((accountId) => [
      String(accountId),
      (byAccount.get(accountId) ?? []).map(({ wechatId, nickname, remark }) => ({
        wechatId: wechatId ?? '',
        nickname,
        remark,
        isGroup: false,
        memberCount: 0,
      })),
    ]),
  )
}

async function accountsOf(db: Database, devices: readonly DeviceRow[]): Promise<Map<number, ReceiverSnapshot>> {
  const found = await rows(db.models.accounts, { where: { id: devices.flatMap((device) => device.accountId ?? []) } })
  return new Map(
    found.map(({ id, wechatId, nickname }) => [id, { wechatId, nickname, remark: '', isGroup: false, memberCount: 0 }]),
  )
}
