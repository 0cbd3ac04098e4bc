import { Command } from '@muster/proto'
import { Op, type Transaction } from 'sequelize'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { rows } from '../database/table.ts'
import type { FaultPoints } from '../fault-points.ts'
import type { CommandAdmission, DispatchBell, EventLog, NewEvent, TaskProgress } from '../ports.ts'
import type { CommandRow } from '../tasks/command-model.ts'
import type { ItemRow } from '../tasks/model.ts'
import type { SessionRegistry } from './registry.ts'
import type { Session } from './session.ts'

/** Devices served in one write: enough to share its cost, few enough to let acks in between. */
const DEVICES_PER_TURN = 200
const RETRY_MS = 1000

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
      where: { status: 'QUEUED', afterCommandId: null, notBefore: { [Op.lte]: now } },
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
    const due = await rows(db.models.commands, {
      where: {
        deviceId: sessions.map((session) => session.facts.deviceId),
        status: 'QUEUED',
        afterCommandId: null,
        notBefore: { [Op.lte]: now },
        deliverBy: { [Op.gt]: now },
      },
      order: [['id', 'ASC']],
      limit: sessions.length * 4,
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
    const claimed: Claimed[] = []
    for (const session of sessions) {
      const mine = (dueOf.get(session.facts.deviceId) ?? []).slice(0, session.room)
      for (const command of mine) {
        const frame = await this.#admit(tx, session, command, itemsOf.get(command.id) ?? [])
        if (frame) claimed.push({ session, command: frame })
      }
    }
    return claimed
  }

  async #admit(
    tx: Transaction,
    session: Session,
    command: CommandRow,
    items: readonly ItemRow[],
  ): Promise<Command | undefined> {
    const { db, clock, admission, progress } = this.#deps
    const now = clock.now().getTime()
    const open = items.filter((item) => item.status === 'PENDING')
    const decision = await admission.beforeDispatch(tx, command, open)
    if (decision.kind === 'hold') {
      const held = { notBefore: decision.untilMs, holdCode: decision.code }
      await db.models.commands.update(held, { where: { id: command.id }, transaction: tx })
      return undefined
    }
    const skipped = new Set(decision.skipped.map((skip) => skip.itemId))
    for (const { itemId, code, reason } of decision.skipped) {
      await db.models.items.update(
        { status: 'SKIPPED', code, reason, finishedAt: now },
        { where: { id: itemId }, transaction: tx },
      )
    }
    const going = open.filter((item) => !skipped.has(item.id))
    await this.#events(tx, command.taskId, [...skipped], 'SKIPPED')
    if (going.length === 0) {
      await db.models.commands.update(
        { status: 'CANCELLED', finishedAt: now, resultReason: 'nothing was left to do' },
        { where: { id: command.id }, transaction: tx },
      )
      await progress.commandsFinished(tx, [command.id])
      await progress.itemsChanged(tx, [command.taskId])
      return undefined
    }
    await this.#write(tx, session, command, going, now)
    if (skipped.size > 0) await progress.itemsChanged(tx, [command.taskId])
    return frameOf(command, going, now)
  }

  async #write(
    tx: Transaction,
    session: Session,
    command: CommandRow,
    going: readonly ItemRow[],
    now: number,
  ): Promise<void> {
    const { epoch, journalId, accountId } = session.facts
    const { commands, items } = this.#deps.db.models
    const written = {
      status: 'DISPATCHED',
      attempt: command.attempt + 1,
      epoch,
      journalId,
      dispatchedAt: now,
      holdCode: null,
    } as const
    await commands.update(written, { where: { id: command.id }, transaction: tx })
    const account = command.accountId === null && accountId !== null ? { accountId } : {}
    if (command.accountId === null) await commands.update(account, { where: { id: command.id }, transaction: tx })
    await items.update(
      { status: 'DISPATCHED', ...account },
      { where: { id: going.map((item) => item.id) }, transaction: tx },
    )
    await this.#events(
      tx,
      command.taskId,
      going.map((item) => item.id),
      'DISPATCHED',
    )
  }

  async #events(tx: Transaction, taskId: number, itemIds: readonly number[], status: string): Promise<void> {
    const events: NewEvent[] = itemIds.map((refId) => ({ type: 'item.updated', refId, taskId, status }))
    await this.#deps.events.append(tx, events)
  }
}

/** The command as it goes out this time: only the items that are still to be done. */
function frameOf(row: CommandRow, going: readonly ItemRow[], now: number): Command {
  const command = Command.decode(row.payload)
  const open = new Set(going.map((item) => String(item.id)))
  if (command.payload?.$case === 'sendMessages') {
    command.payload.value.items = command.payload.value.items.filter((item) => open.has(item.itemId))
  }
  return { ...command, attempt: row.attempt + 1, deliverWithinMs: Math.max(0, row.deliverBy - now) }
}
