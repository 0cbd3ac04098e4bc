import { isErrorCode } from '@muster/proto'
import { Op, type Transaction } from 'sequelize'
import type { Logger } from 'pino'
import { unawaited } from '../../infra/bus/unawaited.ts'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { rows, type Where } from '../../infra/database/table.ts'
import type { CommandRow, CommandStatus } from '../../infra/database/tables/commands.ts'
import { OPEN_ITEM, type ItemRow } from '../../infra/database/tables/tasks.ts'
import type { CancelSignal } from '../../ports.ts'
import type { StopReason, StopScope } from '../../ports.ts'
import { ITEM_STATE, type ItemLedger } from './items.ts'
import type { CommandQueue } from './queue.ts'
import { asked, returnedCommand, returnedItem, stopOf } from './stop-rules.ts'

const ON_PHONE: readonly CommandStatus[] = ['DISPATCHED', 'RECEIVED', 'ACCEPTED', 'RUNNING']

/** A command that waits in the queue although a stop was asked of it. */
export interface StoppedCommand extends Pick<CommandRow, 'id' | 'taskId'> {
  /** How many items it has. */
  readonly items: number
}

type ScopeColumns = StopScope & { readonly [Op.and]?: readonly Where<CommandRow>[] }

export interface CommandStopsDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'commands'>
  readonly clock: Clock
  readonly log: Logger
  readonly items: ItemLedger
  readonly queue: CommandQueue
  readonly bus: CancelSignal
}

/** Asks for stops of commands and items, and ends those that no phone has. */
export class CommandStops {
  readonly #deps: CommandStopsDeps

  constructor(deps: CommandStopsDeps) {
    this.#deps = deps
  }

