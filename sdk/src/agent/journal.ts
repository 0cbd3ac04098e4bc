import { Command, CommandResult, type ErrorCode, type ItemOutcome } from '@muster/proto'
import { v7 as uuidv7 } from 'uuid'
import type { AgentClock } from './clock.ts'
import type { ItemMemory, SpendKind } from './handlers.ts'
import { FileStorage, memoryStorage, type JournalStorage } from './journal-storage.ts'

export type JournalLevel = 'RECEIVED' | 'ACCEPTED' | 'STARTED' | 'FINISHED'
export interface CancelRequest {
  readonly code: ErrorCode
  readonly reason: string
}

/** One line of the file. Items are named by the plane's item ids, which no two commands share. */
type JournalRecord =
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
    }
  | {
      readonly t: 'intent'
      readonly id: string
      readonly item: string
      readonly part: number
      readonly baseline: unknown
      readonly spend: SpendKind
      readonly day: string
    }
  | { readonly t: 'done'; readonly id: string; readonly item: string; readonly part: number }
  | { readonly t: 'withdrawn'; readonly id: string; readonly item: string; readonly part: number }
  | { readonly t: 'outcome'; readonly id: string; readonly item: string; readonly outcome: ItemOutcome }
  | { readonly t: 'result'; readonly id: string; readonly result: string }
  | { readonly t: 'acked'; readonly id: string; readonly at: number }
  | { readonly t: 'spent'; readonly item: string; readonly kind: SpendKind; readonly day: string }

interface ItemState {
  doneParts: number
  openIntent: ItemMemory['openIntent']
  outcome: ItemOutcome | undefined
}

/** What the journal knows of one command. */
export interface JournalEntry {
  readonly commandId: string
  /** Absent for a command that was cancelled before it arrived, and once its result is acknowledged. */
  command: Command | undefined
  level: JournalLevel
  cancel: CancelRequest | undefined
  readonly cancelledItems: Map<string, CancelRequest>
  readonly items: Map<string, ItemState>
  result: CommandResult | undefined
  ackedAt: number | undefined
}

/** Acknowledged commands are remembered longer than any delivery deadline, so that a late redelivery is known. */
const KEPT_MS = 8 * 24 * 60 * 60 * 1000
const COMPACT_AFTER_LINES = 20_000
const SPENDS_KEPT_DAYS = 3
const DAY_MS = 24 * 60 * 60 * 1000

/**
 * The agent's memory: what it was told and what it did, on disk before it says so. Made once per directory; its id
 * goes with every Hello, so that the plane knows when a phone lost it.
 */
export class Journal {
  readonly #storage: JournalStorage
  readonly #clock: AgentClock
  readonly #entries = new Map<string, JournalEntry>()
  readonly #spends = new Map<string, { kind: SpendKind; day: string }>()
  #id = ''
  #epoch = 0
  #lines = 0
  #pending: string[] = []
  #flushing: Promise<void> | undefined
  #broken: unknown
  readonly #failure = Promise.withResolvers<Error>()

  private constructor(storage: JournalStorage, clock: AgentClock) {
    this.#storage = storage
    this.#clock = clock
  }

