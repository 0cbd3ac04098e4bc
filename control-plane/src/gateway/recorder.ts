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
import type { Transaction } from 'sequelize'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { rows } from '../database/table.ts'
import type { FaultPoints } from '../fault-points.ts'
import type { AccountGuard, EventLog, NewEvent, SyncSink, TaskProgress } from '../ports.ts'
import type { CommandRow } from '../tasks/command-model.ts'
import type { ItemRow, ItemStatus } from '../tasks/model.ts'
import {
  finished,
  isFinal,
  isSettled,
  itemStatusWithoutOutcome,
  itemTakesOutcome,
  notNow,
  reachedLevel,
} from './command-state.ts'
import type { CommandWriter } from './command-writer.ts'
import type { Session } from './session.ts'

const LARGEST_RESULT_BYTES = 256 * 1024
const FRAMES_PER_WRITE = 500
const QUEUE_FULL_RETRY_MS = 5000

export type RecordedFrame = Extract<
  NonNullable<AgentFrame['frame']>,
  { $case: 'received' | 'accepted' | 'rejected' | 'notNow' | 'started' | 'progress' | 'result' }
>

export interface RecorderDeps {
  readonly db: Database
  readonly clock: Clock
  readonly faults: FaultPoints
  readonly log: Logger
  readonly events: EventLog
  readonly progress: TaskProgress
  readonly guard: AccountGuard
  readonly sink: SyncSink
  readonly writer: CommandWriter
  /** Told after the commit which of a session's commands have ended. */
  onFinished(session: Session, commandIds: readonly string[]): void
}

interface Entry {
  readonly session: Session
  readonly frame: RecordedFrame
}

/** One write's work: rows as they were and as they become. */
interface Ledger {
  readonly commands: Map<string, { before: CommandRow; now: CommandRow }>
  readonly items: Map<string, { before: ItemRow; now: ItemRow }>
  readonly pages: { accountId: number; page: SyncPage }[]
  readonly stops: { accountId: number; code: ErrorCode; reason: string }[]
  readonly orphans: { deviceId: number; result: CommandResult }[]
  readonly acks: { session: Session; commandId: string; error: string }[]
}

/**
 * Writes what agents say: many frames in one transaction when busy, at once when idle. A result is acknowledged only
 * after it is committed; saying it again changes nothing.
 */
export class Recorder {
  readonly #deps: RecorderDeps
  #queue: Entry[] = []
  #running: Promise<void> | undefined

  constructor(deps: RecorderDeps) {
    this.#deps = deps
  }

