import type { Transaction } from 'sequelize'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { rows, updateAlike, type Change } from '../database/table.ts'
import type { EventLog, TaskProgress } from '../ports.ts'
import type { CommandRow, CommandStatus } from '../tasks/command-model.ts'
import type { ItemRow, ItemStatus } from '../tasks/model.ts'

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
const OPEN_ITEMS: readonly ItemStatus[] = ['PENDING', 'DISPATCHED', 'RUNNING']

export interface Closing {
  readonly status: Extract<CommandStatus, 'EXPIRED' | 'UNKNOWN_EFFECT' | 'FAILED'>
  readonly code: string
  readonly reason: string
  readonly provisional: boolean
}

/** Writes what became of commands, with their items and the events of both. */
export class CommandWriter {
  readonly #db: Database
  readonly #clock: Clock
  readonly #events: EventLog
  readonly #progress: TaskProgress

  constructor(deps: { db: Database; clock: Clock; events: EventLog; progress: TaskProgress }) {
    this.#db = deps.db
    this.#clock = deps.clock
    this.#events = deps.events
    this.#progress = deps.progress
  }

  /** Writes the columns in which each `now` differs from its `before`. */
  async save(tx: Transaction, changed: readonly Change<CommandRow>[]): Promise<void> {
    await updateAlike(this.#db.models.commands, tx, changed, COLUMNS)
  }

  /** Back to the queue: the phone does not have it. Its delivery deadline stays. */
  async requeue(tx: Transaction, command: CommandRow): Promise<void> {
    const waiting = {
      status: 'QUEUED',
      provisional: false,
      leaseUntil: null,
      startedAt: null,
      finishedAt: null,
      resultCode: null,
      resultReason: null,
    } as const
    await this.#db.models.commands.update(waiting, { where: { id: command.id }, transaction: tx })
    const items = await rows(this.#db.models.items, {
      where: { commandId: command.id, status: ['DISPATCHED', 'RUNNING'] },
      transaction: tx,
    })
    await this.#setItems(tx, items, { status: 'PENDING', provisional: false })
  }

  /** The phone does not have it and never had: what the reaper wrote is final. */
  async confirm(tx: Transaction, command: CommandRow): Promise<void> {
    await this.#db.models.commands.update({ provisional: false }, { where: { id: command.id }, transaction: tx })
    await this.#db.models.items.update(
      { provisional: false },
      { where: { commandId: command.id, provisional: true }, transaction: tx },
    )
  }

  /** The phone has it after all: its items are open again. */
  async reopenItems(tx: Transaction, command: CommandRow): Promise<void> {
    const closed = await rows(this.#db.models.items, {
      where: { commandId: command.id, provisional: true },
      transaction: tx,
    })
    await this.#setItems(tx, closed, {
      status: 'DISPATCHED',
      provisional: false,
      code: null,
      reason: null,
      finishedAt: null,
    })
  }

  /** Ends a command without the agent's word; its items that have none either end like it. */
  async close(tx: Transaction, command: CommandRow, closing: Closing): Promise<void> {
    const { status, code, reason, provisional } = closing
    const finishedAt = this.#clock.now().getTime()
    const ended = { status, provisional, leaseUntil: null, finishedAt, resultCode: code, resultReason: reason }
    await this.#db.models.commands.update(ended, { where: { id: command.id }, transaction: tx })
    const mine = await rows(this.#db.models.items, { where: { commandId: command.id }, transaction: tx })
    const open = mine.filter((item) => OPEN_ITEMS.includes(item.status) || item.provisional)
    await this.#setItems(tx, open, { status, code, reason, provisional, finishedAt })
    await this.#progress.commandsFinished(tx, [command.id])
  }

  /** Ends those of its items that have no last word and that `which` picks, without the agent's; the command goes on. */
  async closeItems(
    tx: Transaction,
    command: CommandRow,
    { status, code, reason, provisional }: Closing,
    which: (item: ItemRow) => boolean,
  ): Promise<void> {
    const finishedAt = this.#clock.now().getTime()
    const mine = await rows(this.#db.models.items, { where: { commandId: command.id }, transaction: tx })
    const open = mine.filter((item) => (OPEN_ITEMS.includes(item.status) || item.provisional) && which(item))
    await this.#setItems(tx, open, { status, code, reason, provisional, finishedAt })
  }

  async #setItems(
    tx: Transaction,
    items: readonly ItemRow[],
    change: Partial<ItemRow> & { status: ItemStatus },
  ): Promise<void> {
    if (items.length === 0) return
    await this.#db.models.items.update(change, { where: { id: items.map((item) => item.id) }, transaction: tx })
    const changed = items.filter((item) => item.status !== change.status)
    await this.#events.append(
      tx,
      changed.map(({ id, taskId }) => ({ type: 'item.updated', refId: id, taskId, status: change.status })),
    )
  }
}
