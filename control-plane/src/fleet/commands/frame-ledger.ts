import {
  Command,
  CommandResult,
  commandStatusFromWire,
  errorInfo,
  isErrorCode,
  itemIdsOf,
  itemStatusFromWire,
  type AgentFrame,
  type ErrorCode,
  type ItemOutcome,
  type SyncPage,
} from '@muster/proto'
import type { Change } from '../../infra/database/statements.ts'
import type { CommandHead } from '../../infra/database/tables/commands.ts'
import type { ItemHead } from '../../infra/database/tables/tasks.ts'
import { givenBack, returnedItem, stopOf } from './stop-rules.ts'
import {
  EFFECTS,
  finished,
  isFinal,
  isSettled,
  itemStatusWithoutOutcome,
  itemTakesOutcome,
  notNow,
  reachedLevel,
  type Level,
} from './state.ts'
import { isCode, isOutcome } from './frame-check.ts'
import type { LedgerSession } from './session-facts.ts'

const LARGEST_RESULT_BYTES = 256 * 1024
const LONGEST_REASON = 500
const QUEUE_FULL_RETRY_MS = 5000

export type RecordedFrame = Extract<
  NonNullable<AgentFrame['frame']>,
  { $case: 'received' | 'accepted' | 'rejected' | 'notNow' | 'started' | 'progress' | 'result' }
>

/** A frame and the session it came from. */
export interface Said {
  readonly session: LedgerSession
  readonly frame: RecordedFrame
}

type Mutable<Row> = { -readonly [K in keyof Change<Row>]: Row }

/** Applies many frames to the rows they name: the work of one write, without I/O. */
export class FrameLedger {
  readonly commands: ReadonlyMap<string, Mutable<CommandHead>>
  readonly items: ReadonlyMap<string, Mutable<ItemHead>>
  readonly pages: { accountId: number; page: SyncPage }[] = []
  readonly stops: { accountId: number; code: ErrorCode; reason: string }[] = []
  readonly orphans: { deviceId: number; result: CommandResult }[] = []
  readonly acks: { session: LedgerSession; commandId: string; error: string }[] = []
  /** Item ids in a command's payload, by command; filled when first asked for. */
  readonly #itemIds = new Map<string, ReadonlySet<string>>()
  readonly #payloads: ReadonlyMap<string, Uint8Array>
  /** Commands a phone still holds although the plane has ended them. */
  readonly cancels: { session: LedgerSession; commandId: string }[] = []

  /**
   * @param items of the commands, and those the frames name; may be left out for commands that only reach a level
   * @param payloads of commands for which frames name items that are not theirs now
   */
  constructor(
    commands: readonly CommandHead[],
    items: readonly ItemHead[],
    payloads: ReadonlyMap<string, Uint8Array> = new Map(),
  ) {
    this.#payloads = payloads
    this.commands = new Map(commands.map((command) => [command.id, { before: command, after: command }]))
    this.items = new Map(items.map((item) => [String(item.id), { before: item, after: item }]))
  }

  /** @param nowMs milliseconds since 1970 */
  apply({ session, frame }: Said, nowMs: number): void {
    switch (frame.$case) {
      case 'received':
        for (const id of frame.value.commandIds) this.#goesOn(session, id, 'RECEIVED', nowMs)
        return
      case 'accepted':
        this.#goesOn(session, frame.value.commandId, 'ACCEPTED', nowMs)
        return
      case 'started':
        this.#goesOn(session, frame.value.commandId, 'RUNNING', nowMs)
        return
      case 'progress': {
        const { commandId, outcome, page } = frame.value
        const entry = this.#reach(session, commandId, outcome ? 'RUNNING' : 'RECEIVED', nowMs)
        if (!entry) return
        if (outcome) this.#outcome(session, entry.after, outcome, nowMs)
        const accountId = entry.after.accountId ?? session.facts.accountId
        if (page && accountId !== null) this.pages.push({ accountId, page })
        return
      }
      case 'notNow': {
        const entry = this.#own(session, frame.value.commandId)
        if (!entry || isFinal(entry.after.status)) return
        const { retryAfterMs, code, reason } = frame.value
        // As the command still stands: written in this session, under the account the phone had shown.
        if (code === 'LOGIN_REQUIRED') this.#stopAccount(session, entry.after, code, reason)
        this.#putBack(entry, retryAfterMs, code, nowMs)
        return
      }
      case 'rejected':
        this.#rejected(session, frame.value, nowMs)
        return
      case 'result':
        this.#result(session, frame.value, nowMs)
        return
      default:
        frame satisfies never
    }
  }

