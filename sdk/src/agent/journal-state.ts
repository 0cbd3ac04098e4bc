import { Command, CommandResult, type ErrorCode, type ItemOutcome } from '@muster/proto'
import type { ItemMemory, SpendKind } from './handlers.ts'

export type JournalLevel = 'RECEIVED' | 'ACCEPTED' | 'STARTED' | 'FINISHED'
export interface CancelRequest {
  readonly code: ErrorCode
  readonly reason: string
}

/** One line of the file. Items are named by the plane's item ids, which no two commands share. */
export type JournalRecord =
  | { readonly t: 'journal'; readonly id: string }
  | { readonly t: 'epoch'; readonly epoch: number }
  | { readonly t: 'received'; readonly id: string; readonly command: string }
  | { readonly t: 'level'; readonly id: string; readonly level: 'ACCEPTED' | 'STARTED' }
  | {
      readonly t: 'cancel'
      readonly id: string
      readonly items?: readonly string[]
      readonly code: ErrorCode
      readonly reason: string
      /** Milliseconds since 1970. */
      readonly at?: number | undefined
    }
  | { readonly t: 'stop'; readonly id: string; readonly code: ErrorCode; readonly reason: string }
  | { readonly t: 'began'; readonly id: string; readonly item: string }
  | {
      readonly t: 'intent'
      readonly id: string
      readonly item: string
      readonly part: number
      readonly baseline: unknown
      /** Absent, with the day, for an effect that counts for no cap. */
      readonly spend?: SpendKind
      readonly day?: string
    }
  | {
      readonly t: 'done'
      readonly id: string
      readonly item: string
      readonly part: number
      /** JSON of what the part answered. */
      readonly answer?: string
    }
  | { readonly t: 'withdrawn'; readonly id: string; readonly item: string; readonly part: number }
  | { readonly t: 'outcome'; readonly id: string; readonly item: string; readonly outcome: ItemOutcome }
  | { readonly t: 'result'; readonly id: string; readonly result: string }
  | { readonly t: 'acked'; readonly id: string; readonly at: number }
  | { readonly t: 'spent'; readonly item: string; readonly kind: SpendKind; readonly day: string }

interface ItemState {
  /** The plane may have been told that it has begun. */
  began: boolean
  doneParts: number
  openIntent: ItemMemory['openIntent']
  answer: string | undefined
  outcome: ItemOutcome | undefined
}

/** What the journal knows of one command. */
export interface JournalEntry {
  readonly commandId: string
  /** Absent for a command that was cancelled before it arrived, and once its result is acknowledged. */
  command: Command | undefined
  level: JournalLevel
  cancel: CancelRequest | undefined
  /** When the last cancel came. */
  cancelledAt: number | undefined
  readonly cancelledItems: Map<string, CancelRequest>
  /** What the phone showed while the command ran, and the account has to stop for. */
  stop: CancelRequest | undefined
  readonly items: Map<string, ItemState>
  result: CommandResult | undefined
  ackedAt: number | undefined
}

const KEPT_MS = 8 * 24 * 60 * 60 * 1000
const SPENDS_KEPT_DAYS = 3
const DAY_MS = 24 * 60 * 60 * 1000

/** What the records of a journal add up to. No I/O. */
export class JournalState {
  readonly entries = new Map<string, JournalEntry>()
  /** Effects by item id. */
  readonly spends = new Map<string, { kind: SpendKind; day: string }>()
  id = ''
  epoch = 0

  apply(record: JournalRecord): void {
    switch (record.t) {
      case 'journal':
        this.id = record.id
        return
      case 'epoch':
        this.epoch = Math.max(this.epoch, record.epoch)
        return
      case 'spent':
        this.spends.set(record.item, { kind: record.kind, day: record.day })
        return
      case 'received':
      case 'level':
      case 'stop':
      case 'began':
      case 'intent':
      case 'done':
      case 'withdrawn':
      case 'outcome':
      case 'result':
      case 'acked':
      case 'cancel':
        this.#applyTo(this.#make(record.id), record)
    }
  }

