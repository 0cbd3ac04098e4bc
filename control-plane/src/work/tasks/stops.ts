import { isErrorCode } from '@muster/proto'
import { Op, QueryTypes, type Transaction, type WhereOptions } from 'sequelize'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { row, rows } from '../../infra/database/table.ts'
import type { CancelSignal, EventLog, StopReason, StopScope, WorkStops } from '../../ports.ts'
import type { CommandRow, CommandStatus } from '../../infra/database/tables/commands.ts'
import { ITEM_ON_ITS_WAY, saveItems } from '../../fleet/commands/item-changes.ts'
import { actionRules } from './kinds/action-rules.ts'
import { FINAL_TASK } from './lifecycle.ts'
import { OPEN_ITEM } from '../../infra/database/tables/tasks.ts'
import { TASK_STATUSES, type ItemRow } from '../../infra/database/tables/tasks.ts'
import type { TaskRollUp } from './roll-up.ts'
import {
  asked,
  CANCELLED_BY_OPERATOR,
  DEVICE_DELETED,
  returnedItem,
  returnedCommand,
  stopOf,
} from '../../fleet/commands/stop-rules.ts'
import type { TaskStore } from './store.ts'

const ON_PHONE: readonly CommandStatus[] = ['DISPATCHED', 'RECEIVED', 'ACCEPTED', 'RUNNING']
/** Items ended in one write: enough to share its cost, few enough to let acks and claims in between. */
const ITEMS_PER_WRITE = 1000

/** One that waits in the queue to be ended. */
interface StoppedCommand extends Pick<CommandRow, 'id' | 'taskId'> {
  /** How many. */
  readonly items: number
}

export interface StopsDeps {
  readonly db: Database
  readonly clock: Clock
  readonly events: EventLog
  readonly store: TaskStore
  readonly rollUp: TaskRollUp
  readonly cancelSignal: CancelSignal
}

/**
 * Takes work back. Asking is one short write, so that phones are told at once however long the queue is; what no phone
 * has is ended after it, in many writes, by whoever asked or by the next sweep: the row of each command says what was
 * asked of it.
 */
export class TaskStops implements WorkStops {
  readonly #deps: StopsDeps

  constructor(deps: StopsDeps) {
    this.#deps = deps
  }

  /**
   * Part of the caller's write: from its commit on nothing of the scope goes out any more, and the phones are told; again
   * when they return, should the telling be lost. Call `finish` after it.
   */
  async ask(tx: Transaction, scope: StopScope, why: StopReason): Promise<void> {
    const { db, clock } = this.#deps
    // A pause is not the last word: what ends the work for good takes its place.
    const weaker = why.code === 'PAUSED' ? null : { [Op.or]: [null, 'PAUSED'] as never }
    const among = (status: readonly CommandStatus[]): WhereOptions<CommandRow> => ({
      ...scope,
      cancelCode: weaker,
      // A phone that fell silent may still have what was closed without its word.
      [Op.or]: [{ status: [...status] }, { provisional: true }],
    })
    const told = await rows(db.models.commands, {
      where: among(ON_PHONE),
      attributes: ['id', 'deviceId'],
      transaction: tx,
    })
    await db.models.commands.update(asked(why, clock.now().getTime()), {
      where: among(['QUEUED', ...ON_PHONE]),
      transaction: tx,
    })
    tx.afterCommit(() => {
      for (const command of told) this.#tell(command, why)
    })
  }

  /** Part of the caller's write: nothing more goes to a customer who does not want messages any more, or is gone. */
  async customerUnwanted(tx: Transaction, customerId: number, reason: string): Promise<void> {
    const { db, clock, store, rollUp } = this.#deps
    const code = 'OPTED_OUT'
    const found = await rows(db.models.items, {
      where: {
        customerId,
        action: [...actionRules.toPeople],
        [Op.or]: [{ status: [...OPEN_ITEM] }, { provisional: true }],
      },
      attributes: [...ITEM_ON_ITS_WAY],
      transaction: tx,
    })
    const commandIds = found.flatMap((item) => item.commandId ?? [])
    const known = await rows(db.models.commands, {
      where: { id: commandIds },
      attributes: ['id', 'deviceId', 'status'],
      transaction: tx,
    })
    const byId = new Map(known.map((command) => [command.id, command]))
    const mayBeOnPhone = (item: ItemRow): boolean =>
      item.status !== 'PENDING' || ON_PHONE.includes(byId.get(item.commandId ?? '')?.status ?? 'QUEUED')
    const [away, here] = [found.filter(mayBeOnPhone), found.filter((item) => !mayBeOnPhone(item))]
    await db.models.items.update(
      { cancelCode: code, cancelReason: reason },
      { where: { id: away.map((item) => item.id), cancelCode: null }, transaction: tx },
    )
    await store.changeItems(tx, here, { status: 'SKIPPED', code, reason, finishedAt: clock.now().getTime() })
    await rollUp.itemsChanged(
      tx,
      here.map((item) => item.taskId),
    )
    tx.afterCommit(() => {
      for (const item of away) {
        const command = byId.get(item.commandId ?? '')
        if (command) this.#tell(command, { code, reason }, [String(item.id)])
      }
    })
  }

