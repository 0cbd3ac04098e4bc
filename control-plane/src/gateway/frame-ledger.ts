import {
  CommandResult,
  commandStatusFromWire,
  errorInfo,
  isErrorCode,
  itemStatusFromWire,
  type AgentFrame,
  type ErrorCode,
  type ItemOutcome,
  type SyncPage,
} from '@muster/proto'
import type { Change } from '../database/table.ts'
import type { CommandRow } from '../tasks/command-model.ts'
import type { ItemRow } from '../tasks/model.ts'
import {
  finished,
  isFinal,
  isSettled,
  itemStatusWithoutOutcome,
  itemTakesOutcome,
  notNow,
  reachedLevel,
} from './command-state.ts'
import type { Session } from './session.ts'

const LARGEST_RESULT_BYTES = 256 * 1024
const QUEUE_FULL_RETRY_MS = 5000

export type RecordedFrame = Extract<
  NonNullable<AgentFrame['frame']>,
  { $case: 'received' | 'accepted' | 'rejected' | 'notNow' | 'started' | 'progress' | 'result' }
>

/** One thing an agent said. */
export interface Said {
  readonly session: Session
  readonly frame: RecordedFrame
}

type Mutable<Row> = { -readonly [K in keyof Change<Row>]: Row }

/** What many frames make of the rows they are about: one write's work, without I/O. */
export class FrameLedger {
  readonly commands: ReadonlyMap<string, Mutable<CommandRow>>
  readonly items: ReadonlyMap<string, Mutable<ItemRow>>
  readonly pages: { accountId: number; page: SyncPage }[] = []
  readonly stops: { accountId: number; code: ErrorCode; reason: string }[] = []
  readonly orphans: { deviceId: number; result: CommandResult }[] = []
  readonly acks: { session: Session; commandId: string; error: string }[] = []

  /** @param items of the commands; may be left out for commands that only reach a level */
  constructor(commands: readonly CommandRow[], items: readonly ItemRow[]) {
    this.commands = new Map(commands.map((command) => [command.id, { before: command, now: command }]))
    this.items = new Map(items.map((item) => [String(item.id), { before: item, now: item }]))
  }

  /** @param now milliseconds since 1970 */
  apply({ session, frame }: Said, now: number): void {
    switch (frame.$case) {
      case 'received':
        for (const id of frame.value.commandIds) this.#reach(session, id, 'RECEIVED', now)
        return
      case 'accepted':
        this.#reach(session, frame.value.commandId, 'ACCEPTED', now)
        return
      case 'started':
        this.#reach(session, frame.value.commandId, 'RUNNING', now)
        return
      case 'progress': {
        const { commandId, outcome, page } = frame.value
        const entry = this.#reach(session, commandId, outcome ? 'RUNNING' : 'RECEIVED', now)
        if (!entry) return
        if (outcome) this.#outcome(entry.now, outcome, now)
        const accountId = entry.now.accountId ?? session.facts.accountId
        if (page && accountId !== null) this.pages.push({ accountId, page })
        return
      }
      case 'notNow': {
        const entry = this.#own(session, frame.value.commandId)
        if (!entry || isFinal(entry.now.status)) return
        entry.now = notNow(entry.now, frame.value.retryAfterMs, frame.value.code, now)
        this.#openItemsOf(entry.now.id, (item) => ({ ...item, status: 'PENDING' }))
        return
      }
      case 'rejected':
        this.#rejected(session, frame.value, now)
        return
      case 'result':
        this.#result(session, frame.value, now)
        return
      default:
        frame satisfies never
    }
  }

