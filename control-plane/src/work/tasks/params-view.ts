import { z } from 'zod'
import { TEMPLATE_TYPES } from '../../infra/database/tables/templates.ts'
import { RECEIVER_TYPES, VISIBILITIES, type MaterialSnapshot, type TaskParams } from './params.ts'

// What a task was asked to do, as its creator gave it, with the text and the pictures that will go out.

const ids = z.array(z.number().int())
const Pictures = z.array(z.strictObject({ materialId: z.number().int(), url: z.string() }))
const MomentsView = z
  .strictObject({
    kind: z.literal('MOMENTS'),
    content: z.string(),
    images: Pictures,
    visibleTo: z.enum(VISIBILITIES),
    tagIds: ids,
    customerIds: ids,
    audience: z
      .array(z.strictObject({ accountId: z.number().int(), customers: z.number().int() }))
      .meta({ description: 'How many customers of each account are meant by INCLUDE or EXCLUDE' }),
    autoLike: z.boolean(),
    autoComment: z.boolean(),
    commentTexts: z.array(z.string()),
  })
  .meta({ id: 'MomentsTaskParams' })
const MessageView = z
  .strictObject({
    kind: z.literal('MESSAGE'),
    templateId: z.number().int(),
    template: z
      .strictObject({ type: z.enum(TEMPLATE_TYPES), content: z.string(), images: Pictures })
      .meta({ description: 'As it was when the task took it; later changes of the template do not count' }),
    receivers: z.strictObject({ type: z.enum(RECEIVER_TYPES), tagIds: ids, groupIds: ids, customerIds: ids }),
    variables: z.record(z.string(), z.string()),
    intervalSeconds: z.number(),
    batchSize: z.number().int(),
    batchPauseSeconds: z.number().int(),
  })
  .meta({ id: 'MessageTaskParams' })
const SyncView = z.strictObject({ kind: z.enum(['FRIENDS_SYNC', 'GROUPS_SYNC']) }).meta({ id: 'SyncTaskParams' })

export const ParamsView = z.discriminatedUnion('kind', [MomentsView, MessageView, SyncView]).meta({ id: 'TaskParams' })

export function paramsView(params: TaskParams): z.input<typeof ParamsView> {
  switch (params.kind) {
    case 'MOMENTS': {
      const { kind, content, visibleTo, autoLike, autoComment, commentTexts } = params
      return {
        kind,
        content,
        images: params.images.map(picture),
        visibleTo,
        tagIds: [...(params.tagIds ?? [])],
        customerIds: [...(params.customerIds ?? [])],
        audience: Object.entries(params.audience).map(([accountId, customers]) => ({
          accountId: Number(accountId),
          customers: customers.length,
        })),
        autoLike,
        autoComment,
        commentTexts: [...commentTexts],
      }
    }
    case 'MESSAGE': {
      const { kind, template, receivers, variables, intervalSeconds, batchSize, batchPauseSeconds } = params
      return {
        kind,
        templateId: template.id,
        template: { type: template.type, content: template.content, images: template.materials.map(picture) },
        receivers: {
          type: receivers.type,
          tagIds: [...receivers.tagIds],
          groupIds: [...receivers.groupIds],
          customerIds: [...receivers.customerIds],
        },
        variables: { ...variables },
        intervalSeconds,
        batchSize,
        batchPauseSeconds,
      }
    }
    case 'FRIENDS_SYNC':
    case 'GROUPS_SYNC':
      return { kind: params.kind }
    default:
      return params satisfies never
  }
}

const picture = ({ materialId }: MaterialSnapshot) => ({ materialId, url: `/api/v1/materials/${materialId}/file` })
