import { setImmediate as endOfTurn } from 'node:timers/promises'
import { Op, type Transaction } from 'sequelize'
import type { Logger } from 'pino'
import type { Clock, Timer } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { deleteRows, insertRows, insertSelected } from '../../infra/database/statements.ts'
import { row, rows } from '../../infra/database/table.ts'
import type { FaultPoints } from '../../infra/fault-points.ts'
import type { Lease } from '../../infra/lease.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'
import type { EventListener, EventLog, NewEvent, PublishedEvent, Subscription } from '../../ports.ts'
import type { EventRow } from '../../infra/database/tables/events.ts'

const BATCH = 500
const RETRY_MS = 1000
const KEPT_MS = 7 * 24 * 60 * 60 * 1000
const KEPT_ROWS = 1_000_000
const COLUMNS = ['type', 'ref_id', 'task_id', 'status', 'at', 'company_id']

export interface OrderedEventLogDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'outbox' | 'events'>
  readonly clock: Clock
  readonly time: WorkspaceTime
  readonly faults: FaultPoints
  readonly lease: Lease
  readonly log: Logger
}

interface Subscriber {
  /** The last `seq` the listener was given. */
  cursor: number
  /** Takes what is published straight away; else it reads the log at its own pace, and the log holds what waits. */
  live: boolean
  closed: boolean
  readonly listener: EventListener
}

/**
 * Events are written to an outbox inside the transaction that changed the state. One publisher moves them, in the order
 * of the outbox, to the log that gives them their `seq`: so a transaction that commits late is never skipped.
 */
export class OrderedEventLog implements EventLog {
  readonly #deps: OrderedEventLogDeps
  readonly #subscribers = new Set<Subscriber>()
  #lastSeq = 0
  /** The oldest that is kept. */
  #firstSeq = 1
  #wanted = false
  #running: Promise<void> | undefined
  #retry: Timer | undefined
  #stopped = false

  constructor(deps: OrderedEventLogDeps) {
    this.#deps = deps
  }

