import { setImmediate as endOfTurn } from 'node:timers/promises'
import { CommandResult } from '@muster/proto'
import type { Transaction } from 'sequelize'
import type { Logger } from 'pino'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { dropOld } from '../../infra/database/retention.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { pick } from '../../infra/database/statements.ts'
import { columnsBut } from '../../infra/database/table.ts'
import type { FaultPoints } from '../../infra/fault-points.ts'
import type { AccountGuard, SyncSink, TaskProgress } from '../../ports.ts'
import { isFinal } from './state.ts'
import type { ItemLedger } from './items.ts'
import type { CommandQueue } from './queue.ts'
import type { CommandWriter } from './writer.ts'
import { overtaken } from './fencing.ts'
import { FrameLedger, type RecordedFrame, type Said } from './frame-ledger.ts'
import { sessionError, STALE, type LedgerSession } from './session-facts.ts'

const FRAMES_PER_WRITE = 500
const ORPHANS_KEPT_MS = 90 * 24 * 60 * 60 * 1000
const ENDED_HERE = 'the plane has ended it'

export interface RecorderDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'orphanResults'>
  readonly clock: Clock
  readonly faults: FaultPoints
  readonly log: Logger
  readonly progress: TaskProgress
  readonly guard: Pick<AccountGuard, 'stop'>
  readonly sink: SyncSink
  readonly writer: CommandWriter
  readonly items: ItemLedger
  readonly queue: CommandQueue
}

/**
 * Writes the agents' frames: many in one transaction when busy, at once when idle. A result is acknowledged only after
 * it is committed; the same result again changes nothing.
 */
export class Recorder {
  readonly #deps: RecorderDeps
  #queue: Said[] = []
  /** Sessions with a failed write. Later frames are dropped, or they would be recorded out of order. */
  readonly #failed = new WeakSet<LedgerSession>()
  #running: Promise<void> | undefined

  constructor(deps: RecorderDeps) {
    this.#deps = deps
  }