  record(session: Session, frame: RecordedFrame): void {
    this.#queue.push({ session, frame })
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined
    })
  }

  /** Resolves when everything said so far is written. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #drain(): Promise<void> {
    // One turn of the event loop: frames that arrived together are written together.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      const some = this.#queue.slice(0, FRAMES_PER_WRITE)
      this.#queue = this.#queue.slice(FRAMES_PER_WRITE)
      try {
        await this.#write(some)
      } catch (error) {
        // Nothing was acknowledged, so the agents say it all again when they come back.
        this.#deps.log.error({ err: error }, 'what agents said could not be written; their streams are ended')
        for (const session of new Set(some.map((entry) => entry.session))) {
          session.end({
            $case: 'error',
            value: { code: 'UNAVAILABLE', message: 'could not be recorded', retryable: true, retryAfterMs: 1000 },
          })
        }
      }
    }
  }

  async #write(entries: readonly Entry[]): Promise<void> {
    const { db, faults } = this.#deps
    faults.hit('record.commit.before')
    const ledger = await db.write(async (tx) => {
      const known = await this.#open(tx, entries)
      for (const entry of entries) this.#apply(known, entry)
      await this.#save(tx, known)
      return known
    })
    faults.hit('record.commit.after')
    for (const [session, acks] of Map.groupBy(ledger.acks, (ack) => ack.session)) {
      for (const [error, same] of Map.groupBy(acks, (ack) => ack.error)) {
        session.send({ $case: 'resultAck', value: { commandIds: same.map((ack) => ack.commandId), error } })
      }
      this.#deps.onFinished(
        session,
        acks.filter((ack) => ack.error === '').map((ack) => ack.commandId),
      )
    }
    const put = entries.filter(({ frame }) => frame.$case === 'notNow' || frame.$case === 'rejected')
    for (const { session, frame } of put)
      if ('commandId' in frame.value) this.#deps.onFinished(session, [frame.value.commandId])
    faults.hit('record.ack.after')
  }

  async #open(tx: Transaction, entries: readonly Entry[]): Promise<Ledger> {
    const { commands, items } = this.#deps.db.models
    const ids = [...new Set(entries.flatMap(({ frame }) => commandIdsOf(frame)))]
    const found = await rows(commands, { where: { id: ids }, transaction: tx })
    const withItems = new Set(
      entries.flatMap(({ frame }) =>
        frame.$case === 'received' || frame.$case === 'accepted' || frame.$case === 'started'
          ? []
          : commandIdsOf(frame),
      ),
    )
    const reopened = found.filter((command) => command.provisional).map((command) => command.id)
    const itemRows = await rows(items, { where: { commandId: [...withItems, ...reopened] }, transaction: tx })
    return {
      commands: new Map(found.map((command) => [command.id, { before: command, now: command }])),
      items: new Map(itemRows.map((item) => [String(item.id), { before: item, now: item }])),
      pages: [],
      stops: [],
      orphans: [],
      acks: [],
    }
  }

  #apply(ledger: Ledger, { session, frame }: Entry): void {
    const now = this.#deps.clock.now().getTime()
    switch (frame.$case) {
      case 'received':
        for (const id of frame.value.commandIds) this.#reach(ledger, session, id, 'RECEIVED', now)
        return
      case 'accepted':
        this.#reach(ledger, session, frame.value.commandId, 'ACCEPTED', now)
        return
      case 'started':
        this.#reach(ledger, session, frame.value.commandId, 'RUNNING', now)
        return
      case 'progress': {
        const { commandId, outcome, page } = frame.value
        const entry = this.#reach(ledger, session, commandId, outcome ? 'RUNNING' : 'RECEIVED', now)
        if (!entry) return
        if (outcome) this.#outcome(ledger, entry.now, outcome, now)
        const accountId = entry.now.accountId ?? session.facts.accountId
        if (page && accountId !== null) ledger.pages.push({ accountId, page })
        return
      }
      case 'notNow': {
        const entry = this.#own(ledger, session, frame.value.commandId)
        if (!entry || isFinal(entry.now.status)) return
        entry.now = notNow(entry.now, frame.value.retryAfterMs, frame.value.code, now)
        this.#openItemsOf(ledger, entry.now.id, (item) => ({ ...item, status: 'PENDING' }))
        return
      }
      case 'rejected':
        this.#rejected(ledger, session, frame.value, now)
        return
      case 'result':
        this.#result(ledger, session, frame.value, now)
        return
      default:
        frame satisfies never
    }
  }

  #own(ledger: Ledger, session: Session, commandId: string): { before: CommandRow; now: CommandRow } | undefined {
    const entry = ledger.commands.get(commandId)
    return entry?.now.deviceId === session.facts.deviceId ? entry : undefined
  }

  #reach(ledger: Ledger, session: Session, commandId: string, level: 'RECEIVED' | 'ACCEPTED' | 'RUNNING', now: number) {
    const entry = this.#own(ledger, session, commandId)
    if (!entry) return undefined
    const wasProvisional = entry.now.provisional
    entry.now = reachedLevel(entry.now, level, now)
    if (wasProvisional) {
      for (const item of ledger.items.values()) {
        if (item.now.commandId !== commandId || !item.now.provisional) continue
        item.now = { ...item.now, status: 'DISPATCHED', provisional: false, code: null, reason: null, finishedAt: null }
      }
    }
    return entry
  }

  #rejected(
    ledger: Ledger,
    session: Session,
    value: { commandId: string; code: string; reason: string },
    now: number,
  ): void {
    const entry = this.#own(ledger, session, value.commandId)
    if (!entry || isSettled(entry.now)) return
    if (value.code === 'QUEUE_FULL') {
      entry.now = notNow(entry.now, QUEUE_FULL_RETRY_MS, value.code, now)
      this.#openItemsOf(ledger, value.commandId, (item) => ({ ...item, status: 'PENDING' }))
      return
    }
    entry.now = finished(entry.now, { status: 'FAILED', code: value.code, reason: value.reason }, now)
    this.#openItemsOf(ledger, value.commandId, (item) => ({
      ...item,
      status: 'FAILED',
      code: value.code,
      reason: value.reason,
      provisional: false,
      finishedAt: now,
    }))
  }

  #result(ledger: Ledger, session: Session, result: CommandResult, now: number): void {
    const ack = (error: string): void => void ledger.acks.push({ session, commandId: result.commandId, error })
    const entry = this.#own(ledger, session, result.commandId)
    if (!entry) {
      ledger.orphans.push({ deviceId: session.facts.deviceId, result })
      return ack('')
    }
    const status = commandStatusFromWire(result.status)
    if (!result.shortForm && CommandResult.encode(result).finish().length > LARGEST_RESULT_BYTES)
      return ack('RESULT_TOO_LARGE')
    const foreign = result.items.some((outcome) => ledger.items.get(outcome.itemId)?.now.commandId !== result.commandId)
    if (!status || foreign) {
      if (!result.shortForm || !status) return ack('RESULT_INVALID')
    }
    if (isSettled(entry.now)) return ack('')
    for (const outcome of result.items) this.#outcome(ledger, entry.now, outcome, now)
    const rest = itemStatusWithoutOutcome(status)
    const code = result.code || (rest === 'UNKNOWN_EFFECT' ? 'UNKNOWN_EFFECT' : null)
    this.#openItemsOf(ledger, result.commandId, (item) =>
      this.#returned(entry.now, {
        ...item,
        status: rest,
        code,
        reason: result.reason || null,
        provisional: false,
        finishedAt: now,
      }),
    )
    entry.now = finished(entry.now, { status, code: result.code, reason: result.reason }, now)
    this.#stopAccount(ledger, entry.now, result.code, result.reason)
    ack('')
  }

  #outcome(ledger: Ledger, command: CommandRow, outcome: ItemOutcome, now: number): void {
    const entry = ledger.items.get(outcome.itemId)
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
    this.#stopAccount(ledger, command, outcome.code, outcome.reason)
  }

  /** What a pause took back waits for the task to go on. */
  #returned(command: CommandRow, item: ItemRow): ItemRow {
    if (item.status !== 'CANCELLED' || command.cancelCode !== 'PAUSED') return item
    return { ...item, status: 'PENDING', code: null, reason: null, commandId: null, finishedAt: null, startedAt: null }
  }

  #openItemsOf(ledger: Ledger, commandId: string, change: (item: ItemRow) => ItemRow): void {
    for (const item of ledger.items.values()) {
      if (item.now.commandId === commandId && itemTakesOutcome(item.now)) item.now = change(item.now)
    }
  }

  #stopAccount(ledger: Ledger, command: CommandRow, code: string, reason: string): void {
    if (command.accountId !== null && isErrorCode(code) && errorInfo(code).stops === 'account') {
      ledger.stops.push({ accountId: command.accountId, code, reason: reason || errorInfo(code).meaning })
    }
  }

  async #save(tx: Transaction, ledger: Ledger): Promise<void> {
    const { db, events, progress, guard, sink, writer } = this.#deps
    for (const { before, now } of ledger.commands.values()) if (before !== now) await writer.save(tx, before, now)
    const changed = [...ledger.items.values()].filter(({ before, now }) => before !== now)
    const fresh: NewEvent[] = []
    for (const { before, now } of changed) {
      const { status, provisional, code, reason, commandId, startedAt, finishedAt, evidenceId } = now
      await db.models.items.update(
        { status, provisional, code, reason, commandId, startedAt, finishedAt, evidenceId },
        { where: { id: now.id }, transaction: tx },
      )
      if (before.status !== status) fresh.push({ type: 'item.updated', refId: now.id, taskId: now.taskId, status })
    }
    await events.append(tx, fresh)
    await this.#spend(
      tx,
      changed.map(({ now }) => now),
    )
    for (const { accountId, page } of ledger.pages) await sink.page(tx, accountId, page)
    for (const { accountId, code, reason } of ledger.stops) await guard.stop(tx, accountId, code, reason)
    for (const { deviceId, result } of ledger.orphans) {
      const orphan = {
        deviceId,
        commandId: result.commandId,
        body: CommandResult.toJSON(result),
        at: this.#deps.clock.now().getTime(),
      }
      await db.models.orphanResults.bulkCreate([orphan] as never[], { ignoreDuplicates: true, transaction: tx })
    }
    const ended = [...ledger.commands.values()].filter(
      ({ before, now }) => !isFinal(before.status) && isFinal(now.status),
    )
    await progress.commandsFinished(
      tx,
      ended.map(({ now }) => now.id),
    )
    await progress.itemsChanged(tx, [...new Set(changed.map(({ now }) => now.taskId))])
  }

  async #spend(tx: Transaction, changed: readonly ItemRow[]): Promise<void> {
    const counted: readonly ItemStatus[] = ['SUCCEEDED', 'UNKNOWN_EFFECT']
    const effects = changed.filter((item) => counted.includes(item.status) && item.accountId !== null)
    for (const [accountId, mine] of Map.groupBy(effects, (item) => item.accountId ?? 0))
      await this.#deps.guard.spend(tx, accountId, mine)
    const written = effects.flatMap((item) => (item.action === 'SEND' ? (item.customerId ?? []) : []))
    if (written.length === 0) return
    const lastSentAt = this.#deps.clock.now().getTime()
    await this.#deps.db.models.customers.update({ lastSentAt }, { where: { id: written }, transaction: tx })
  }
}

function commandIdsOf(frame: RecordedFrame): string[] {
  return frame.$case === 'received' ? frame.value.commandIds : [frame.value.commandId]
}
