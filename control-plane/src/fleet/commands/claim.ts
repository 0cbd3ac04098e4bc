import { usesAccount, type Command } from '@muster/proto'
import type { Transaction } from 'sequelize'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { pick, updateAlike, updateRows } from '../../infra/database/statements.ts'
import { columnsBut } from '../../infra/database/table.ts'
import type { Admission, CommandAdmission, DispatchCandidate, SkippedItem, TaskProgress } from '../../ports.ts'
import type { CommandHead } from '../../infra/database/tables/commands.ts'
import { accountHold } from './account-hold.ts'
import { overtaken } from './fencing.ts'
import { commandFrame } from './frame.ts'
import type { ItemLedger } from './items.ts'
import type { CommandQueue } from './queue.ts'
import type { LedgerSession } from './session-facts.ts'

const COMMANDS_PER_DEVICE = 4
/** Looked at for devices where all of those are held: a command behind them may go. */
const COMMANDS_BEHIND_HELD = 100
const COMMAND_COLUMNS = ['status', 'attempt', 'epoch', 'dispatchedAt', 'holdCode', 'holdReason', 'accountId'] as const

export interface ClaimDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'commands'>
  readonly clock: Clock
  readonly admission: CommandAdmission
  readonly progress: TaskProgress
  readonly items: ItemLedger
  readonly queue: CommandQueue
}

export interface Claimed {
  readonly session: LedgerSession
  readonly command: Command
  readonly bytes: number
}

type Hold = Extract<Admission, { kind: 'hold' }>

interface Candidate extends DispatchCandidate {
  readonly session: LedgerSession
  /** As it is stored: without an account when it was planned before the phone's account was known. */
  readonly stored: CommandHead
}

export interface ClaimedTurn {
  readonly claimed: readonly Claimed[]
  /** Devices that are to be looked at again right after. */
  readonly again: ReadonlySet<number>
  /** Sessions that are no longer their device's newest; nothing was claimed for them. */
  readonly stale: ReadonlySet<LedgerSession>
}

/** Chooses commands for devices that can take them. */
export class CommandClaims {
  readonly #deps: ClaimDeps

  constructor(deps: ClaimDeps) {
    this.#deps = deps
  }

  /** Marks commands as written, in one write; they may go out on their streams once it is committed. */
  async claim(sessions: readonly LedgerSession[]): Promise<ClaimedTurn> {
    const { db } = this.#deps
    return await db.write(async (tx) => {
      const stale = await overtaken(db, tx, new Set(sessions))
      const claim = new Claim(this.#deps, tx)
      const claimed = await claim.of(sessions.filter((session) => !stale.has(session)))
      return { claimed, again: claim.again, stale }
    })
  }
}

/** One write's choice of what goes out to which device: in order for each, and only what the rules admit. */
class Claim {
  /** Devices that are to be looked at again right after. */
  readonly again = new Set<number>()
  readonly #deps: ClaimDeps
  readonly #tx: Transaction
  readonly #nowMs: number

  constructor(deps: ClaimDeps, tx: Transaction) {
    this.#deps = deps
    this.#tx = tx
    this.#nowMs = deps.clock.now().getTime()
  }

  /** Marks as written the commands that may go out to the sessions' devices. */
  async of(sessions: readonly LedgerSession[]): Promise<Claimed[]> {
    const heads = await this.#candidates(sessions, COMMANDS_PER_DEVICE)
    const first = await this.#admit(sessions.flatMap((session) => (heads.get(session) ?? []).slice(0, session.room)))
    const behind = await this.#candidates(first.held, COMMANDS_BEHIND_HELD)
    const second = await this.#admit([...behind.values()].flat())
    for (const { facts } of second.held) this.again.add(facts.deviceId)
    const going = [...first.going, ...second.going]
    if (going.length === 0) return []
    await this.#write(going)
    const payloads = await this.#payloads(going)
    return going.map(({ session, stored, open }) => {
      const payload = payloads.get(stored.id) ?? new Uint8Array()
      const itemIds = open.map((item) => String(item.id))
      const wechatId = usesAccount(stored.kind) ? session.facts.wechatId : ''
      const command = commandFrame(stored, payload, { itemIds, wechatId, nowMs: this.#nowMs })
      return { session, command, bytes: payload.length }
    })
  }

  /** The due commands of devices, in order: `each` times as many as there are devices. */
  async #candidates(sessions: readonly LedgerSession[], each: number): Promise<Map<LedgerSession, Candidate[]>> {
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
        now: this.#nowMs,
        limit,
      },
      this.#tx,
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
      this.#tx,
    )
    const itemsOf = Map.groupBy(found, (item) => item.commandId)
    const dueOf = Map.groupBy(due, (command) => command.deviceId)
    // A device with a long queue may have taken the places of others: they are served in the next turn.
    if (due.length === limit) {
      for (const { facts } of sessions) if (!dueOf.has(facts.deviceId)) this.again.add(facts.deviceId)
    }
    const candidate = (session: LedgerSession, stored: CommandHead): Candidate => ({
      session,
      stored,
      command: { ...stored, accountId: stored.accountId ?? accountFor(stored, session) },
      open: itemsOf.get(stored.id) ?? [],
    })
    return new Map(
      sessions.map((session) => [
        session,
        (dueOf.get(session.facts.deviceId) ?? []).map((stored) => candidate(session, stored)),
      ]),
    )
  }

