import { Command, CommandResult, type ItemOutcome } from '@muster/proto'
import { v7 as uuidv7 } from 'uuid'
import type { AgentClock } from './clock.ts'
import type { ItemMemory, SpendKind } from './handlers.ts'
import { JournalState, type CancelRequest, type JournalEntry, type JournalRecord } from './journal-state.ts'
import { FileStorage, memoryStorage, type JournalStorage } from './journal-storage.ts'

/** Fewest lines worth writing anew; a journal whose lines are all needed doubles first. */
const COMPACT_AFTER_LINES = 20_000

/**
 * The agent's memory: what it was told and what it did, on disk before it says so. Made once per directory; its id
 * goes with every Hello, so that the plane knows when a phone lost it.
 */
export class Journal {
  readonly #storage: JournalStorage
  readonly #clock: AgentClock
  readonly #state = new JournalState()
  #lines = 0
  #compactAbove = COMPACT_AFTER_LINES
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
        journal.#state.apply(JSON.parse(line) as JournalRecord)
      } catch (error) {
        await storage.close()
        throw new Error(
          `line ${index + 1} of the journal in ${directory} cannot be read; move the directory away and enrol anew`,
          { cause: error },
        )
      }
    }
    journal.#lines = lines.length
    if (journal.id === '') await journal.#write({ t: 'journal', id: uuidv7() })
    else await journal.#compact()
    return journal
  }

  /** A journal that dies with its process. */
  static inMemory(clock: AgentClock): Journal {
    const journal = new Journal(memoryStorage, clock)
    journal.#state.apply({ t: 'journal', id: uuidv7() })
    return journal
  }

  get id(): string {
    return this.#state.id
  }

  /** The last epoch on disk. */
  get epoch(): number {
    return this.#state.epoch
  }

  entry(commandId: string): JournalEntry | undefined {
    return this.#state.entries.get(commandId)
  }

  /** Commands whose result is not acknowledged, in the order of their arrival; not those of which only a cancel came. */
  open(): JournalEntry[] {
    return [...this.#state.entries.values()].filter(
      ({ command, result, ackedAt }) => ackedAt === undefined && (command || result),
    )
  }

  recall(commandId: string, itemId: string): ItemMemory {
    const item = this.#state.entries.get(commandId)?.items.get(itemId)
    return {
      finished: item?.outcome !== undefined,
      doneParts: item?.doneParts ?? 0,
      openIntent: item?.openIntent,
      answer: item?.answer,
    }
  }

  /** Whether an effect of the item counts for a cap. */
  hasSpent(itemId: string): boolean {
    return this.#state.spends.has(itemId)
  }

  /** Effects of a kind on a day, not counting `exceptItem`. */
  spent(kind: SpendKind, day: string, exceptItem: string): number {
    let count = 0
    for (const [item, spend] of this.#state.spends)
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
    const some = items && items.length > 0 ? { items } : {}
    await this.#write({ t: 'cancel', id: commandId, ...request, ...some, at: this.#clock.now() })
  }

  async stopSeen(commandId: string, { code, reason }: CancelRequest): Promise<void> {
    await this.#write({ t: 'stop', id: commandId, code, reason })
  }

  async began(commandId: string, item: string): Promise<void> {
    await this.#write({ t: 'began', id: commandId, item })
  }

  async intent(
    commandId: string,
    item: string,
    intent: { part: number; baseline: unknown; spend?: SpendKind; day?: string },
  ): Promise<void> {
    await this.#write({ t: 'intent', id: commandId, item, ...intent })
  }

  async done(commandId: string, item: string, part: number, answer?: string): Promise<void> {
    await this.#write({ t: 'done', id: commandId, item, part, ...(answer === undefined ? {} : { answer }) })
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
    const entry = this.#state.entries.get(result.commandId)
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
      if (this.#lines > this.#compactAbove && this.#pending.length === 0) await this.#compact()
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
    this.#state.apply(record)
    this.#pending.push(`${JSON.stringify(record)}\n`)
    this.#lines++
  }

  /** Writes the state anew, without what nobody will ask for again. On a full disk the journal only stays long. */
  async #compact(): Promise<void> {
    this.#state.forget(this.#clock.now())
    const lines = [...this.#state.snapshot()].map((record) => `${JSON.stringify(record)}\n`)
    if (await this.#storage.replace(lines.join(''))) this.#lines = lines.length
    this.#compactAbove = Math.max(COMPACT_AFTER_LINES, 2 * this.#lines)
  }
}
