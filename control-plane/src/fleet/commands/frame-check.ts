import type { AccountState, AgentFrame, DeviceInfo, Hello, ItemOutcome, SyncPage } from '@muster/proto'
import { CUSTOM_LIMITS, registrationProblem, resultProblem } from '@muster/proto'
import { invalid } from '../../infra/errors.ts'

// Checks agents' frames where they come in, so that nothing behind has to doubt them. No I/O.

type Up = NonNullable<AgentFrame['frame']>

/** Far above what any device reaches, far below where numbers stop being exact. */
const HIGHEST_EPOCH = 2 ** 40
const LONGEST_RETRY_MS = 24 * 60 * 60 * 1000
const MOST_COMMANDS = 10_000
const MOST_CONTACTS = 5000
const MOST_GROUPS = 1000
const MOST_MEMBERS = 1000
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const ROW_ID = /^[1-9]\d{0,14}$/
const CODE = /^([A-Z][A-Z_]{0,31})?$/

/** The Hello with its texts cut to what is kept of them. Throws INVALID_REQUEST that names the field. */
export function checkedHello(hello: Hello): Hello {
  if (!isName(hello.journalId) || !isName(hello.bootId))
    throw invalid('journalId and bootId: have to be set, with at most 64 characters')
  if (!(hello.lastEpoch >= 0 && hello.lastEpoch <= HIGHEST_EPOCH))
    throw invalid(`lastEpoch: ${hello.lastEpoch} is no epoch a plane gave; enrol the device anew`)
  if (hello.inFlight.length > MOST_COMMANDS) throw invalid(`inFlight: names more than ${MOST_COMMANDS} commands`)
  for (const { commandId, items } of hello.inFlight) {
    requireCommandId('inFlight.commandId', commandId)
    for (const outcome of items) requireOutcome('inFlight.items', outcome)
  }
  const custom = registrationProblem(hello.custom)
  if (custom !== undefined) throw invalid(`custom: ${custom}`)
  return {
    ...hello,
    agentVersion: text(hello.agentVersion, 40),
    device: hello.device && checkedDevice(hello.device),
    account: checkedAccount(hello.account),
    custom: hello.custom.map((one) => ({
      ...one,
      description: text(one.description, CUSTOM_LIMITS.descriptionLength),
    })),
  }
}

/** The agent's description of its phone, with the texts cut to the length that is kept. */
export const checkedDevice = (device: DeviceInfo): DeviceInfo => ({
  ...device,
  name: text(device.name, 100),
  model: text(device.model, 100),
  osVersion: text(device.osVersion, 40),
})

/**
 * The frame with its texts cut and its times bounded. Throws INVALID_REQUEST that names the field; of a result only when
 * nobody could tell which one it is, because a result has an answer of its own.
 */
export function checkedFrame(frame: Up): Up {
  switch (frame.$case) {
    case 'received':
      if (frame.value.commandIds.length > MOST_COMMANDS)
        throw invalid(`received.commandIds: names more than ${MOST_COMMANDS} commands`)
      for (const commandId of frame.value.commandIds) requireCommandId('received.commandIds', commandId)
      return frame
    case 'accepted':
    case 'started':
      requireCommandId(`${frame.$case}.commandId`, frame.value.commandId)
      return frame
    case 'rejected':
    case 'notNow':
      return checkedRefusal(frame)
    case 'progress': {
      const { commandId, outcome, page } = frame.value
      requireCommandId('progress.commandId', commandId)
      if (outcome) requireOutcome('progress.outcome', outcome)
      const value = { ...frame.value, outcome: outcome && withoutNul(outcome), page: page && checkedPage(page) }
      return { $case: 'progress', value }
    }
    case 'result': {
      requireCommandId('result.commandId', frame.value.commandId)
      const value = withoutNul(frame.value)
      return { $case: 'result', value: { ...value, items: value.items.map(withoutNul) } }
    }
    case 'reportedState':
      return { $case: 'reportedState', value: { ...frame.value, account: checkedAccount(frame.value.account) } }
    case 'hello':
    case 'ready':
    case 'heartbeat':
    case 'credits':
    case 'bye':
      return frame
    default:
      return frame satisfies never
  }
}