  /** Opens or makes the journal of a directory. Throws when another process has it, or a whole line cannot be read. */
  static async open(directory: string, clock: AgentClock): Promise<Journal> {
    const { storage, lines } = await FileStorage.open(directory)
    const journal = new Journal(storage, clock)
    for (const [index, line] of lines.entries()) {
      try {
        journal.#apply(JSON.parse(line) as JournalRecord)
      } catch (error) {
        await storage.close()
        throw new Error(
          `line ${index + 1} of the journal in ${directory} cannot be read; move the directory away and enrol anew`,
          { cause: error },
        )
      }
    }
    journal.#lines = lines.length
    if (journal.#id === '') await journal.#write({ t: 'journal', id: uuidv7() })
    else await journal.#compact()
    return journal
  }

  /** A journal that dies with its process. */
  static inMemory(clock: AgentClock): Journal {
    const journal = new Journal(memoryStorage, clock)
    journal.#apply({ t: 'journal', id: uuidv7() })
    return journal
  }

  get id(): string {
    return this.#id
  }

  /** The last epoch on disk. */
  get epoch(): number {
    return this.#epoch
  }

  entry(commandId: string): JournalEntry | undefined {
    return this.#entries.get(commandId)
  }

  /** Commands whose result is not acknowledged, in the order of their arrival. */
  open(): JournalEntry[] {
    return [...this.#entries.values()].filter((entry) => entry.ackedAt === undefined)
  }

  recall(commandId: string, itemId: string): ItemMemory {
    const item = this.#entries.get(commandId)?.items.get(itemId)
    return { finished: item?.outcome !== undefined, doneParts: item?.doneParts ?? 0, openIntent: item?.openIntent }
  }

  /** Effects of a kind on a day, not counting `exceptItem`. */
  spent(kind: SpendKind, day: string, exceptItem: string): number {
    let count = 0
    for (const [item, spend] of this.#spends)
      if (spend.kind === kind && spend.day === day && item !== exceptItem) count++
    return count
  }

  async epochSeen(epoch: number): Promise<void> {
    await this.#write({ t: 'epoch', epoch })
  }

  async received(commands: readonly Command[]): Promise<void> {
    for (const command of commands) {
      this.#record({
        t: 'received',
        id: command.commandId,
        command: Buffer.from(Command.encode(command).finish()).toString('base64'),
      })
    }
    await this.flush()
  }

  /** Not waited for: a level that is lost is only told again. */
  reached(commandId: string, level: 'ACCEPTED' | 'STARTED'): void {
    this.#record({ t: 'level', id: commandId, level })
  }

  async cancelled(commandId: string, request: CancelRequest, items?: readonly string[]): Promise<void> {
    await this.#write({ t: 'cancel', id: commandId, ...request, ...(items && items.length > 0 ? { items } : {}) })
  }

  async intent(
    commandId: string,
    item: string,
    intent: { part: number; baseline: unknown; spend: SpendKind; day: string },
  ): Promise<void> {
    await this.#write({ t: 'intent', id: commandId, item, ...intent })
  }

  async done(commandId: string, item: string, part: number): Promise<void> {
    await this.#write({ t: 'done', id: commandId, item, part })
  }

  async withdrawn(commandId: string, item: string, part: number): Promise<void> {
    await this.#write({ t: 'withdrawn', id: commandId, item, part })
  }

  async outcome(commandId: string, outcome: ItemOutcome): Promise<void> {
    await this.#write({ t: 'outcome', id: commandId, item: outcome.itemId, outcome })
  }

  async result(result: CommandResult): Promise<void> {
    await this.#write({
      t: 'result',
      id: result.commandId,
      result: Buffer.from(CommandResult.encode(result).finish()).toString('base64'),
    })
  }

  /** Keeps a result that is not worth a line: a command that only reads is run again after a kill. */
  volatileResult(result: CommandResult): void {
    const entry = this.#entries.get(result.commandId)
    if (!entry) return
    entry.result = result
    entry.level = 'FINISHED'
  }

  /** The plane has the result, or does not want it: only the id is remembered. */
  acked(commandId: string): void {
    this.#record({ t: 'acked', id: commandId, at: this.#clock.now() })
    void this.flush().catch(() => undefined)
  }

  /** Resolves when everything recorded so far is on disk. Rejects, now and for ever, once a write failed. */
  async flush(): Promise<void> {
    while (this.#pending.length > 0 || this.#flushing) {
      this.#flushing ??= this.#flushOnce().finally(() => {
        this.#flushing = undefined
      })
      await this.#flushing
    }
    if (this.#broken !== undefined) throw new Error('the journal cannot be written', { cause: this.#broken })
  }

  /** Resolves when a write failed: nothing may be done any more that has to be remembered. */
  get failed(): Promise<Error> {
    return this.#failure.promise
  }

  async close(): Promise<void> {
    await this.flush().catch(() => undefined)
    await this.#storage.close()
  }

  async #flushOnce(): Promise<void> {
    const lines = this.#pending
    this.#pending = []
    try {
      if (this.#broken === undefined && lines.length > 0) await this.#storage.append(lines.join(''))
      if (this.#lines > COMPACT_AFTER_LINES && this.#pending.length === 0) await this.#compact()
    } catch (error) {
      this.#broken = error
      this.#failure.resolve(
        new Error('the journal cannot be written; what is done would be forgotten', { cause: error }),
      )
    }
  }

  async #write(record: JournalRecord): Promise<void> {
    this.#record(record)
    await this.flush()
  }

  #record(record: JournalRecord): void {
    this.#apply(record)
    this.#pending.push(`${JSON.stringify(record)}\n`)
    this.#lines++
  }

  #apply(record: JournalRecord): void {
    switch (record.t) {
      case 'journal':
        this.#id = record.id
        return
      case 'epoch':
        this.#epoch = Math.max(this.#epoch, record.epoch)
        return
      case 'spent':
        this.#spends.set(record.item, { kind: record.kind, day: record.day })
        return
      case 'received':
      case 'level':
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
        entry.command ??= Command.decode(Buffer.from(record.command, 'base64'))
        return
      case 'level':
        entry.level = record.level
        return
      case 'cancel': {
        const { code, reason } = record
        for (const item of record.items ?? []) entry.cancelledItems.set(item, { code, reason })
        if (!record.items) entry.cancel = { code, reason }
        return
      }
      case 'intent':
        this.#item(entry, record.item).openIntent = { part: record.part, baseline: record.baseline }
        // By item id: a replay of the same item spends nothing more.
        if (!this.#spends.has(record.item)) this.#spends.set(record.item, { kind: record.spend, day: record.day })
        return
      case 'done': {
        const item = this.#item(entry, record.item)
        item.doneParts = Math.max(item.doneParts, record.part + 1)
        item.openIntent = undefined
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
    const known = this.#entries.get(commandId)
    if (known) return known
    const entry: JournalEntry = {
      commandId,
      command: undefined,
      level: 'RECEIVED',
      cancel: undefined,
      cancelledItems: new Map(),
      items: new Map(),
      result: undefined,
      ackedAt: undefined,
    }
    this.#entries.set(commandId, entry)
    return entry
  }

  #item(entry: JournalEntry, itemId: string): ItemState {
    const known = entry.items.get(itemId)
    if (known) return known
    const item: ItemState = { doneParts: 0, openIntent: undefined, outcome: undefined }
    entry.items.set(itemId, item)
    return item
  }

  /** Writes the state anew, without what nobody will ask for again. */
  async #compact(): Promise<void> {
    const now = this.#clock.now()
    for (const entry of this.#entries.values()) {
      if (entry.ackedAt !== undefined && entry.ackedAt < now - KEPT_MS) this.#entries.delete(entry.commandId)
    }
    const oldest = new Date(now - SPENDS_KEPT_DAYS * DAY_MS).toISOString().slice(0, 10)
    for (const [item, { day }] of this.#spends) if (day < oldest) this.#spends.delete(item)
    const lines = [...this.#snapshot()].map((record) => `${JSON.stringify(record)}\n`)
    this.#lines = lines.length
    await this.#storage.replace(lines.join(''))
  }

  *#snapshot(): Generator<JournalRecord> {
    yield { t: 'journal', id: this.#id }
    yield { t: 'epoch', epoch: this.#epoch }
    for (const [item, { kind, day }] of this.#spends) yield { t: 'spent', item, kind, day }
    for (const entry of this.#entries.values()) yield* snapshotOf(entry)
  }
}

function* snapshotOf(entry: JournalEntry): Generator<JournalRecord> {
  const id = entry.commandId
  if (entry.command)
    yield { t: 'received', id, command: Buffer.from(Command.encode(entry.command).finish()).toString('base64') }
  if (entry.level === 'ACCEPTED' || entry.level === 'STARTED') yield { t: 'level', id, level: entry.level }
  if (entry.cancel) yield { t: 'cancel', id, ...entry.cancel }
  for (const [item, request] of entry.cancelledItems) yield { t: 'cancel', id, items: [item], ...request }
  for (const [item, state] of entry.items) {
    if (state.doneParts > 0) yield { t: 'done', id, item, part: state.doneParts - 1 }
    if (state.openIntent) yield { t: 'intent', id, item, ...state.openIntent, spend: 'messages', day: '' }
    if (state.outcome) yield { t: 'outcome', id, item, outcome: state.outcome }
  }
  if (entry.result && entry.command?.effectClass !== 'EFFECT_CLASS_READ') {
    yield { t: 'result', id, result: Buffer.from(CommandResult.encode(entry.result).finish()).toString('base64') }
  }
  if (entry.ackedAt !== undefined) yield { t: 'acked', id, at: entry.ackedAt }
}
