import { createHash } from 'node:crypto'
import { plainItems, usesNothing, type TaskKindModule } from '../kind.ts'
import type { MomentPayload, MomentsParams } from './params.ts'
import { ACTIONS, planMoments, withoutAudience } from './planner.ts'
import { changedMoment, momentFields, prepareMoment, type MomentRequest } from './request.ts'
import { momentsView, MomentsView } from './view.ts'

/** A Moment from each device, with likes and comments of the others. */
export const moments: TaskKindModule<'MOMENTS', MomentRequest, MomentsParams, MomentPayload> = {
  ...plainItems,
  kind: 'MOMENTS',
  path: '/wechat/moments/tasks',
  listed: true,
  tag: 'moments',
  summary: 'Publish a Moment from several devices, now or at a time',
  usesAccount: true,
  fields: momentFields,
  prepare: prepareMoment,
  changed: changedMoment,
  View: MomentsView,
  view: momentsView,
  uses: ({ images, tagIds = [], customerIds = [] }) => ({
    ...usesNothing,
    materials: images.map(({ materialId }) => materialId),
    tags: tagIds,
    customers: customerIds,
  }),
  look: ({ images, content }) => createHash('sha256').update(`${images.length} ${content}`).digest('base64url'),
  actions: ACTIONS,
  plan: planMoments,
  unplannable: withoutAudience,
}