  record(session: LedgerSession, frame: RecordedFrame): void {
    this.#queue.push({ session, frame })
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined
    })
  }

  /** Drops old results that belong to no command; answers whether there may be more. */
  trim(): Promise<boolean> {
    return dropOld(this.#deps, this.#deps.tables.orphanResults, { column: 'at', keptMs: ORPHANS_KEPT_MS })()
  }

  /** Resolves when every frame so far is written. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      // The database answers within one turn of the event loop: without this pause each write would hold one frame.
      await endOfTurn()
      const some = this.#queue.slice(0, FRAMES_PER_WRITE)
      this.#queue = this.#queue.slice(FRAMES_PER_WRITE)
      await this.#writeOrEnd(some.filter(({ session }) => !this.#failed.has(session)))
    }
  }

  /** A write that fails for many sessions is tried again for each alone, so that only the cause of it suffers. */
  async #writeOrEnd(entries: readonly Said[]): Promise<void> {
    if (entries.length === 0) return
    try {
      await this.#write(entries)
    } catch (error) {
      const bySession = Map.groupBy(entries, (entry) => entry.session)
      if (bySession.size > 1) {
        this.#deps.log.warn({ err: error }, 'frames could not be recorded together; trying each session alone')
        for (const mine of bySession.values()) await this.#writeOrEnd(mine)
        return
      }
      for (const session of bySession.keys()) {
        // Nothing was acknowledged, so the agent sends it all again when it comes back.
        const { deviceId } = session.facts
        this.#deps.log.error({ err: error, deviceId }, 'frames could not be recorded; the stream is ended')
        this.#failed.add(session)
        session.end({ $case: 'error', value: sessionError('UNAVAILABLE', 'could not be recorded', true, 1000) })
      }
    }
  }

  async #write(said: readonly Said[]): Promise<void> {
    const { db, faults } = this.#deps
    faults.hit('record.commit.before')
    const { ledger, entries, stale } = await db.write(async (tx) => {
      const refused = await overtaken(db, tx, new Set(said.map((entry) => entry.session)))
      const current = said.filter((entry) => !refused.has(entry.session))
      const known = await this.#open(tx, current)
      const now = this.#deps.clock.now().getTime()
      for (const entry of current) known.apply(entry, now)
      await this.#save(tx, known)
      return { ledger: known, entries: current, stale: refused }
    })
    faults.hit('record.commit.after')
    for (const session of stale) session.end({ $case: 'error', value: STALE })
    for (const [session, acks] of Map.groupBy(ledger.acks, (ack) => ack.session)) {
      for (const [error, same] of Map.groupBy(acks, (ack) => ack.error)) {
        session.send({ $case: 'resultAck', value: { commandIds: same.map((ack) => ack.commandId), error } })
      }
      session.release(acks.filter((ack) => ack.error === '').map((ack) => ack.commandId))
    }
    for (const { session, commandId } of ledger.cancels)
      session.send({ $case: 'cancel', value: { commandId, itemIds: [], code: 'CANCELLED', reason: ENDED_HERE } })
    const put = entries.filter(({ frame }) => frame.$case === 'notNow' || frame.$case === 'rejected')
    for (const { session, frame } of put) if ('commandId' in frame.value) session.release([frame.value.commandId])
    faults.hit('record.ack.after')
  }

  async #open(tx: Transaction, entries: readonly Said[]): Promise<FrameLedger> {
    const { db } = this.#deps
    const { commands, items } = db.models
    const ids = [...new Set(entries.flatMap(({ frame }) => commandIdsOf(frame)))]
    const found = await pick(db, commands, columnsBut(commands, 'payload'), { where: 'id IN (:ids)', ids }, tx)
    const withItems = new Set(
      entries.flatMap(({ frame }) =>
        frame.$case === 'received' || frame.$case === 'accepted' || frame.$case === 'started'
          ? []
          : commandIdsOf(frame),
      ),
    )
    for (const command of found) if (command.provisional) withItems.add(command.id)
    if (withItems.size === 0) return new FrameLedger(found, [])
    const columns = columnsBut(items, 'payload')
    const itemRows = await pick(db, items, columns, { where: 'command_id IN (:ids)', ids: [...withItems] }, tx)
    const commandOf = new Map(itemRows.map((item) => [item.id, item.commandId]))
    const strays = entries.flatMap(({ frame }) =>
      itemIdsNamedIn(frame).flatMap((itemId) => {
        const [commandId = ''] = commandIdsOf(frame)
        return commandOf.get(itemId) === commandId ? [] : [{ itemId, commandId }]
      }),
    )
    if (strays.length === 0) return new FrameLedger(found, itemRows)
    // A pause may have taken items out of their command: the command's payload still names them.
    const unread = strays.map(({ itemId }) => itemId).filter((id) => !commandOf.has(id))
    itemRows.push(...(await pick(db, items, columns, { where: 'id IN (:ids)', ids: unread }, tx)))
    const payloads = await pick(
      db,
      commands,
      ['id', 'payload'],
      { where: 'id IN (:ids)', ids: strays.map(({ commandId }) => commandId) },
      tx,
    )
    return new FrameLedger(found, itemRows, new Map(payloads.map(({ id, payload }) => [id, payload])))
  }

  async #save(tx: Transaction, ledger: FrameLedger): Promise<void> {
    const { tables, progress, guard, sink, writer, items, queue } = this.#deps
    await writer.save(tx, [...ledger.commands.values()])
    const changed = [...ledger.items.values()].filter(({ before, after }) => before !== after)
    await items.save(tx, changed)
    await writer.count(
      tx,
      changed.map(({ after }) => after),
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
      await tables.orphanResults.bulkCreate([orphan], { ignoreDuplicates: true, transaction: tx })
    }
    const ended = [...ledger.commands.values()].filter(
      ({ before, after }) => !isFinal(before.status) && isFinal(after.status),
    )
    await queue.releaseFollowers(
      tx,
      ended.map(({ after }) => after.id),
    )
    await progress.itemsChanged(tx, [...new Set(changed.map(({ after }) => after.taskId))])
  }
}

function commandIdsOf(frame: RecordedFrame): string[] {
  return frame.$case === 'received' ? frame.value.commandIds : [frame.value.commandId]
}

function itemIdsNamedIn(frame: RecordedFrame): number[] {
  const outcomes =
    frame.$case === 'result' ? frame.value.items : frame.$case === 'progress' ? [frame.value.outcome] : []
  return outcomes.map((outcome) => Number(outcome?.itemId)).filter((id) => Number.isSafeInteger(id) && id > 0)
}
