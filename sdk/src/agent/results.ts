import {
  commandStatusToWire,
  isErrorCode,
  itemIdsOf,
  errorInfo,
  itemStatusFromWire,
  itemStatusToWire,
  type Command,
  type CommandResult,
  type FinalCommandStatus,
  type ItemOutcome,
} from '@muster/proto'
import { AgentError } from './agent-error.ts'
import type { Outcome } from './handlers.ts'
import type { CancelRequest, JournalEntry } from './journal-state.ts'

const LONGEST_REASON = 300

// What the outcomes of items make of their command. No I/O.

export { itemIdsOf }

/** A command's result from its items' outcomes. Items without outcome must have been given one before. */
export function resultOf(commandId: string, items: readonly ItemOutcome[]): CommandResult {
  const stopping = items.find((item) => isErrorCode(item.code) && errorInfo(item.code).stops === 'account')
  const worst = stopping ?? items.find((item) => item.code !== '')
  return {
    commandId,
    status: commandStatusToWire(statusOf(items)),
    code: worst?.code ?? '',
    reason: worst?.reason ?? '',
    items: [...items],
    evidenceId: items.find((item) => item.evidenceId !== '')?.evidenceId ?? '',
    shortForm: false,
  }
}

function statusOf(items: readonly ItemOutcome[]): FinalCommandStatus {
  const seen = new Set(items.map((item) => itemStatusFromWire(item.status)))
  if (seen.has('SUCCEEDED')) return seen.size === 1 ? 'SUCCEEDED' : 'PARTIAL'
  if (seen.has('UNKNOWN_EFFECT')) return 'UNKNOWN_EFFECT'
  if (seen.has('FAILED') || seen.has('SKIPPED')) return 'FAILED'
  if (seen.has('EXPIRED')) return 'EXPIRED'
  return seen.size === 0 ? 'SUCCEEDED' : 'CANCELLED'
}

/** The result of a command whose cancel came before it, so that nobody here knows its items. */
export const cancelledUnseen = (commandId: string, { code, reason }: CancelRequest): CommandResult => ({
  ...resultOf(commandId, []),
  status: commandStatusToWire('CANCELLED'),
  code,
  reason,
})

/** The same result without texts: small enough for any limit, and nothing that can be malformed. */
export function shortForm(result: CommandResult): CommandResult {
  return {
    ...result,
    reason: '',
    evidenceId: '',
    shortForm: true,
    items: result.items.map((item) => ({ ...item, reason: '', evidenceId: '', resultJson: undefined })),
  }
}

/** What became of one item, as the wire has it; evidence is uploaded apart. @param now milliseconds since 1970 */
export const outcomeOf = (itemId: string, end: Outcome, now: number): ItemOutcome => ({
  itemId,
  status: itemStatusToWire(end.status),
  code: end.code ?? '',
  reason: (end.reason ?? '').slice(0, LONGEST_REASON),
  evidenceId: '',
  atUnixMs: now,
  resultJson: end.resultJson,
})

/** An item that has begun and not ended. @param now milliseconds since 1970 */
export const begunItem = (itemId: string, now: number): ItemOutcome => ({
  itemId,
  status: itemStatusToWire('RUNNING'),
  code: '',
  reason: '',
  evidenceId: '',
  atUnixMs: now,
})

/** Every item's outcome; those the handler said nothing about get one. @param error what the handler threw */
export function outcomesOf(entry: JournalEntry, command: Command, error: unknown, now: number): ItemOutcome[] {
  if (!command.payload) return []
  return itemIdsOf(command.payload).map((itemId) => {
    const item = entry.items.get(itemId)
    return item?.outcome ?? outcomeOf(itemId, endOf(entry, itemId, error), now)
  })
}

/**
 * The result of a command in the journal that this version of the agent cannot read, such as after it was put back to an
 * older one: what had an outcome keeps it, and a last tap that may have counted stays unknown.
 */
export function resultWithoutHandler(entry: JournalEntry, now: number): CommandResult {
  const error = new AgentError('UNSUPPORTED', 'this version of the agent does not know this kind of command; update it')
  const items = [...entry.items].map(
    ([itemId, item]) => item.outcome ?? outcomeOf(itemId, endOf(entry, itemId, error), now),
  )
  const { commandId } = entry
  if (items.length > 0) return resultOf(commandId, items)
  return { ...resultOf(commandId, []), status: commandStatusToWire('FAILED'), code: error.code, reason: error.message }
}

function endOf(entry: JournalEntry, itemId: string, error: unknown): Outcome {
  const item = entry.items.get(itemId)
  if (item?.openIntent || item?.doneParts) {
    const where = item.openIntent ? 'at the last tap' : 'when a part of it had taken effect'
    return {
      status: 'UNKNOWN_EFFECT',
      code: 'UNKNOWN_EFFECT',
      reason: `the command ended ${where}; look before repeating it`,
    }
  }
  const cancel = entry.cancel ?? entry.cancelledItems.get(itemId)
  if (cancel) return { status: 'CANCELLED', ...cancel }
  if (error instanceof AgentError)
    return { status: error.code === 'TOO_LATE' ? 'EXPIRED' : 'FAILED', code: error.code, reason: error.message }
  const reason = error instanceof Error ? error.message : 'the handler ended without an outcome for it'
  return { status: 'FAILED', code: 'APP_NOT_READY', reason }
}
