import type { CommandHandlers } from '@muster/sdk/agent'
import type { PhoneAccess } from './phone-work.ts'
import { publishMoment } from './publish-moment.ts'
import { commentMoment, likeMoment } from './react.ts'
import { readDevice, syncContacts, syncGroups } from './read.ts'
import { sendMessages } from './send-messages.ts'

/** Everything this agent can do on a phone. */
export const handlersFor = (access: PhoneAccess): CommandHandlers => ({
  publishMoment: publishMoment(access),
  sendMessages: sendMessages(access),
  likeMoment: likeMoment(access),
  commentMoment: commentMoment(access),
  syncContacts: syncContacts(access),
  syncGroups: syncGroups(access),
  readDevice: readDevice(access),
})
