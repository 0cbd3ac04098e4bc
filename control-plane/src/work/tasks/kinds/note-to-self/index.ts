import { z } from 'zod'
import { nonBlankText } from '../../../../http/schemas.ts'
import { draftItem } from '../item-draft.ts'
import { plainItems, singleCommand, usesNothing, type ActionRule, type TaskKindModule } from '../kind.ts'

const SECOND_MS = 1000

const fields = { text: nonBlankText(16_000) }

interface NoteParams {
  readonly kind: 'NOTE_TO_SELF'
  readonly text: string
  readonly devices: readonly number[]
}

interface NotePayload {
  readonly action: 'NOTE'
}

/** It is written to nobody: no person has opted out of it or gets too many, though WeChat counts it like a message. */
const NOTE: ActionRule = {
  cap: 'messages',
  toPeople: false,
  showsLook: false,
  effectClass: 'ONCE',
  expectedMs: 5 * SECOND_MS,
  longestMs: 60 * SECOND_MS,
}

const View = z.strictObject({ kind: z.literal('NOTE_TO_SELF'), text: z.string() }).meta({ id: 'NoteToSelfTaskParams' })

/** A text into each account's own file-transfer chat. */
export const noteToSelf: TaskKindModule<
  'NOTE_TO_SELF',
  z.output<z.ZodObject<typeof fields>>,
  NoteParams,
  NotePayload
> = {
  ...plainItems,
  kind: 'NOTE_TO_SELF',
  path: '/wechat/note-to-self',
  listed: true,
  usesAccount: true,
  tag: 'messages',
  summary: "Write a text into the accounts' own file-transfer chats",
  fields,
  prepare: async ({ text }, { devices }) => ({
    name: text.slice(0, 50),
    params: { kind: 'NOTE_TO_SELF', text, devices: devices.map(({ id }) => id) },
    items: devices.map(({ id: deviceId, accountId, name: receiver }) =>
      draftItem({ deviceId, accountId, receiver, payload: { action: 'NOTE' } }),
    ),
  }),
  changed: ({ text }, change) => ({ text, ...change }),
  View,
  view: ({ kind, text }) => ({ kind, text }),
  uses: () => usesNothing,
  actions: { NOTE },
  plan: ({ text }, items) =>
    items.map((item) => singleCommand(item, NOTE, { $case: 'noteToSelf', value: { itemId: String(item.id), text } })),
}