  #applyTo(entry: JournalEntry, record: Exclude<JournalRecord, { t: 'journal' | 'epoch' | 'spent' }>): void {
    switch (record.t) {
      case 'received':
        if (entry.command) return
        entry.command = Command.decode(Buffer.from(record.command, 'base64'))
        // Its turn is that of its arrival, not that of a cancel which overtook it.
        this.entries.delete(entry.commandId)
        this.entries.set(entry.commandId, entry)
        return
      case 'level':
        entry.level = record.level
        return
      case 'cancel': {
        const { code, reason } = record
        for (const item of record.items ?? []) entry.cancelledItems.set(item, { code, reason })
        if (!record.items) entry.cancel = { code, reason }
        entry.cancelledAt = record.at
        return
      }
      case 'stop':
        entry.stop ??= { code: record.code, reason: record.reason }
        return
      case 'began':
        this.#item(entry, record.item).began = true
        return
      case 'intent':
        this.#item(entry, record.item).began = true
        this.#item(entry, record.item).openIntent = { part: record.part, baseline: record.baseline }
        // By item id: a replay of the same item spends nothing more.
        if (record.spend !== undefined && !this.spends.has(record.item))
          this.spends.set(record.item, { kind: record.spend, day: record.day ?? '' })
        return
      case 'done': {
        const item = this.#item(entry, record.item)
        item.doneParts = Math.max(item.doneParts, record.part + 1)
        item.openIntent = undefined
        item.answer = record.answer
        return
      }
      case 'withdrawn':
        this.#item(entry, record.item).openIntent = undefined
        return
      case 'outcome':
        this.#item(entry, record.item).outcome = record.outcome
        return
      case 'result':
        entry.result = CommandResult.decode(Buffer.from(record.result, 'base64'))
        entry.level = 'FINISHED'
        return
      case 'acked':
        entry.ackedAt = record.at
        entry.level = 'FINISHED'
        entry.command = undefined
        entry.items.clear()
        return
      default:
        record satisfies never
    }
  }

  #make(commandId: string): JournalEntry {
    const known = this.entries.get(commandId)
    if (known) return known
    const entry: JournalEntry = {
      commandId,
      command: undefined,
      level: 'RECEIVED',
      cancel: undefined,
      cancelledAt: undefined,
      cancelledItems: new Map(),
      stop: undefined,
      items: new Map(),
      result: undefined,
      ackedAt: undefined,
    }
    this.entries.set(commandId, entry)
    return entry
  }

  #item(entry: JournalEntry, itemId: string): ItemState {
    const known = entry.items.get(itemId)
    if (known) return known
    const item: ItemState = { began: false, doneParts: 0, openIntent: undefined, answer: undefined, outcome: undefined }
    entry.items.set(itemId, item)
    return item
  }

  /**
   * Drops what nobody will ask for again. Acknowledged commands are kept longer than any delivery deadline, so that a
   * late redelivery is known; so is a cancel whose command has not come.
   */
  forget(now: number): void {
    for (const entry of this.entries.values()) {
      const { commandId, command, result } = entry
      const closedAt = entry.ackedAt ?? (command || result ? now : (entry.cancelledAt ?? 0))
      if (closedAt < now - KEPT_MS) this.entries.delete(commandId)
    }
    const oldest = new Date(now - SPENDS_KEPT_DAYS * DAY_MS).toISOString().slice(0, 10)
    for (const [item, { day }] of this.spends) if (day < oldest) this.spends.delete(item)
  }

  /** The fewest records that add up to the same. */
  *snapshot(): Generator<JournalRecord> {
    yield { t: 'journal', id: this.id }
    yield { t: 'epoch', epoch: this.epoch }
    for (const [item, { kind, day }] of this.spends) yield { t: 'spent', item, kind, day }
    for (const entry of this.entries.values()) yield* snapshotOf(entry)
  }
}

function* snapshotOf(entry: JournalEntry): Generator<JournalRecord> {
  const id = entry.commandId
  if (entry.command)
    yield { t: 'received', id, command: Buffer.from(Command.encode(entry.command).finish()).toString('base64') }
  if (entry.level === 'ACCEPTED' || entry.level === 'STARTED') yield { t: 'level', id, level: entry.level }
  const at = entry.cancelledAt
  if (entry.cancel) yield { t: 'cancel', id, ...entry.cancel, at }
  for (const [item, request] of entry.cancelledItems) yield { t: 'cancel', id, items: [item], ...request, at }
  if (entry.stop && entry.ackedAt === undefined) yield { t: 'stop', id, ...entry.stop }
  for (const [item, state] of entry.items) {
    if (state.began) yield { t: 'began', id, item }
    const answer = state.answer === undefined ? {} : { answer: state.answer }
    if (state.doneParts > 0) yield { t: 'done', id, item, part: state.doneParts - 1, ...answer }
    // Its spend stands above, by item id.
    if (state.openIntent) yield { t: 'intent', id, item, ...state.openIntent }
    if (state.outcome) yield { t: 'outcome', id, item, outcome: state.outcome }
  }
  if (entry.result && entry.command?.effectClass !== 'EFFECT_CLASS_READ') {
    yield { t: 'result', id, result: Buffer.from(CommandResult.encode(entry.result).finish()).toString('base64') }
  }
  if (entry.ackedAt !== undefined) yield { t: 'acked', id, at: entry.ackedAt }
}
