import { setImmediate as endOfTurn } from 'node:timers/promises'
import type { Command } from '@muster/proto'
import { Op, type Transaction } from 'sequelize'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { pick, updateAlike } from '../database/statements.ts'
import { columnsBut, rows } from '../database/table.ts'
import type { FaultPoints } from '../fault-points.ts'
import type {
  Admission,
  CommandAdmission,
  DispatchBell,
  DispatchCandidate,
  EventLog,
  NewEvent,
  SkippedItem,
  TaskProgress,
} from '../ports.ts'
import type { CommandHead } from '../tasks/command-model.ts'
import { accountHold } from './account-hold.ts'
import { commandFrame } from './command-frame.ts'
import { overtaken } from './fencing.ts'
import type { SessionRegistry } from './registry.ts'
import { STALE, type Session } from './session.ts'

/** Devices served in one write: enough to share its cost, few enough to let acks in between. */
const DEVICES_PER_TURN = 200
const COMMANDS_PER_DEVICE = 4
/** Looked at where all of those are held: what waits behind them may go. */
const COMMANDS_BEHIND_HELD = 100
const RETRY_MS = 1000
const COMMAND_COLUMNS = ['status', 'attempt', 'epoch', 'dispatchedAt', 'holdCode', 'holdReason', 'accountId'] as const

export interface DispatcherDeps {
  readonly db: Database
  readonly clock: Clock
  readonly faults: FaultPoints
  readonly log: Logger
  readonly registry: SessionRegistry
  readonly admission: CommandAdmission
  readonly progress: TaskProgress
  readonly events: EventLog
}

interface Claimed {
  readonly session: Session
  readonly command: Command
  readonly bytes: number
}

type Hold = Extract<Admission, { kind: 'hold' }>

interface Candidate extends DispatchCandidate {
  readonly session: Session
  /** As it is stored: what was planned before the phone's account was known has none there. */
  readonly stored: CommandHead
}

/** Claims commands for devices that can take them, and writes them on their streams: in order for each device. */
export class Dispatcher implements DispatchBell {
  readonly #deps: DispatcherDeps
  readonly #waiting = new Set<number>()
  #running: Promise<void> | undefined
  #stopped = false

  constructor(deps: DispatcherDeps) {
    this.#deps = deps
  }

  ring(deviceIds: readonly number[]): void {
    for (const deviceId of deviceIds) {
      if ((this.#deps.registry.get(deviceId)?.room ?? 0) > 0) this.#waiting.add(deviceId)
    }
    if (this.#waiting.size > 0 && !this.#running && !this.#stopped) {
      this.#running = this.#drain().finally(() => {
        this.#running = undefined
        if (this.#waiting.size > 0) this.ring([])
      })
    }
  }

  /** Rings for every connected device that has something due. */
  async sweep(): Promise<void> {
    const now = this.#deps.clock.now().getTime()
    const ready = [...this.#deps.registry.all()].filter((session) => session.room > 0)
    if (ready.length === 0) return
    const deviceId = ready.map((session) => session.facts.deviceId)
    const due = await rows(this.#deps.db.models.commands, {
      where: { deviceId, status: 'QUEUED', afterCommandId: null, cancelCode: null, notBefore: { [Op.lte]: now } },
      attributes: ['deviceId'],
      group: ['deviceId'],
    })
    this.ring(due.map((command) => command.deviceId))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #drain(): Promise<void> {
    while (this.#waiting.size > 0 && !this.#stopped) {
      // Rings of one turn of the event loop share a write.
      await endOfTurn()
      const some = [...this.#waiting].slice(0, DEVICES_PER_TURN)
      for (const deviceId of some) this.#waiting.delete(deviceId)
      try {
        await this.#serve(some)
      } catch (error) {
        this.#deps.log.error({ err: error }, 'dispatch failed; trying again')
        this.#deps.clock.setTimeout(() => this.ring(some), RETRY_MS)
        return
      }
    }
  }

  async #serve(deviceIds: readonly number[]): Promise<void> {
    const { db, faults, registry } = this.#deps
    const sessions = deviceIds.flatMap((deviceId) => registry.get(deviceId) ?? []).filter((session) => session.room > 0)
    if (sessions.length === 0) return
    faults.hit('dispatch.claim.before')
    const { claimed, stale } = await db.write(async (tx) => {
      const refused = await overtaken(db, tx, new Set(sessions))
      const current = sessions.filter((session) => !refused.has(session))
      return { claimed: await this.#claim(tx, current), stale: refused }
    })
    faults.hit('dispatch.claim.after')
    for (const session of stale) session.end({ $case: 'error', value: STALE })
    // A session that ended meanwhile loses nothing: its device's next Hello puts the command back in the queue.
    for (const { session, command, bytes } of claimed) session.command(command, bytes)
    if (claimed.length > 0) faults.hit('dispatch.write.after')
    const more = new Set(claimed.filter(({ session }) => session.room > 0).map(({ session }) => session.facts.deviceId))
    for (const deviceId of more) this.#waiting.add(deviceId)
  }

  async #claim(tx: Transaction, sessions: readonly Session[]): Promise<Claimed[]> {
    const now = this.#deps.clock.now().getTime()
    const heads = await this.#candidates(tx, sessions, COMMANDS_PER_DEVICE, now)
    const first = await this.#admit(
      tx,
      sessions.flatMap((session) => (heads.get(session) ?? []).slice(0, session.room)),
      now,
    )
    const behind = await this.#candidates(tx, first.held, COMMANDS_BEHIND_HELD, now)
    const second = await this.#admit(tx, [...behind.values()].flat(), now)
    for (const { facts } of second.held) this.#waiting.add(facts.deviceId)
    const going = [...first.going, ...second.going]
    if (going.length === 0) return []
    await this.#write(tx, going, now)
    const payloads = await this.#payloads(tx, going)
    return going.map(({ session, stored, open }) => {
      const payload = payloads.get(stored.id) ?? new Uint8Array()
      const itemIds = open.map((item) => String(item.id))
      const command = commandFrame(stored, payload, { itemIds, wechatId: session.facts.wechatId, now })
      return { session, command, bytes: payload.length }
    })
  }