/** Whether every part of an outcome is of its kind. */
export const isOutcome = (outcome: ItemOutcome): boolean =>
  ROW_ID.test(outcome.itemId) &&
  CODE.test(outcome.code) &&
  (outcome.evidenceId === '' || ROW_ID.test(outcome.evidenceId)) &&
  (outcome.resultJson === undefined || resultProblem(outcome.resultJson) === undefined)

/** An error code, or nothing. */
export const isCode = (code: string): boolean => CODE.test(code)

export const isCommandId = (id: string): boolean => UUID.test(id)

/** The row an agent names, or null when it names none there could be. */
export const rowIdOf = (id: string): number | null => (ROW_ID.test(id) ? Number(id) : null)

function checkedRefusal(frame: Extract<Up, { $case: 'rejected' | 'notNow' }>): Up {
  const { commandId, code } = frame.value
  requireCommandId(`${frame.$case}.commandId`, commandId)
  if (!CODE.test(code)) throw invalid(`${frame.$case}.code: is no error code`)
  const reason = text(frame.value.reason, 500)
  if (frame.$case === 'rejected') return { $case: 'rejected', value: { ...frame.value, reason } }
  const retryAfterMs = Math.min(Math.max(0, frame.value.retryAfterMs), LONGEST_RETRY_MS)
  return { $case: 'notNow', value: { ...frame.value, reason, retryAfterMs } }
}

function checkedAccount(account: AccountState | undefined): AccountState | undefined {
  if (!account) return undefined
  if (account.wechatId !== '' && !isName(account.wechatId))
    throw invalid('account.wechatId: has more than 64 characters or one that cannot be shown')
  return {
    ...account,
    nickname: text(account.nickname, 200),
    appVersion: text(account.appVersion, 40),
    uiTree: text(account.uiTree, 16),
  }
}

function checkedPage({ contacts, groups }: SyncPage): SyncPage {
  if (contacts.length > MOST_CONTACTS) throw invalid(`progress.page.contacts: are more than ${MOST_CONTACTS}`)
  if (groups.length > MOST_GROUPS) throw invalid(`progress.page.groups: are more than ${MOST_GROUPS}`)
  if (groups.some(({ members }) => members.length > MOST_MEMBERS))
    throw invalid(`progress.page.groups.members: are more than ${MOST_MEMBERS}`)
  if (contacts.some(({ wechatId }) => wechatId !== '' && !isName(wechatId)))
    throw invalid('progress.page.contacts.wechatId: has more than 64 characters or one that cannot be shown')
  return {
    contacts: contacts.map((contact) => ({
      ...contact,
      nickname: text(contact.nickname, 200),
      remark: text(contact.remark, 200),
      region: text(contact.region, 100),
    })),
    groups: groups.map((group) => ({
      ...group,
      name: text(group.name, 200),
      members: group.members.map((member) => text(member, 200)),
    })),
  }
}

function requireCommandId(field: string, commandId: string): void {
  if (!UUID.test(commandId)) throw invalid(`${field}: is no command id`)
}

function requireOutcome(field: string, outcome: ItemOutcome): void {
  if (!isOutcome(outcome)) throw invalid(`${field}: names no item, code, evidence or result there could be`)
}

const isName = (value: string): boolean => value !== '' && value.length <= 64 && !value.includes('\0')

/** A text cut to a length, without half a character at its end, and without NUL, which ends a statement of SQL early. */
const text = (value: string, longest: number): string => value.replaceAll('\0', '').slice(0, longest).toWellFormed()

const withoutNul = <T extends { readonly reason: string }>(value: T): T =>
  value.reason.includes('\0') ? { ...value, reason: value.reason.replaceAll('\0', '') } : value
