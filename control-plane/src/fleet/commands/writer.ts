import type { Transaction } from 'sequelize'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { updateAlike, type Change } from '../../infra/database/statements.ts'
import { row, rows } from '../../infra/database/table.ts'
import type { LastSent } from '../../records/contacts/last-sent.ts'
import type { AccountBudgets, StopReason } from '../../ports.ts'
import type { CommandHead, CommandRow, CommandStatus } from '../../infra/database/tables/commands.ts'
import type { ItemLedger } from './items.ts'
import type { CommandQueue } from './queue.ts'
import type { ItemHead, ItemRow } from '../../infra/database/tables/tasks.ts'
import { asked, returnedItem, returnedCommand, stopOf } from './stop-rules.ts'
import { EFFECTS, isFinal, itemTakesOutcome } from './state.ts'

const COLUMNS = [
  'status',
  'provisional',
  'leaseUntil',
  'receivedAt',
  'startedAt',
  'finishedAt',
  'resultCode',
  'resultReason',
  'notBefore',
  'holdCode',
] as const

export interface Closing {
  readonly status: Extract<CommandStatus, 'EXPIRED' | 'UNKNOWN_EFFECT' | 'FAILED' | 'CANCELLED'>
  readonly code: string
  readonly reason: string
  readonly provisional: boolean
}

export interface CommandWriterDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'commands'>
  readonly clock: Clock
  readonly items: ItemLedger
  readonly queue: CommandQueue
  readonly budgets: AccountBudgets
  readonly lastSent: LastSent
}

/** Writes what became of commands and of their items. */
export class CommandWriter {
  readonly #deps: CommandWriterDeps

  constructor(deps: CommandWriterDeps) {
    this.#deps = deps
  }

  /** Writes the columns in which each `after` differs from its `before`. */
  async save(tx: Transaction, changed: readonly Change<CommandHead>[]): Promise<void> {
    await updateAlike(this.#deps.tables.commands, changed, COLUMNS, tx)
  }

  /** Asks for a stop of the command; returns the row as it is then. */
  async askToStop(tx: Transaction, command: CommandRow, why: StopReason): Promise<CommandRow> {
    const stop = asked(why, this.#now())
    await this.#deps.tables.commands.update(stop, { where: { id: command.id }, transaction: tx })
    return { ...command, ...stop }
  }

  /** The phone does not have it: back to the queue with its delivery deadline, unless a stop was asked of it. */
  async requeue(tx: Transaction, command: CommandRow): Promise<void> {
    const nowMs = this.#now()
    const next = returnedCommand(command, nowMs)
    await this.save(tx, [{ before: command, after: next }])
    await this.#change(tx, command, (item) => returnedItem(item, stopOf(command), nowMs))
    if (isFinal(next.status)) await this.#deps.queue.releaseFollowers(tx, [command.id])
  }

  /** The phone does not have it and never had: what the reaper wrote is final, but for the items of a paused task. */
  async confirm(tx: Transaction, command: CommandRow): Promise<void> {
    const { db, tables } = this.#deps
    if (command.status === 'EXPIRED' && command.cancelCode === 'PAUSED') {
      const task = await row(db.models.tasks, {
        where: { id: command.taskId },
        attributes: ['status'],
        transaction: tx,
      })
      if (task?.status === 'PAUSED') return await this.requeue(tx, command)
    }
    await tables.commands.update({ provisional: false }, { where: { id: command.id }, transaction: tx })
    await this.#change(tx, command, (item) => ({ ...item, provisional: false }))
  }

  /** The phone has it after all: its items are open again. */
  async reopenItems(tx: Transaction, command: CommandRow): Promise<void> {
    const open = { status: 'DISPATCHED', provisional: false, code: null, reason: null, finishedAt: null } as const
    await this.#change(tx, command, (item) => (item.provisional ? { ...item, ...open } : item))
  }

  /** Ends a command without the agent's word; its items that have none either end like it. */
  async close(tx: Transaction, command: CommandRow, closing: Closing): Promise<void> {
    const { status, code, reason, provisional } = closing
    const finishedAt = this.#now()
    const ended = { status, provisional, leaseUntil: null, finishedAt, resultCode: code, resultReason: reason }
    await this.#deps.tables.commands.update(ended, { where: { id: command.id }, transaction: tx })
    await this.#change(tx, command, (item) => ({ ...item, status, code, reason, provisional, finishedAt }))
    await this.#deps.queue.releaseFollowers(tx, [command.id])
  }

  /** Ends those of its items that have no last word and that `which` picks, without the agent's; the command goes on. */
  async closeItems(
    tx: Transaction,
    command: CommandRow,
    { status, code, reason, provisional }: Closing,
    which: (item: ItemRow) => boolean,
  ): Promise<void> {
    const ended = { status, code, reason, provisional, finishedAt: this.#now() }
    await this.#change(tx, command, (item) => (which(item) ? { ...item, ...ended } : item))
  }

  /** Keeps count of what has or may have reached somebody. What a silent phone may still say is under way, not counted. */
  async count(tx: Transaction, items: readonly ItemHead[]): Promise<void> {
    const { budgets, lastSent } = this.#deps
    const effects = items.filter((item) => EFFECTS.has(item.status) && !item.provisional && item.accountId !== null)
    await budgets.spend(tx, effects)
    const written = effects.flatMap((item) => (budgets.actions.of(item.action).toPeople ? (item.customerId ?? []) : []))
    await lastSent.wroteTo(tx, written, this.#now())
  }

  /** Changes the items of a command that have no last word. */
  async #change(tx: Transaction, command: CommandRow, change: (item: ItemRow) => ItemRow): Promise<void> {
    const mine = await rows(this.#deps.db.models.items, { where: { commandId: command.id }, transaction: tx })
    const changes = mine.filter(itemTakesOutcome).map((before) => ({ before, after: change(before) }))
    await this.#deps.items.save(tx, changes)
    await this.count(
      tx,
      changes.map(({ after }) => after),
    )
  }

  #now(): number {
    return this.#deps.clock.now().getTime()
  }
}
