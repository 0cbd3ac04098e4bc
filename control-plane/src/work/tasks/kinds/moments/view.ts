import { z } from 'zod'
import { pictureView, Pictures } from '../pictures.ts'
import { VISIBILITIES, type MomentsParams } from './params.ts'

const ids = z.array(z.number().int())

/** As its creator asked for it, with the pictures that will go out. */
export const MomentsView = z
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

export function momentsView(params: MomentsParams): z.input<typeof MomentsView> {
  const { kind, content, visibleTo, autoLike, autoComment, commentTexts } = params
  return {
    kind,
    content,
    images: params.images.map(pictureView),
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
