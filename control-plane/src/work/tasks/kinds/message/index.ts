import { plainItems, usesNothing, type TaskKindModule } from '../kind.ts'
import type { MessageParams, MessagePayload } from './params.ts'
import { planMessages, SEND, withoutContent } from './planner.ts'
import { changedMessage, messageFields, prepareMessage, type MessageRequest } from './request.ts'
import { textFor } from './text.ts'
import { messageView, MessageView } from './view.ts'

/** A template sent to many customers or groups, at a pace. */
export const message: TaskKindModule<'MESSAGE', MessageRequest, MessageParams, MessagePayload> = {
  ...plainItems,
  kind: 'MESSAGE',
  path: '/message/tasks',
  listed: true,
  tag: 'messages',
  summary: 'Send a template to many customers or groups',
  usesAccount: true,
  fields: messageFields,
  prepare: prepareMessage,
  changed: changedMessage,
  View: MessageView,
  view: messageView,
  uses: ({ template, receivers }) => ({
    // Its customers are those its items still wait to be sent to.
    ...usesNothing,
    materials: template.materials.map(({ materialId }) => materialId),
    templates: [template.id],
    tags: receivers.type === 'TAG' ? receivers.tagIds : [],
  }),
  actions: { SEND },
  plan: planMessages,
  unplannable: withoutContent,
  renewed: (params, payload) => {
    const { text, skip } = textFor(params, payload.receiver)
    return { payload: { ...payload, text }, skip }
  },
}
