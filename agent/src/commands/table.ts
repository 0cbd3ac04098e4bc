import type { CommandKind } from '@muster/proto'
import type { CommandHandler, CommandHandlers, PayloadOf } from '@muster/sdk/agent'
import type { PhoneAccess } from './phone-work.ts'
import { noteToSelf } from './note-to-self.ts'
import { PUBLISH_STEPS, publishMoment } from './publish-moment.ts'
import { commentMoment, likeMoment } from './react.ts'
import { readDevice, syncContacts, syncGroups } from './read.ts'
import { SEND_STEPS, sendMessages } from './send-messages.ts'

/** One kind of command, as this agent runs it. */
export interface CommandRow<K extends CommandKind> {
  handler(access: PhoneAccess): CommandHandler<PayloadOf<K>>
  /** A plane that takes a ONCE command for a weaker one is refused: it would send it again. */
  readonly effectClass: 'READ' | 'ONCE'
  /** Whether the account is read again before it begins. The last reading is enough for what touches nothing. */
  readonly rereadsAccount: boolean
  /** Parts of its preparation, at whose ends a test kills the agent. */
  readonly steps: readonly string[]
}

/** Kinds whose authors bring their own handlers to the kit. */
type Foreign = 'custom'

const reads = { effectClass: 'READ', rereadsAccount: true, steps: [] } as const
const once = { effectClass: 'ONCE', rereadsAccount: true, steps: [] } as const

/** Everything this agent can do on a phone. A kind of the contract without a row does not compile. */
export const COMMANDS: { readonly [K in Exclude<CommandKind, Foreign>]: CommandRow<K> } = {
  publishMoment: { ...once, handler: publishMoment, steps: PUBLISH_STEPS },
  sendMessages: { ...once, handler: sendMessages, steps: SEND_STEPS },
  likeMoment: { ...once, handler: likeMoment },
  commentMoment: { ...once, handler: commentMoment },
  noteToSelf: { ...once, handler: noteToSelf, steps: SEND_STEPS },
  syncContacts: { ...reads, handler: syncContacts },
  syncGroups: { ...reads, handler: syncGroups },
  readDevice: { ...reads, handler: readDevice, rereadsAccount: false },
}

/** The row of a kind; undefined for one this agent does not know. */
export const rowOf = (kind: string): Omit<CommandRow<CommandKind>, 'handler'> | undefined =>
  Object.hasOwn(COMMANDS, kind) ? COMMANDS[kind as keyof typeof COMMANDS] : undefined

/** Handlers of every kind for one phone. */
export const handlersFor = (access: PhoneAccess): CommandHandlers =>
  Object.fromEntries(Object.entries(COMMANDS).map(([kind, row]) => [kind, row.handler(access)]))

/** Places inside the preparation of an effect where a test kills the agent, beside those of the kit. */
export const AGENT_FAULT_POINTS: readonly string[] = [
  ...new Set(Object.values(COMMANDS).flatMap(({ steps }) => steps)),
].flatMap((name) => [`${name}.before`, `${name}.after`])