  #own(session: Session, commandId: string): Mutable<CommandRow> | undefined {
    const entry = this.commands.get(commandId)
    return entry?.now.deviceId === session.facts.deviceId ? entry : undefined
  }

  #reach(session: Session, commandId: string, level: 'RECEIVED' | 'ACCEPTED' | 'RUNNING', now: number) {
    const entry = this.#own(session, commandId)
    if (!entry) return undefined
    const wasProvisional = entry.now.provisional
    entry.now = reachedLevel(entry.now, level, now)
    if (wasProvisional) {
      for (const item of this.items.values()) {
        if (item.now.commandId !== commandId || !item.now.provisional) continue
        item.now = { ...item.now, status: 'DISPATCHED', provisional: false, code: null, reason: null, finishedAt: null }
      }
    }
    return entry
  }

  #rejected(session: Session, value: { commandId: string; code: string; reason: string }, now: number): void {
    const entry = this.#own(session, value.commandId)
    if (!entry || isSettled(entry.now)) return
    if (value.code === 'QUEUE_FULL') {
      entry.now = notNow(entry.now, QUEUE_FULL_RETRY_MS, value.code, now)
      this.#openItemsOf(value.commandId, (item) => ({ ...item, status: 'PENDING' }))
      return
    }
    entry.now = finished(entry.now, { status: 'FAILED', code: value.code, reason: value.reason }, now)
    this.#openItemsOf(value.commandId, (item) => ({
      ...item,
      status: 'FAILED',
      code: value.code,
      reason: value.reason,
      provisional: false,
      finishedAt: now,
    }))
  }

  #result(session: Session, result: CommandResult, now: number): void {
    const ack = (error: string): void => void this.acks.push({ session, commandId: result.commandId, error })
    const entry = this.#own(session, result.commandId)
    if (!entry) {
      this.orphans.push({ deviceId: session.facts.deviceId, result })
      return ack('')
    }
    const status = commandStatusFromWire(result.status)
    if (!result.shortForm && CommandResult.encode(result).finish().length > LARGEST_RESULT_BYTES)
      return ack('RESULT_TOO_LARGE')
    const foreign = result.items.some((outcome) => this.items.get(outcome.itemId)?.now.commandId !== result.commandId)
    if (!status || foreign) {
      if (!result.shortForm || !status) return ack('RESULT_INVALID')
    }
    if (isSettled(entry.now)) return ack('')
    for (const outcome of result.items) this.#outcome(entry.now, outcome, now)
    const rest = itemStatusWithoutOutcome(status)
    const code = result.code || (rest === 'UNKNOWN_EFFECT' ? 'UNKNOWN_EFFECT' : null)
    this.#openItemsOf(result.commandId, (item) => {
      const { reason } = result
      const ended = { ...item, status: rest, code, reason: reason || null, provisional: false, finishedAt: now }
      const back = this.#returned(entry.now, isUndone(item) ? item : ended)
      // Planned again only now: each by itself, as the phone names them, they would go out without a pace.
      return back.status === 'PENDING' ? { ...back, commandId: null } : back
    })
    entry.now = finished(entry.now, { status, code: result.code, reason: result.reason }, now)
    this.#stopAccount(entry.now, result.code, result.reason)
    ack('')
  }

  #outcome(command: CommandRow, outcome: ItemOutcome, now: number): void {
    const entry = this.items.get(outcome.itemId)
    const status = itemStatusFromWire(outcome.status)
    if (!entry || !status || entry.now.commandId !== command.id || !itemTakesOutcome(entry.now)) return
    if (status === 'RUNNING') {
      if (entry.now.status !== 'RUNNING')
        entry.now = { ...entry.now, status, provisional: false, startedAt: entry.now.startedAt ?? now }
      return
    }
    const evidence = Number(outcome.evidenceId)
    entry.now = this.#returned(command, {
      ...entry.now,
      status,
      provisional: false,
      code: outcome.code || null,
      reason: outcome.reason.slice(0, 500) || null,
      evidenceId: Number.isInteger(evidence) && evidence > 0 ? evidence : entry.now.evidenceId,
      finishedAt: now,
    })
    this.#stopAccount(command, outcome.code, outcome.reason)
  }

  /**
   * What a pause took back waits for the task to go on, and what quiet hours that began on the phone kept from being
   * done for their end.
   */
  #returned(command: CommandRow, item: ItemRow): ItemRow {
    const paused = command.cancelCode === 'PAUSED'
    if (item.status === 'CANCELLED' && paused)
      return {
        ...item,
        status: 'PENDING',
        code: null,
        reason: null,
        commandId: null,
        finishedAt: null,
        startedAt: null,
      }
    const undone = item.status === 'CANCELLED' || item.status === 'SKIPPED'
    if (!undone || item.code !== 'QUIET_HOURS' || (command.cancelRequestedAt !== null && !paused)) return item
    return { ...item, status: 'PENDING', finishedAt: null, startedAt: null }
  }

  #openItemsOf(commandId: string, change: (item: ItemRow) => ItemRow): void {
    for (const item of this.items.values()) {
      if (item.now.commandId === commandId && itemTakesOutcome(item.now)) item.now = change(item.now)
    }
  }

  #stopAccount(command: CommandRow, code: string, reason: string): void {
    if (command.accountId !== null && isErrorCode(code) && errorInfo(code).stops === 'account') {
      this.stops.push({ accountId: command.accountId, code, reason: reason || errorInfo(code).meaning })
    }
  }
}

/** The phone sent it back, with the reason still on it. */
const isUndone = (item: ItemRow): boolean => item.status === 'PENDING' && item.code === 'QUIET_HOURS'
