import {
  commandStatusToWire,
  isErrorCode,
  errorInfo,
  itemStatusFromWire,
  type CommandPayload,
  type CommandResult,
  type FinalCommandStatus,
  type ItemOutcome,
} from '@muster/proto'

// What the outcomes of items make of their command. No I/O.

/** Ids of the items a command is about, in its order. */
export function itemIdsOf(payload: CommandPayload): readonly string[] {
  return payload.$case === 'sendMessages' ? payload.value.items.map((item) => item.itemId) : [payload.value.itemId]
}

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

/** The same result without texts: small enough for any limit, and nothing that can be malformed. */
export function shortForm(result: CommandResult): CommandResult {
  return {
    ...result,
    reason: '',
    evidenceId: '',
    shortForm: true,
    items: result.items.map((item) => ({ ...item, reason: '', evidenceId: '' })),
  }
}
