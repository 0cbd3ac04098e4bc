import { z } from 'zod'
import { TEMPLATE_TYPES } from '../../../../infra/database/tables/templates.ts'
import { pictureView, Pictures } from '../pictures.ts'
import { RECEIVER_TYPES, type MessageParams } from './params.ts'

const ids = z.array(z.number().int())

/** As its creator asked for it, with the text and the pictures that will go out. */
export const MessageView = z
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

export function messageView(params: MessageParams): z.input<typeof MessageView> {
  const { kind, template, receivers, variables, intervalSeconds, batchSize, batchPauseSeconds } = params
  return {
    kind,
    templateId: template.id,
    template: { type: template.type, content: template.content, images: template.materials.map(pictureView) },
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