  /** Part of the caller's write: what the device has not begun is not done. Call `finish` after it. */
  async deviceDeleted(tx: Transaction, deviceId: number): Promise<void> {
    const { db, clock, store, rollUp } = this.#deps
    await this.ask(tx, { deviceId }, DEVICE_DELETED)
    const waiting = await rows(db.models.items, {
      where: { deviceId, status: 'PENDING', commandId: null },
      attributes: ['id', 'taskId'],
      transaction: tx,
    })
    const finishedAt = clock.now().getTime()
    await store.changeItems(tx, waiting, { status: 'CANCELLED', ...DEVICE_DELETED, finishedAt })
    await rollUp.itemsChanged(
      tx,
      waiting.map((item) => item.taskId),
    )
  }

  /** Ends what a stop was asked of and no phone has, and what waits in tasks that were cancelled. */
  async finish(): Promise<void> {
    const { db, rollUp } = this.#deps
    const stopped = await this.#stoppedInQueue()
    const lastOf = new Map(stopped.map(({ taskId, id }) => [taskId, id]))
    for (const some of chunks(stopped))
      await db.write(async (tx) => {
        await this.#endQueued(tx, some)
        // Once for each task, with the last of it: looking at a long task after every piece would cost more than the pieces.
        const whole = some.filter(({ taskId, id }) => lastOf.get(taskId) === id).map(({ taskId }) => taskId)
        await rollUp.itemsChanged(tx, whole)
      })
    const open = TASK_STATUSES.filter((status) => !FINAL_TASK.includes(status))
    const cancelled = await rows(db.models.tasks, { where: { cancelled: true, status: open }, attributes: ['id'] })
    for (const { id } of cancelled) while (await db.write(async (tx) => await this.#endWaiting(tx, id)));
  }

  async #stoppedInQueue(): Promise<StoppedCommand[]> {
    return await this.#deps.db.sequelize.query(
      `SELECT c.id AS id, c.task_id AS taskId, COUNT(i.id) AS items FROM commands c LEFT JOIN items i ON i.command_id = c.id
       WHERE c.status = 'QUEUED' AND c.cancel_code IS NOT NULL GROUP BY c.id ORDER BY c.id`,
      { type: QueryTypes.SELECT },
    )
  }

  async #endQueued(tx: Transaction, some: readonly StoppedCommand[]): Promise<void> {
    const { db, clock, rollUp } = this.#deps
    const now = clock.now().getTime()
    const ids = some.map(({ id }) => id)
    const commands = await rows(db.models.commands, {
      where: { id: ids, status: 'QUEUED' },
      attributes: ['id', 'cancelRequestedAt', 'cancelCode', 'cancelReason'],
      transaction: tx,
    })
    for (const alike of Map.groupBy(
      commands,
      ({ cancelCode, cancelReason }) => `${cancelCode} ${cancelReason}`,
    ).values()) {
      const [first] = alike
      if (!first) continue
      const { status, provisional, leaseUntil, finishedAt, resultCode, resultReason } = returnedCommand(first, now)
      const ended = { status, provisional, leaseUntil, finishedAt, resultCode, resultReason }
      const mine = alike.map((command) => command.id)
      await db.models.commands.update(ended, { where: { id: mine }, transaction: tx })
      const waiting = await rows(db.models.items, {
        where: { commandId: mine, status: 'PENDING' },
        attributes: [...ITEM_ON_ITS_WAY],
        transaction: tx,
      })
      const stop = stopOf(first)
      await saveItems(
        this.#deps,
        tx,
        waiting.map((before) => ({ before, after: returnedItem(before, stop, now) })),
      )
    }
    await rollUp.commandsFinished(tx, ids)
  }

  /** Answers whether there may be more. */
  async #endWaiting(tx: Transaction, taskId: number): Promise<boolean> {
    const { db, clock, store, rollUp } = this.#deps
    const task = await row(db.models.tasks, { where: { id: taskId }, transaction: tx })
    if (!task?.cancelled || FINAL_TASK.includes(task.status)) return false
    const waiting = await rows(db.models.items, {
      where: { taskId, status: 'PENDING', commandId: null },
      attributes: ['id', 'taskId'],
      limit: ITEMS_PER_WRITE,
      transaction: tx,
    })
    const finishedAt = clock.now().getTime()
    await store.changeItems(tx, waiting, { status: 'CANCELLED', ...CANCELLED_BY_OPERATOR, finishedAt })
    if (waiting.length === ITEMS_PER_WRITE) return true
    if (task.startedAt === null) await store.changeTask(tx, taskId, { status: 'CANCELLED', finishedAt })
    else await rollUp.itemsChanged(tx, [taskId])
    return false
  }

  #tell({ id, deviceId }: Pick<CommandRow, 'id' | 'deviceId'>, { code, reason }: StopReason, itemIds?: string[]): void {
    const wire = isErrorCode(code) ? code : 'CANCELLED'
    this.#deps.cancelSignal.cancel({ deviceId, commandId: id, itemIds: itemIds ?? [], code: wire, reason })
  }
}

/** Commands, as many together as have about the items of one write. */
function* chunks(commands: readonly StoppedCommand[]): Generator<StoppedCommand[]> {
  let some: StoppedCommand[] = []
  let weight = 0
  for (const command of commands) {
    some.push(command)
    weight += Math.max(1, command.items)
    if (weight < ITEMS_PER_WRITE) continue
    yield some
    some = []
    weight = 0
  }
  if (some.length > 0) yield some
}