  /** Admits commands as far as there is room, and holds the others. Returns the sessions whose commands were all held. */
  async #admit(candidates: readonly Candidate[]): Promise<{ going: Candidate[]; held: LedgerSession[] }> {
    if (candidates.length === 0) return { going: [], held: [] }
    const going: Candidate[] = []
    const held: { command: CommandHead; hold: Hold }[] = []
    const free = new Set<LedgerSession>()
    const room = new Map(candidates.map(({ session }) => [session, session.room]))
    const admissions = await this.#deps.admission.beforeDispatch(this.#tx, candidates)
    for (const [index, candidate] of candidates.entries()) {
      const { session, command } = candidate
      const admission = admissions[index]
      const hold = admission?.kind === 'hold' ? admission : accountHold(session.facts, command, this.#nowMs)
      const left = room.get(session) ?? 0
      if (hold) held.push({ command, hold })
      else free.add(session)
      if (hold || admission?.kind !== 'send' || left === 0) continue
      const some = await this.#withoutSkipped(candidate, admission.skipped)
      if (some.length > 0) room.set(session, left - 1)
      going.push(...some)
    }
    await this.#hold(held)
    return { going, held: [...room.keys()].filter((session) => !free.has(session)) }
  }

  /** While a hold follows on another the delivery clock stands still in between, too. */
  async #hold(held: readonly { command: CommandHead; hold: Hold }[]): Promise<void> {
    for (const alike of Map.groupBy(held, ({ hold }) => JSON.stringify(hold)).values()) {
      const hold = alike[0]?.hold
      if (!hold) continue
      const { untilMs, code, reason, clockStands } = hold
      const heldSince = 'CASE WHEN hold_reason IS NULL THEN :now ELSE not_before END'
      const moved = clockStands ? `deliver_by = deliver_by + :untilMs - ${heldSince}, ` : ''
      const ids = alike.map(({ command }) => command.id)
      const set = `${moved}not_before = :untilMs, hold_code = :code, hold_reason = :reason`
      const values = { untilMs, code, reason: reason.slice(0, 500), ...(clockStands ? { now: this.#nowMs } : {}) }
      const { tables } = this.#deps
      await updateRows(tables.commands, { set, where: 'id IN (:ids)', ids, ...values }, this.#tx)
    }
  }

  /** Payloads are read for commands that go out only: they may be large. */
  async #payloads(going: readonly Candidate[]): Promise<Map<string, Uint8Array>> {
    const { db } = this.#deps
    const ids = going.map(({ stored }) => stored.id)
    const found = await pick(db, db.models.commands, ['id', 'payload'], { where: 'id IN (:ids)', ids }, this.#tx)
    return new Map(found.map(({ id, payload }) => [id, payload]))
  }

  /** Ends items that must not go out. Returns the candidate without them, or nothing when none is left. */
  async #withoutSkipped(candidate: Candidate, skips: readonly SkippedItem[]): Promise<Candidate[]> {
    if (skips.length === 0 && candidate.open.length > 0) return [candidate]
    const { tables, progress, items, queue } = this.#deps
    const { command, open } = candidate
    const [tx, finishedAt] = [this.#tx, this.#nowMs]
    const skipOf = new Map(skips.map((skip) => [skip.itemId, skip]))
    const skipped = open.flatMap((before) => {
      const skip = skipOf.get(before.id)
      if (!skip) return []
      const { code, reason } = skip
      return [{ before, after: { ...before, status: 'SKIPPED' as const, code, reason, finishedAt } }]
    })
    await items.save(tx, skipped)
    const left = open.filter((item) => !skipOf.has(item.id))
    if (left.length === 0) {
      await tables.commands.update(
        { status: 'CANCELLED', finishedAt, resultReason: 'nothing was left to do' },
        { where: { id: command.id }, transaction: tx },
      )
      await queue.releaseFollowers(tx, [command.id])
    }
    await progress.itemsChanged(tx, [command.taskId])
    return left.length === 0 ? [] : [{ ...candidate, open: left }]
  }

  async #write(going: readonly Candidate[]): Promise<void> {
    const { tables } = this.#deps
    const [tx, now] = [this.#tx, this.#nowMs]
    const written = going.map(({ stored: before, command, session }) => {
      const status = 'DISPATCHED' as const
      const sent = { attempt: before.attempt + 1, epoch: session.facts.epoch, dispatchedAt: now }
      return { before, after: { ...command, status, ...sent, holdCode: null, holdReason: null } }
    })
    await updateAlike(tables.commands, written, COMMAND_COLUMNS, tx)
    const sentItems = going.flatMap((one) =>
      one.open.map((before) => ({
        before,
        after: {
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
    await this.#deps.items.save(tx, sentItems)
  }
}

/** The account that a command acts as when it goes out on a session. */
const accountFor = ({ kind }: CommandHead, { facts }: LedgerSession): number | null =>
  usesAccount(kind) ? facts.accountId : null
