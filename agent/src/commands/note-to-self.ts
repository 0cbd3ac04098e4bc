import type { NoteToSelf, Receiver } from '@muster/proto'
import type { CommandHandler } from '@muster/sdk/agent'
import type { PhoneAccess } from './phone-work.ts'
import { sendMessages } from './send-messages.ts'

/** The account's own file-transfer chat: every account has it under this id, though in no list of contacts. */
const FILE_TRANSFER: Receiver = { wechatId: 'filehelper', nickname: '', remark: '', isGroup: false, memberCount: 0 }

/** Writes a text into the file-transfer chat: a message like any, to nobody else. */
export const noteToSelf = (access: PhoneAccess): CommandHandler<NoteToSelf> => ({
  run: ({ itemId, text }, context) => {
    const note = { itemId, receiver: FILE_TRANSFER, parts: [{ part: { $case: 'text' as const, value: text } }] }
    return sendMessages(access).run({ items: [note], pace: undefined }, context)
  },
})
