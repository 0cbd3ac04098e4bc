import type { CommandPayload, MaterialRef, MessagePart, PublishMoment, Receiver } from '@muster/proto'

const nobody: Receiver = { wechatId: '', nickname: '', remark: '', isGroup: false, memberCount: 0 }

export const receiver = (who: Partial<Receiver>): Receiver => ({ ...nobody, ...who })

type Part = string | MaterialRef

const partOf = (part: Part): MessagePart => ({
  part: typeof part === 'string' ? { $case: 'text', value: part } : { $case: 'image', value: part },
})

/** Messages, each of a text or of several parts, under the ids `i1` and on. */
export const messages = (
  items: readonly { readonly to: Partial<Receiver>; readonly parts: readonly Part[]; readonly itemId?: string }[],
  intervalMs = 0,
): CommandPayload => ({
  $case: 'sendMessages',
  value: {
    items: items.map(({ to, parts, itemId }, index) => ({
      itemId: itemId ?? `i${index + 1}`,
      receiver: receiver(to),
      parts: parts.map(partOf),
    })),
    pace: { intervalMs, jitterMs: 0 },
  },
})

/** A Moment to publish. */
export const publish = (moment: Partial<PublishMoment>): CommandPayload => ({
  $case: 'publishMoment',
  value: { itemId: 'i1', text: '', images: [], visibility: 'VISIBILITY_ALL', audience: [], ...moment },
})

interface About {
  readonly author: Partial<Receiver>
  readonly text: string
  readonly pictures?: number
  readonly itemId?: string
}

const momentOf = ({ author, text, pictures }: About) => ({ author: receiver(author), text, pictures })

export const like = (moment: About): CommandPayload => ({
  $case: 'likeMoment',
  value: { itemId: moment.itemId ?? 'i1', moment: momentOf(moment) },
})

export const comment = (moment: About, words: string): CommandPayload => ({
  $case: 'commentMoment',
  value: { itemId: moment.itemId ?? 'i1', moment: momentOf(moment), text: words },
})

/** A text into the account's own file-transfer chat. */
export const note = (text: string): CommandPayload => ({ $case: 'noteToSelf', value: { itemId: 'i1', text } })

/** A message to each of some receivers. */
export const messageTo = (text: string, ...receivers: readonly Partial<Receiver>[]): CommandPayload =>
  messages(receivers.map((to) => ({ to, parts: [text] })))

export const momentFor = (
  text: string,
  visibility: 'ALL' | 'INCLUDE' | 'EXCLUDE',
  audience: readonly Partial<Receiver>[] = [],
  images: MaterialRef[] = [],
): CommandPayload => publish({ text, images, visibility: `VISIBILITY_${visibility}`, audience: audience.map(receiver) })

export const SYNC_CONTACTS: CommandPayload = { $case: 'syncContacts', value: { itemId: 'i1' } }
export const SYNC_GROUPS: CommandPayload = { $case: 'syncGroups', value: { itemId: 'i1', withMembers: true } }
