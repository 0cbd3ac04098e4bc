import { setImmediate as endOfTurn } from 'node:timers/promises'
import { Command } from '@muster/proto'
import { Op, type Transaction } from 'sequelize'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { rows, updateAlike } from '../database/table.ts'
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
import type { CommandRow } from '../tasks/command-model.ts'
import type { ItemRow } from '../tasks/model.ts'
import type { SessionRegistry } from './registry.ts'
import type { Session } from './session.ts'

/** Devices served in one write: enough to share its cost, few enough to let acks in between. */
const DEVICES_PER_TURN = 200
const COMMANDS_PER_DEVICE = 4
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
}

type Hold = Extract<Admission, { kind: 'hold' }>

interface Going extends DispatchCandidate {
  readonly session: Session
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
    const due = await rows(this.#deps.db.models.commands, {
      where: { status: 'QUEUED', afterCommandId: null, cancelCode: null, notBefore: { [Op.lte]: now } },
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
    const claimed = await db.write(async (tx) => await this.#claim(tx, sessions))
    faults.hit('dispatch.claim.after')
    // A session that ended meanwhile loses nothing: its device's next Hello puts the command back in the queue.
    for (const { session, command } of claimed) session.command(command)
    if (claimed.length > 0) faults.hit('dispatch.write.after')
    const more = new Set(claimed.filter(({ session }) => session.room > 0).map(({ session }) => session.facts.deviceId))
    for (const deviceId of more) this.#waiting.add(deviceId)
  }

  async #claim(tx: Transaction, sessions: readonly Session[]): Promise<Claimed[]> {
    const { db, clock } = this.#deps
    const now = clock.now().getTime()
    const limit = sessions.length * COMMANDS_PER_DEVICE
    const due = await rows(db.models.commands, {
      where: {
        deviceId: sessions.map((session) => session.facts.deviceId),
        status: 'QUEUED',
        afterCommandId: null,
        cancelCode: null,
        notBefore: { [Op.lte]: now },
        deliverBy: { [Op.gt]: now },
      },
      order: [['id', 'ASC']],
      limit,
      transaction: tx,
    })
    if (due.length === 0) return []
    const items = await rows(db.models.items, {
      where: { commandId: due.map((command) => command.id) },
      order: [['id', 'ASC']],
      transaction: tx,
    })
    const itemsOf = Map.groupBy(items, (item) => item.commandId)
    const dueOf = Map.groupBy(due, (command) => command.deviceId)
    // A device with a long queue may have taken the places of others: they are served in the next turn.
    if (due.length === limit) {
      for (const { facts } of sessions) if (!dueOf.has(facts.deviceId)) this.#waiting.add(facts.deviceId)
    }
    const candidates = sessions.flatMap((session) =>
      (dueOf.get(session.facts.deviceId) ?? []).slice(0, session.room).map((command) => ({
        session,
        command,
        open: (itemsOf.get(command.id) ?? []).filter((item) => item.status === 'PENDING'),
      })),
    )
    const admissions = await this.#deps.admission.beforeDispatch(tx, candidates)
    const going: Going[] = []
    const held: { command: CommandRow; hold: Hold }[] = []
    for (const [index, candidate] of candidates.entries()) {
      const admission = admissions[index]
      if (!admission) continue
      if (admission.kind === 'hold') held.push({ command: candidate.command, hold: admission })
      else going.push(...(await this.#withoutSkipped(tx, candidate, admission.skipped)))
    }
    await this.#hold(tx, held, now)
    await this.#write(tx, going, now)
    return going.map(({ session, command, open }) => ({ session, command: frameOf(command, open, now) }))
  }

  /** While a hold follows on another the delivery clock stands still in between, too. */
  async #hold(tx: Transaction, held: readonly { command: CommandRow; hold: Hold }[], now: number): Promise<void> {
    for (const alike of Map.groupBy(held, ({ hold }) => JSON.stringify(hold)).values()) {
      const hold = alike[0]?.hold
      if (!hold) continue
      const { untilMs, code, reason, clockStands } = hold
      const heldSince = 'CASE WHEN hold_reason IS NULL THEN :now ELSE not_before END'
      const moved = clockStands ? `deliver_by = deliver_by + :untilMs - ${heldSince}, ` : ''
      await this.#deps.db.sequelize.query(
        `UPDATE commands SET ${moved}not_before = :untilMs, hold_code = :code, hold_reason = :reason WHERE id IN (:ids)`,
        {
          replacements: {
            untilMs,
            code,
            reason: reason.slice(0, 500),
            now,
            ids: alike.map(({ command }) => command.id),
          },
          transaction: tx,
        },
      )
    }
  }

  /** Ends items that must not go out; answers the rest, or nothing when none is left. */
  async #withoutSkipped(tx: Transaction, candidate: Going, skips: readonly SkippedItem[]): Promise<Going[]> {
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

  async #write(tx: Transaction, going: readonly Going[], now: number): Promise<void> {
    const { commands, items } = this.#deps.db.models
    // What was planned before the phone's account was known belongs to the one it shows now.
    const accountOf = ({ session, command }: Going): number | null => command.accountId ?? session.facts.accountId
    const written = going.map((one) => {
      const { command: before, session } = one
      const status = 'DISPATCHED' as const
      const sent = { attempt: before.attempt + 1, epoch: session.facts.epoch, dispatchedAt: now }
      return {
        before,
        now: { ...before, status, ...sent, holdCode: null, holdReason: null, accountId: accountOf(one) },
      }
    })
    await updateAlike(commands, tx, written, COMMAND_COLUMNS)
    const sentItems = going.flatMap((one) =>
      one.open.map((before) => ({
        before,
        now: {
          ...before,
          status: 'DISPATCHED' as const,
          accountId: before.accountId ?? accountOf(one),
          // Why it came back from a phone before.
          code: null,
          reason: null,
        },
      })),
    )
    await updateAlike(items, tx, sentItems, ['status', 'accountId', 'code', 'reason'])
    await this.#deps.events.append(
      tx,
      sentItems.flatMap(({ before }) => itemEvents(before.taskId, [before.id], 'DISPATCHED')),
    )
  }
}

const itemEvents = (taskId: number, itemIds: Iterable<number>, status: string): NewEvent[] =>
  [...itemIds].map((refId) => ({ type: 'item.updated', refId, taskId, status }))

/** The command as it goes out this time: only the items that are still to be done. */
function frameOf(row: CommandRow, going: readonly ItemRow[], now: number): Command {
  const command = Command.decode(row.payload)
  const open = new Set(going.map((item) => String(item.id)))
  if (command.payload?.$case === 'sendMessages') {
    command.payload.value.items = command.payload.value.items.filter((item) => open.has(item.itemId))
  }
  return { ...command, attempt: row.attempt + 1, deliverWithinMs: Math.max(0, row.deliverBy - now) }
}