  /** What is due for devices, in order: `each` times as many commands as there are devices. */
  async #candidates(
    tx: Transaction,
    sessions: readonly Session[],
    each: number,
    now: number,
  ): Promise<Map<Session, Candidate[]>> {
    if (sessions.length === 0) return new Map()
    const { db } = this.#deps
    const limit = sessions.length * each
    const { commands, items } = db.models
    const due = await pick(
      db,
      commands,
      columnsBut(commands, 'payload'),
      {
        // The sign keeps SQLite from going through the queues of all devices by the index that has this column.
        where: `device_id IN (:deviceIds) AND status = 'QUEUED' AND after_command_id IS NULL AND cancel_code IS NULL
          AND not_before <= :now AND +deliver_by > :now ORDER BY id LIMIT :limit`,
        deviceIds: sessions.map((session) => session.facts.deviceId),
        now,
        limit,
      },
      tx,
    )
    if (due.length === 0) return new Map()
    const found = await pick(
      db,
      items,
      columnsBut(items, 'payload'),
      {
        where: "command_id IN (:commandIds) AND status = 'PENDING' ORDER BY id",
        commandIds: due.map((command) => command.id),
      },
      tx,
    )
    const itemsOf = Map.groupBy(found, (item) => item.commandId)
    const dueOf = Map.groupBy(due, (command) => command.deviceId)
    // A device with a long queue may have taken the places of others: they are served in the next turn.
    if (due.length === limit) {
      for (const { facts } of sessions) if (!dueOf.has(facts.deviceId)) this.#waiting.add(facts.deviceId)
    }
    const candidate = (session: Session, stored: CommandHead): Candidate => ({
      session,
      stored,
      command: { ...stored, accountId: stored.accountId ?? session.facts.accountId },
      open: itemsOf.get(stored.id) ?? [],
    })
    return new Map(
      sessions.map((session) => [
        session,
        (dueOf.get(session.facts.deviceId) ?? []).map((stored) => candidate(session, stored)),
      ]),
    )
  }

  /** Lets go what may go, as far as there is room, and holds the rest. Answers the sessions of which all was held. */
  async #admit(
    tx: Transaction,
    candidates: readonly Candidate[],
    now: number,
  ): Promise<{ going: Candidate[]; held: Session[] }> {
    if (candidates.length === 0) return { going: [], held: [] }
    const going: Candidate[] = []
    const held: { command: CommandHead; hold: Hold }[] = []
    const free = new Set<Session>()
    const room = new Map(candidates.map(({ session }) => [session, session.room]))
    const admissions = await this.#deps.admission.beforeDispatch(tx, candidates)
    for (const [index, candidate] of candidates.entries()) {
      const { session, command } = candidate
      const admission = admissions[index]
      const hold = admission?.kind === 'hold' ? admission : accountHold(session.facts, command, now)
      const left = room.get(session) ?? 0
      if (hold) held.push({ command, hold })
      else free.add(session)
      if (hold || admission?.kind !== 'send' || left === 0) continue
      const some = await this.#withoutSkipped(tx, candidate, admission.skipped)
      if (some.length > 0) room.set(session, left - 1)
      going.push(...some)
    }
    await this.#hold(tx, held, now)
    return { going, held: [...room.keys()].filter((session) => !free.has(session)) }
  }

  /** While a hold follows on another the delivery clock stands still in between, too. */
  async #hold(tx: Transaction, held: readonly { command: CommandHead; hold: Hold }[], now: number): Promise<void> {
    for (const alike of Map.groupBy(held, ({ hold }) => JSON.stringify(hold)).values()) {
      const hold = alike[0]?.hold
      if (!hold) continue
      const { untilMs, code, reason, clockStands } = hold
      const heldSince = 'CASE WHEN hold_reason IS NULL THEN :now ELSE not_before END'
      const moved = clockStands ? `deliver_by = deliver_by + :untilMs - ${heldSince}, ` : ''
      const ids = alike.map(({ command }) => command.id)
      await this.#deps.db.statements.run(
        `UPDATE commands SET ${moved}not_before = :untilMs, hold_code = :code, hold_reason = :reason WHERE id IN (:ids)`,
        { untilMs, code, reason: reason.slice(0, 500), ids, ...(clockStands ? { now } : {}) },
        tx,
      )
    }
  }

  /** Read only of what goes: what is held may be large. */
  async #payloads(tx: Transaction, going: readonly Candidate[]): Promise<Map<string, Uint8Array>> {
    const { db } = this.#deps
    const ids = going.map(({ stored }) => stored.id)
    const found = await pick(db, db.models.commands, ['id', 'payload'], { where: 'id IN (:ids)', ids }, tx)
    return new Map(found.map(({ id, payload }) => [id, payload]))
  }

  /** Ends items that must not go out; answers the rest, or nothing when none is left. */
  async #withoutSkipped(tx: Transaction, candidate: Candidate, skips: readonly SkippedItem[]): Promise<Candidate[]> {
    if (skips.length === 0 && candidate.open.length > 0) return [candidate]
    const { db, clock, progress } = this.#deps
    const { command, open } = candidate
    const finishedAt = clock.now().getTime()
    for (const { itemId, code, reason } of skips) {
      await db.models.items.update(
        { status: 'SKIPPED', code, reason, finishedAt },
        { where: { id: itemId }, transaction: tx },
      )
    }
    const skipped = new Set(skips.map(({ itemId }) => itemId))
    await this.#deps.events.append(tx, itemEvents(command.taskId, skipped, 'SKIPPED'))
    const left = open.filter((item) => !skipped.has(item.id))
    if (left.length === 0) {
      await db.models.commands.update(
        { status: 'CANCELLED', finishedAt, resultReason: 'nothing was left to do' },
        { where: { id: command.id }, transaction: tx },
      )
      await progress.commandsFinished(tx, [command.id])
    }
    await progress.itemsChanged(tx, [command.taskId])
    return left.length === 0 ? [] : [{ ...candidate, open: left }]
  }

  async #write(tx: Transaction, going: readonly Candidate[], now: number): Promise<void> {
    const { db } = this.#deps
    const written = going.map(({ stored: before, command, session }) => {
      const status = 'DISPATCHED' as const
      const sent = { attempt: before.attempt + 1, epoch: session.facts.epoch, dispatchedAt: now }
      return { before, now: { ...command, status, ...sent, holdCode: null, holdReason: null } }
    })
    await updateAlike(db, db.models.commands, written, COMMAND_COLUMNS, tx)
    const sentItems = going.flatMap((one) =>
      one.open.map((before) => ({
        before,
        now: {
          ...before,
          status: 'DISPATCHED' as const,
          attempts: before.attempts + 1,
          accountId: before.accountId ?? one.command.accountId,
          // Why it came back from a phone before.
          code: null,
          reason: null,
        },
      })),
    )
    await updateAlike(db, db.models.items, sentItems, ['status', 'attempts', 'accountId', 'code', 'reason'], tx)
    await this.#deps.events.append(
      tx,
      sentItems.flatMap(({ before }) => itemEvents(before.taskId, [before.id], 'DISPATCHED')),
    )
  }
}

const itemEvents = (taskId: number, itemIds: Iterable<number>, status: string): NewEvent[] =>
  [...itemIds].map((refId) => ({ type: 'item.updated', refId, taskId, status }))
