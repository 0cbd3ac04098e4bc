import type { ErrorCode } from '@muster/proto'
import type { CommandRow } from '../../infra/database/tables/commands.ts'
import { isFinal, isOverdue, isSettled } from './state.ts'

// Settles the open commands with a returning agent. No I/O, no clock.

export type AgentLevel = 'RECEIVED' | 'ACCEPTED' | 'STARTED' | 'FINISHED'
export type ResumeWord = 'GO_ON' | 'CANCEL' | 'SEND_RESULT' | 'FORGET'

export interface HeldCommand {
  readonly commandId: string
  readonly level: AgentLevel
  /** Items it has begun; true for those it knows the end of. */
  readonly items: ReadonlyMap<string, boolean>
}

/** An agent's report on an item; the agent had it on disk before it sent it. */
export interface ToldItem {
  readonly commandId: string
  readonly itemId: string
  /** It told the end; otherwise that it had begun. */
  readonly ended: boolean
}

/** A command the agent holds and must not go on with. */
export interface Disowned {
  readonly commandId: string
  readonly code: ErrorCode
  readonly reason: string
  /** Which of its items nobody can know of: those without an end, those that also have begun, or none. */
  readonly unsure: 'OPEN' | 'BEGUN' | 'NONE'
}

/** The fate of a command that the agent does not hold. */
export type RowVerdict =
  /** The phone does not have it: deliver it again, with the same id, unless a stop was asked of it. */
  | 'REDELIVER'
  /** It can have taken effect and nobody can know. */
  | 'UNKNOWN_EFFECT'
  /** The reaper's verdict is final. */
  | 'CONFIRM'

export interface ResumePlan {
  readonly answers: readonly { readonly commandId: string; readonly word: ResumeWord }[]
  /** Commands the agent holds: reopen what the reaper closed. */
  readonly held: readonly HeldCommand[]
  /** Those of them that end now. */
  readonly disowned: readonly Disowned[]
  readonly rows: readonly { readonly commandId: string; readonly verdict: RowVerdict }[]
}

export type ResumeRow = Pick<
  CommandRow,
  'id' | 'status' | 'provisional' | 'effectClass' | 'accountId' | 'cancelRequestedAt' | 'resultCode'
>

/** The agent behind a Hello, as the plane sees it. */
export interface Returning {
  /** Whether the journal is the one commands were written to. */
  readonly trusted: boolean
  /** The account the phone shows, where it shows one. */
  readonly accountId: number | null
}

export const JOURNAL_LOST = 'the phone lost its journal, so nobody can know what it did'
export const OTHER_ACCOUNT = 'the phone shows another account'

/**
 * Whether the journal is the one commands were written to. A new id is another journal; an epoch older than the one it
 * confirmed to have on disk means that it was put back from a backup.
 */
export function sameJournal(
  hello: { journalId: string; lastEpoch: number },
  device: { journalId: string | null; readyEpoch: number },
): boolean {
  return device.journalId === hello.journalId && hello.lastEpoch >= device.readyEpoch
}

/**
 * Whether the journal knows what was said from it. One put back from a backup of the same session does not, and would do
 * again what it has forgotten.
 */
export function knowsWhatItSaid(held: readonly HeldCommand[], told: readonly ToldItem[]): boolean {
  const byId = new Map(held.map((command) => [command.commandId, command]))
  return told.every(({ commandId, itemId, ended }) => {
    const command = byId.get(commandId)
    if (!command || command.level === 'FINISHED') return true
    const known = command.items.get(itemId)
    return ended ? known === true : known !== undefined
  })
}

/** @param rows commands of the device that were written and are not settled, and every one the agent names */
export function planResume(held: readonly HeldCommand[], rows: readonly ResumeRow[], agent: Returning): ResumePlan {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const heldIds = new Set(held.map((command) => command.commandId))
  const disowned = held.flatMap((command) => disown(command, byId.get(command.commandId), agent) ?? [])
  const ending = new Set(disowned.map(({ commandId }) => commandId))
  return {
    answers: held.map((command) => ({
      commandId: command.commandId,
      word: ending.has(command.commandId) ? 'CANCEL' : wordFor(command, byId.get(command.commandId)),
    })),
    held: held.filter(({ commandId }) => {
      const row = byId.get(commandId)
      return row !== undefined && !isSettled(row)
    }),
    disowned,
    rows: rows
      .filter((row) => !heldIds.has(row.id) && !isSettled(row) && row.status !== 'QUEUED')
      .map((row) => ({ commandId: row.id, verdict: verdictFor(row, agent.trusted) })),
  }
}

function disown({ commandId, level }: HeldCommand, row: ResumeRow | undefined, agent: Returning): Disowned | undefined {
  // A result on disk is the whole truth, wherever the journal comes from.
  if (level === 'FINISHED' || !row || isSettled(row)) return undefined
  const once = row.effectClass === 'ONCE'
  if (once && !agent.trusted) return { commandId, code: 'CANCELLED', reason: JOURNAL_LOST, unsure: 'OPEN' }
  const other = row.accountId !== null && agent.accountId !== null && row.accountId !== agent.accountId
  // Reading the phone back under another account would tell nothing of what has begun.
  if (!other) return undefined
  return { commandId, code: 'LOGIN_REQUIRED', reason: OTHER_ACCOUNT, unsure: once ? 'BEGUN' : 'NONE' }
}

function wordFor({ level }: HeldCommand, row: ResumeRow | undefined): ResumeWord {
  if (level === 'FINISHED') return 'SEND_RESULT'
  // The plane does not know it, or has closed it for good: what is left of it must not happen; what was done is told.
  if (!row || isSettled(row) || isOverdue(row) || row.cancelRequestedAt !== null) return 'CANCEL'
  return 'GO_ON'
}

function verdictFor(row: ResumeRow, trusted: boolean): RowVerdict {
  const once = row.effectClass === 'ONCE'
  if (!trusted) return once ? 'UNKNOWN_EFFECT' : isFinal(row.status) ? 'CONFIRM' : 'REDELIVER'
  // The same journal never had it: what was written did not arrive.
  if (row.status === 'DISPATCHED') return 'REDELIVER'
  if (isFinal(row.status)) return 'CONFIRM'
  // It said RECEIVED and does not know it any more: only a loss on the phone explains that.
  return once ? 'UNKNOWN_EFFECT' : 'REDELIVER'
}