  /** Publishes what a killed process left in the outbox. */
  async start(): Promise<void> {
    const { events } = this.#deps.db.models
    this.#lastSeq = (await row(events, { order: [['seq', 'DESC']] }))?.seq ?? 0
    this.#firstSeq = (await row(events, { order: [['seq', 'ASC']] }))?.seq ?? 1
    this.#wake()
    await this.#running
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
    this.#retry?.cancel()
    for (const subscriber of this.#subscribers) this.#remove(subscriber)
  }

  async append(tx: Transaction, events: readonly NewEvent[]): Promise<void> {
    if (events.length === 0) return
    const at = this.#deps.clock.now().getTime()
    const fresh = events.map((event) => ({ ...event, taskId: event.taskId ?? null, at }))
    const { tables } = this.#deps
    const columns = ['type', 'refId', 'taskId', 'status', 'at'] as const
    await insertRows(tables.outbox, { columns, rows: fresh }, tx)
    tx.afterCommit(() => this.#wake())
  }

  subscribe(since: number | undefined, listener: EventListener): Subscription {
    // Nobody has seen what is not there yet; a number from before a restored backup must not hide what comes.
    const cursor = Math.min(since ?? this.#lastSeq, this.#lastSeq)
    const subscriber: Subscriber = { cursor, live: false, closed: false, listener }
    this.#subscribers.add(subscriber)
    this.#follow(subscriber, this.#catchUp(subscriber))
    return { close: () => this.#remove(subscriber) }
  }

  #remove(subscriber: Subscriber): void {
    subscriber.closed = true
    this.#subscribers.delete(subscriber)
  }

  #follow(subscriber: Subscriber, delivery: Promise<void>): void {
    delivery.catch((error: unknown) => {
      this.#deps.log.warn({ err: error }, 'a subscriber of events failed')
      this.#remove(subscriber)
    })
  }

  /**
   * Drops some of the events that are older than a week or beyond a million; the newest stays, as its `seq` is where a
   * restart goes on. Answers whether there may be more.
   */
  async trim(): Promise<boolean> {
    const { db, tables, clock } = this.#deps
    const oldest = await rows(db.models.events, { order: [['seq', 'ASC']], limit: BATCH, attributes: ['seq', 'at'] })
    const limit = clock.now().getTime() - KEPT_MS
    const gone = oldest.filter(({ seq, at }) => seq < this.#lastSeq && (at < limit || seq <= this.#lastSeq - KEPT_ROWS))
    const last = gone.at(-1)?.seq
    if (last === undefined) return false
    // Told first: who reads on from here must not pass over the gap in silence.
    this.#firstSeq = last + 1
    await db.write(async (tx) => await tables.events.destroy({ where: { seq: { [Op.lte]: last } }, transaction: tx }))
    return gone.length === BATCH
  }

  /** Reads the log until nothing newer is in it; what is published after that goes straight to the listener. */
  async #catchUp(subscriber: Subscriber): Promise<void> {
    while (!subscriber.closed) {
      if (subscriber.cursor < this.#firstSeq - 1) {
        subscriber.cursor = this.#firstSeq - 1
        await subscriber.listener([this.#gap(this.#firstSeq)])
        continue
      }
      if (subscriber.cursor >= this.#lastSeq) {
        subscriber.live = true
        return
      }
      const where = { seq: { [Op.gt]: subscriber.cursor, [Op.lte]: this.#lastSeq } }
      const found = await rows(this.#deps.db.models.events, { where, order: [['seq', 'ASC']], limit: BATCH })
      // Some may have been dropped while this was read.
      if (subscriber.cursor < this.#firstSeq - 1) continue
      subscriber.cursor = found.at(-1)?.seq ?? this.#lastSeq
      if (found.length > 0) await subscriber.listener(found.map((event) => this.#published(event)))
    }
  }

  /** Gives a live subscriber what is new; while it takes its time with that, more does not pile up for it. */
  async #deliver(subscriber: Subscriber, events: readonly PublishedEvent[]): Promise<void> {
    const unseen = events.filter((event) => event.seq > subscriber.cursor)
    subscriber.cursor = Math.max(subscriber.cursor, this.#lastSeq)
    if (unseen.length === 0) return
    const taken = subscriber.listener(unseen)
    if (!taken) return
    subscriber.live = false
    await taken
    await this.#catchUp(subscriber)
  }

  #wake(): void {
    this.#wanted = true
    if (this.#running || this.#stopped) return
    this.#running = this.#drain().finally(() => {
      this.#running = undefined
      if (this.#wanted && !this.#stopped) this.#wake()
    })
  }

  async #drain(): Promise<void> {
    while (this.#wanted && !this.#stopped) {
      // Events of one turn of the event loop are published together.
      await endOfTurn()
      this.#wanted = false
      try {
        if (await this.#publishAll()) continue
      } catch (error) {
        this.#deps.log.error({ err: error }, 'events could not be published; trying again')
      }
      // One timer, however many commits came meanwhile: on a node that does not publish, they would add up.
      this.#retry?.cancel()
      this.#retry = this.#deps.clock.setTimeout(() => this.#wake(), RETRY_MS)
      return
    }
  }

  /** Empties the outbox; false when another node owns the publishing. */
  async #publishAll(): Promise<boolean> {
    let moved = BATCH
    while (moved === BATCH) {
      if (!(await this.#deps.lease.owns('events.publish'))) return false
      moved = await this.#publishBatch()
    }
    return true
  }

  async #publishBatch(): Promise<number> {
    const { db, tables, faults } = this.#deps
    faults.hit('events.publish.before')
    const moved = await db.write(async (tx) => {
      const { outbox, events } = tables
      const waiting = await db.select<{ last: number | null; n: number }>(
        `SELECT MAX(id) AS last, COUNT(*) AS n FROM (SELECT id FROM outbox ORDER BY id LIMIT ${BATCH}) some`,
        {},
        tx,
      )
      const { last, n } = waiting[0] ?? { last: null, n: 0 }
      if (last === null) return 0
      const select = `SELECT ${COLUMNS.join(', ')} FROM outbox WHERE id <= :last ORDER BY id`
      await insertSelected(events, COLUMNS, { select, last }, tx)
      await deleteRows(outbox, { where: 'id <= :last', last }, tx)
      return n
    })
    faults.hit('events.publish.after')
    if (moved > 0) await this.#announce()
    return moved
  }

  /** Read only for those who listen: most events come while nobody does, and then their number is enough. */
  async #announce(): Promise<void> {
    const { events } = this.#deps.db.models
    const newest = (await row(events, { attributes: ['seq'], order: [['seq', 'DESC']] }))?.seq ?? this.#lastSeq
    const isHeard = [...this.#subscribers].some((subscriber) => subscriber.live)
    const where = { seq: { [Op.gt]: this.#lastSeq, [Op.lte]: newest } }
    const fresh = isHeard ? await rows(events, { where, order: [['seq', 'ASC']] }) : []
    // From here to the end without a pause: who is live now has everything up to the last one, and gets these.
    this.#lastSeq = newest
    if (!isHeard) return
    const published = fresh.map((event) => this.#published(event))
    for (const subscriber of this.#subscribers)
      if (subscriber.live) this.#follow(subscriber, this.#deliver(subscriber, published))
  }

  /** What came before `first` is not kept: whoever asked for it has to read the state anew. */
  #gap(first: number): PublishedEvent {
    const at = this.#deps.time.format(this.#deps.clock.now().getTime())
    return { seq: first - 1, type: 'events.trimmed', id: first, status: 'TRIMMED', at }
  }

  #published(event: EventRow): PublishedEvent {
    const { seq, type, refId, taskId, status, at } = event
    return { seq, type, id: refId, ...(taskId === null ? {} : { taskId }), status, at: this.#deps.time.format(at) }
  }
}