  #own(session: LedgerSession, commandId: string): Mutable<CommandHead> | undefined {
    const entry = this.commands.get(commandId)
    return entry?.after.deviceId === session.facts.deviceId ? entry : undefined
  }

  /** Cancels a command that the plane has ended or does not know: the Hello may have been too early to say so. */
  #goesOn(session: LedgerSession, commandId: string, level: Level, nowMs: number): void {
    const entry = this.#reach(session, commandId, level, nowMs)
    if (!entry || isFinal(entry.after.status)) this.cancels.push({ session, commandId })
  }

  #reach(session: LedgerSession, commandId: string, level: Level, nowMs: number) {
    const entry = this.#own(session, commandId)
    if (!entry) return undefined
    const wasProvisional = entry.after.provisional
    entry.after = reachedLevel(entry.after, level, nowMs)
    if (wasProvisional && !entry.after.provisional) {
      for (const item of this.items.values()) {
        if (item.after.commandId !== commandId || !item.after.provisional) continue
        item.after = {
          ...item.after,
          status: 'DISPATCHED',
          provisional: false,
          code: null,
          reason: null,
          finishedAt: null,
        }
      }
    }
    return entry
  }

  #rejected(session: LedgerSession, value: { commandId: string; code: string; reason: string }, nowMs: number): void {
    const entry = this.#own(session, value.commandId)
    if (!entry || isSettled(entry.after)) return
    if (value.code === 'QUEUE_FULL') return this.#putBack(entry, QUEUE_FULL_RETRY_MS, value.code, nowMs)
    entry.after = finished(entry.after, { status: 'FAILED', code: value.code, reason: value.reason }, nowMs)
    this.#openItemsOf(value.commandId, (item) => ({
      ...item,
      status: 'FAILED',
      code: value.code,
      reason: value.reason,
      provisional: false,
      finishedAt: nowMs,
    }))
  }

  /** The phone did not keep the command. */
  #putBack(entry: Mutable<CommandHead>, retryAfterMs: number, code: string, nowMs: number): void {
    const stop = stopOf(entry.after)
    this.#openItemsOf(entry.after.id, (item) => returnedItem(item, stop, nowMs))
    entry.after = notNow(entry.after, retryAfterMs, code, nowMs)
  }

  #result(session: LedgerSession, said: CommandResult, nowMs: number): void {
    const ack = (error: string): void => void this.acks.push({ session, commandId: said.commandId, error })
    const entry = this.#own(session, said.commandId)
    const result = readable(said)
    if (!result) return ack('RESULT_TOO_LARGE')
    if (!entry) {
      this.orphans.push({ deviceId: session.facts.deviceId, result })
      return ack('')
    }
    const status = commandStatusFromWire(result.status)
    const foreign = result.items.some(({ itemId }) => !this.#isOf(entry.after, itemId))
    const malformed = foreign || !isCode(result.code) || !result.items.every(isOutcome)
    if (!status || (malformed && !result.shortForm)) return ack('RESULT_INVALID')
    for (const outcome of result.items) this.#outcome(session, entry.after, outcome, nowMs)
    if (isSettled(entry.after)) return ack('')
    const rest = itemStatusWithoutOutcome(status)
    const code = result.code || (rest === 'UNKNOWN_EFFECT' ? 'UNKNOWN_EFFECT' : null)
    const stop = stopOf(entry.after)
    this.#openItemsOf(result.commandId, (item) => {
      // Planned again only now: each by itself, as the phone names them, they would go out without a pace.
      if (isUndone(item)) return stop ? returnedItem(item, stop, nowMs) : { ...item, commandId: null }
      const reason = result.reason.slice(0, LONGEST_REASON) || null
      const ended = { ...item, status: rest, code, reason, provisional: false, finishedAt: nowMs }
      return this.#asAsked(entry.after, ended)
    })
    entry.after = finished(entry.after, { status, code: result.code, reason: result.reason }, nowMs)
    this.#stopAccount(session, entry.after, result.code, result.reason)
    ack('')
  }

  #outcome(session: LedgerSession, command: CommandHead, outcome: ItemOutcome, nowMs: number): void {
    const entry = this.items.get(outcome.itemId)
    const status = itemStatusFromWire(outcome.status)
    if (!entry || !status || !itemTakesOutcome(entry.after)) return
    // An item that left the command, by a pause or to be tried again, takes only what must never be done again.
    const stays = entry.after.commandId === command.id
    if (!stays && !(EFFECTS.has(status) && this.#isOf(command, outcome.itemId))) return
    if (status === 'RUNNING') {
      if (entry.after.status !== 'RUNNING' && !isFinal(command.status))
        entry.after = { ...entry.after, status, provisional: false, startedAt: entry.after.startedAt ?? nowMs }
      return
    }
    const evidence = Number(outcome.evidenceId)
    entry.after = this.#asAsked(command, {
      ...entry.after,
      status,
      commandId: command.id,
      provisional: false,
      code: outcome.code || null,
      reason: outcome.reason.slice(0, LONGEST_REASON) || null,
      evidenceId: Number.isInteger(evidence) && evidence > 0 ? evidence : entry.after.evidenceId,
      result: status === 'SUCCEEDED' ? (outcome.resultJson ?? null) : null,
      finishedAt: nowMs,
    })
    this.#stopAccount(session, command, outcome.code, outcome.reason)
  }

  /**
   * An item that a pause took back waits for the task to be resumed; one that quiet hours on the phone kept from being
   * done waits for their end. A cancelled item takes the code and reason of the stop that was asked for.
   */
  #asAsked(command: CommandHead, item: ItemHead): ItemHead {
    const stop = stopOf(command)
    const paused = stop?.code === 'PAUSED'
    if (item.status === 'CANCELLED' && paused) return givenBack(item)
    const undone = item.status === 'CANCELLED' || item.status === 'SKIPPED'
    if (undone && item.code === 'QUIET_HOURS' && (!stop || paused))
      return { ...item, status: 'PENDING', finishedAt: null, startedAt: null }
    return item.status === 'CANCELLED' && stop ? { ...item, ...stop } : item
  }

  /** Whether the item is one of the command, though it may have left it since. */
  #isOf(command: CommandHead, itemId: string): boolean {
    const item = this.items.get(itemId)
    if (!item) return false
    const tied = item.after.commandId === command.id || item.before.commandId === command.id
    return tied || this.#itemIdsOf(command.id).has(itemId)
  }

  #itemIdsOf(commandId: string): ReadonlySet<string> {
    const known = this.#itemIds.get(commandId)
    if (known) return known
    const { payload } = Command.decode(this.#payloads.get(commandId) ?? new Uint8Array())
    const made = new Set(payload ? itemIdsOf(payload) : [])
    this.#itemIds.set(commandId, made)
    return made
  }

  #openItemsOf(commandId: string, change: (item: ItemHead) => ItemHead): void {
    for (const item of this.items.values()) {
      if (item.after.commandId === commandId && itemTakesOutcome(item.after)) item.after = change(item.after)
    }
  }

  #stopAccount({ facts }: LedgerSession, command: CommandHead, code: string, reason: string): void {
    if (!isErrorCode(code) || errorInfo(code).stops !== 'account') return
    // In an earlier session the phone showed the account that the command was written for.
    const seenNow = command.epoch === facts.epoch ? facts.accountId : null
    const accountId = seenNow ?? command.accountId ?? facts.accountId
    if (accountId !== null) this.stops.push({ accountId, code, reason: reason || errorInfo(code).meaning })
  }
}

/** The phone sent the item back, with the reason still on it. */
const isUndone = (item: ItemHead): boolean => item.status === 'PENDING' && item.code === 'QUIET_HOURS'

/** A result in short form is taken with what can be read of it; undefined for any other that is too large to keep. */
function readable(result: CommandResult): CommandResult | undefined {
  const large = CommandResult.encode(result).finish().length > LARGEST_RESULT_BYTES
  if (!result.shortForm) return large ? undefined : result
  const code = isCode(result.code) ? result.code : ''
  const reason = result.reason.slice(0, LONGEST_REASON)
  return { ...result, code, reason, items: large ? [] : result.items.filter(isOutcome) }
}
