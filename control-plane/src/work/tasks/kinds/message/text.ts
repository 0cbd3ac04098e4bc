import { renderTemplate } from '../../../../records/templates/render.ts'
import type { SkipReason } from '../kind.ts'
import type { ReceiverSnapshot } from '../snapshots.ts'
import type { MessageParams } from './params.ts'

/** The text for one receiver, or why there is none. */
export interface MessageText {
  /** Null for pictures alone, too. */
  readonly text: string | null
  readonly skip: SkipReason | undefined
}

/** Renders the task's template for a receiver, with what every receiver has by itself. */
export function textFor(
  params: Pick<MessageParams, 'template' | 'variables'>,
  receiver: ReceiverSnapshot,
): MessageText {
  const { type, content } = params.template
  if (type === 'IMAGE') return { text: null, skip: undefined }
  const { nickname, remark, isGroup } = receiver
  const builtIn = isGroup ? { groupName: nickname } : { nickname, remark }
  const rendered = renderTemplate(content, { ...params.variables, ...builtIn })
  if ('text' in rendered) return { text: rendered.text, skip: undefined }
  return { text: null, skip: { code: 'MISSING_VARIABLE', reason: `no value for ${rendered.missing.join(', ')}` } }
}
