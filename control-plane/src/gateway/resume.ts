import type { CommandRow } from '../tasks/command-model.ts'
import { isFinal, isSettled } from './command-state.ts'

// What a returning agent and the plane make of each other's commands. No I/O, no clock.

export type AgentLevel = 'RECEIVED' | 'ACCEPTED' | 'STARTED' | 'FINISHED'
export type ResumeWord = 'GO_ON' | 'CANCEL' | 'SEND_RESULT' | 'FORGET'

export interface HeldCommand {
  readonly commandId: string
  readonly level: AgentLevel
}

/** What the plane does with a command the agent does not hold. */
export type RowVerdict =
  /** The phone does not have it: deliver it again, with the same id, unless a stop was asked of it. */
  | 'REDELIVER'
  /** It can have taken effect and nobody can know. */
  | 'UNKNOWN_EFFECT'
  /** What the reaper wrote is now sure. */
  | 'CONFIRM'

export interface ResumePlan {
  readonly answers: readonly { readonly commandId: string; readonly word: ResumeWord }[]
  /** Commands the agent holds: reopen what the reaper closed. */
  readonly held: readonly HeldCommand[]
  readonly rows: readonly { readonly commandId: string; readonly verdict: RowVerdict }[]
}

export type ResumeRow = Pick<CommandRow, 'id' | 'status' | 'provisional' | 'effectClass' | 'cancelRequestedAt'>

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
 * @param rows commands of the device that were written and are not settled, and every one the agent names
 * @param trusted whether the journal is the one they were written to
 */
export function planResume(held: readonly HeldCommand[], rows: readonly ResumeRow[], trusted: boolean): ResumePlan {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const heldIds = new Set(held.map((command) => command.commandId))
  return {
    answers: held.map((command) => ({
      commandId: command.commandId,
      word: wordFor(command, byId.get(command.commandId)),
    })),
    held: held.filter(({ commandId }) => {
      const row = byId.get(commandId)
      return row !== undefined && !isSettled(row)
    }),
    rows: rows
      .filter((row) => !heldIds.has(row.id) && !isSettled(row) && row.status !== 'QUEUED')
      .map((row) => ({ commandId: row.id, verdict: verdictFor(row, trusted) })),
  }
}

function wordFor({ level }: HeldCommand, row: ResumeRow | undefined): ResumeWord {
  if (level === 'FINISHED') return 'SEND_RESULT'
  // The plane does not know it, or has closed it for good: what is left of it must not happen; what was done is told.
  if (!row || isSettled(row) || row.cancelRequestedAt !== null) return 'CANCEL'
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