  /**
   * Part of the caller's write. From its commit on nothing of the scope goes out any more, and the phones are told; they
   * are told again at their next Hello, should the message be lost.
   */
  async ask(tx: Transaction, scope: StopScope, why: StopReason): Promise<void> {
    const { commands } = this.#deps.tables
    const inScope = await this.#inScope(tx, scope)
    // A pause is not the last word: what ends the work for good takes its place.
    const weaker = why.code === 'PAUSED' ? null : { [Op.or]: [null, 'PAUSED'] }
    const among = (status: readonly CommandStatus[]): Where<CommandRow> => ({
      ...inScope,
      cancelCode: weaker,
      // A phone that fell silent may still have what was closed without its word.
      [Op.or]: [{ status: [...status] }, { provisional: true }],
    })
    const told = await rows(commands, { where: among(ON_PHONE), attributes: ['id', 'deviceId'], transaction: tx })
    await commands.update(asked(why, this.#now()), { where: among(['QUEUED', ...ON_PHONE]), transaction: tx })
    tx.afterCommit(() => {
      for (const command of told) this.#tell(command, why)
    })
  }

  /**
   * Part of the caller's write: messages to the customer that no phone has are skipped; the phones are told of the others
   * after the commit. Returns the tasks of the skipped ones.
   * @param customer `actions` are those that write to people
   */
  async skipCustomer(
    tx: Transaction,
    customer: { readonly customerId: number; readonly actions: readonly string[] },
    why: StopReason,
  ): Promise<number[]> {
    const { db, items } = this.#deps
    const found = await rows(db.models.items, {
      where: {
        customerId: customer.customerId,
        action: [...customer.actions],
        [Op.or]: [{ status: [...OPEN_ITEM] }, { provisional: true }],
      },
      attributes: [...ITEM_STATE],
      transaction: tx,
    })
    const known = await rows(db.models.commands, {
      where: { id: found.flatMap((item) => item.commandId ?? []) },
      attributes: ['id', 'deviceId', 'status'],
      transaction: tx,
    })
    const byId = new Map(known.map((command) => [command.id, command]))
    const mayBeOnPhone = (item: ItemRow): boolean =>
      item.status !== 'PENDING' || ON_PHONE.includes(byId.get(item.commandId ?? '')?.status ?? 'QUEUED')
    const [away, here] = [found.filter(mayBeOnPhone), found.filter((item) => !mayBeOnPhone(item))]
    await items.askToStop(
      tx,
      away.map(({ id }) => id),
      why,
    )
    await items.change(tx, here, { status: 'SKIPPED', ...why, finishedAt: this.#now() })
    tx.afterCommit(() => {
      for (const item of away) {
        const command = byId.get(item.commandId ?? '')
        if (command) this.#tell(command, why, [String(item.id)])
      }
    })
    return here.map((item) => item.taskId)
  }

  /**
   * Part of the caller's write: ends items that wait without a command.
   * @param most how many in this write
   */
  async endWaiting(
    tx: Transaction,
    of: Partial<Pick<ItemRow, 'taskId' | 'deviceId'>>,
    why: StopReason,
    most?: number,
  ): Promise<readonly Pick<ItemRow, 'id' | 'taskId'>[]> {
    const { db, items } = this.#deps
    const waiting = await rows(db.models.items, {
      where: { ...of, status: 'PENDING', commandId: null },
      attributes: ['id', 'taskId'],
      ...(most === undefined ? {} : { limit: most }),
      transaction: tx,
    })
    await items.change(tx, waiting, { status: 'CANCELLED', ...why, finishedAt: this.#now() })
    return waiting
  }

  /** Commands that a stop was asked of and no phone has, in the order of their ids. */
  async stoppedInQueue(): Promise<StoppedCommand[]> {
    return await this.#deps.db.select(
      `SELECT c.id AS id, c.task_id AS taskId, COUNT(i.id) AS items FROM commands c LEFT JOIN items i ON i.command_id = c.id
       WHERE c.status = 'QUEUED' AND c.cancel_code IS NOT NULL GROUP BY c.id ORDER BY c.id`,
      {},
    )
  }

  /** Part of the caller's write: ends those of the commands that are still in the queue, each as its stop says. */
  async endQueued(tx: Transaction, some: readonly Pick<CommandRow, 'id'>[]): Promise<void> {
    const { db, tables, items, queue } = this.#deps
    const nowMs = this.#now()
    const ids = some.map(({ id }) => id)
    const commands = await rows(db.models.commands, {
      where: { id: ids, status: 'QUEUED' },
      attributes: ['id', 'cancelRequestedAt', 'cancelCode', 'cancelReason'],
      transaction: tx,
    })
    const byStop = Map.groupBy(commands, ({ cancelCode, cancelReason }) => `${cancelCode} ${cancelReason}`)
    for (const [first, ...others] of byStop.values()) {
      if (!first) continue
      const { status, provisional, leaseUntil, finishedAt, resultCode, resultReason } = returnedCommand(first, nowMs)
      const ended = { status, provisional, leaseUntil, finishedAt, resultCode, resultReason }
      const mine = [first, ...others].map(({ id }) => id)
      await tables.commands.update(ended, { where: { id: mine }, transaction: tx })
      const where = { commandId: mine, status: 'PENDING' as const }
      const waiting = await rows(db.models.items, { where, attributes: [...ITEM_STATE], transaction: tx })
      const stop = stopOf(first)
      await items.save(
        tx,
        waiting.map((before) => ({ before, after: returnedItem(before, stop, nowMs) })),
      )
    }
    await queue.releaseFollowers(tx, ids)
  }

  /** With the commands for no account of the devices that an account is on. */
  async #inScope(tx: Transaction, { accountId, ...scope }: StopScope): Promise<ScopeColumns> {
    if (accountId === undefined) return scope
    const devices = await rows(this.#deps.db.models.devices, {
      where: { accountId },
      attributes: ['id'],
      transaction: tx,
    })
    const free = { accountId: null, deviceId: devices.map(({ id }) => id) }
    return { ...scope, [Op.and]: [{ [Op.or]: [{ accountId }, free] }] }
  }

  #tell({ id, deviceId }: Pick<CommandRow, 'id' | 'deviceId'>, { code, reason }: StopReason, itemIds?: string[]): void {
    const { bus, log } = this.#deps
    const wire = isErrorCode(code) ? code : 'CANCELLED'
    unawaited(bus.cancel({ deviceId, commandId: id, itemIds: itemIds ?? [], code: wire, reason }), log, 'cancel')
  }

  #now(): number {
    return this.#deps.clock.now().getTime()
  }
}
