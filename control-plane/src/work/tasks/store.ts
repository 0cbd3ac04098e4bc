import { QueryTypes, type Transaction } from 'sequelize'
import { v7 as uuidv7 } from 'uuid'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { insertRows } from '../../infra/database/statements.ts'
import type { EventLog } from '../../ports.ts'
import type { PlannedCommand } from './kinds/kind.ts'
import { LEASE_MS, encodeCommand } from './planner.ts'
import type { ItemCounts } from './lifecycle.ts'
import type { ItemRow, ItemStatus, TaskRow } from '../../infra/database/tables/tasks.ts'

const TIED_AT_ONCE = 200
const CHUNK = 500

const NEW_COMMAND = [
  'id',
  'taskId',
  'deviceId',
  'accountId',
  'kind',
  'effectClass',
  'status',
  'provisional',
  'attempt',
  'payload',
  'notBefore',
  'deliverBy',
  'deliverWithinMs',
  'leaseMs',
  'maxRunMs',
  'afterCommandId',
  'pauseMs',
  'createdAt',
] as const

/** Item columns of a change; the status is what events are about. */
export type ItemChange = Partial<
  Pick<
    ItemRow,
    | 'code'
    | 'reason'
    | 'provisional'
    | 'commandId'
    | 'startedAt'
    | 'finishedAt'
    | 'evidenceId'
    | 'cancelCode'
    | 'cancelReason'
  >
> & {
  readonly status: ItemStatus
}

/** Rows of tasks, items and commands, in batches; each change of a status appends its event. */
export class TaskStore {
  readonly #db: Database
  readonly #clock: Clock
  readonly #events: EventLog

  constructor(deps: { db: Database; clock: Clock; events: EventLog }) {
    this.#db = deps.db
    this.#clock = deps.clock
    this.#events = deps.events
  }

  /** Inserts items of one task in bulk. */
  async insertItems(tx: Transaction, items: readonly Omit<ItemRow, 'id'>[]): Promise<void> {
    const table = this.#db.models.items.tableName
    for (let first = 0; first < items.length; first += CHUNK) {
      const some = items.slice(first, first + CHUNK).map(itemColumns)
      await this.#db.sequelize.getQueryInterface().bulkInsert(table, some, { transaction: tx })
    }
  }

  /** Writes planned commands and ties their items to them. Answers the devices that have work now. */
  async insertCommands(tx: Transaction, task: TaskRow, planned: readonly PlannedCommand[]): Promise<number[]> {
    const now = this.#clock.now().getTime()
    const deliverWithinMs = task.deliverWithinSeconds * 1000
    const lastOf = new Map<number, string>()
    const made = planned.map((command) => {
      const id = uuidv7()
      const after = command.position > 0 ? lastOf.get(command.deviceId) : undefined
      lastOf.set(command.deviceId, id)
      return { id, after, command }
    })
    // A piece at a time: the payloads of all would be in memory at once.
    for (let first = 0; first < made.length; first += CHUNK) {
      const some = made.slice(first, first + CHUNK).map(({ id, after, command }) => ({
        id,
        taskId: task.id,
        deviceId: command.deviceId,
        accountId: command.accountId,
        kind: command.kind,
        effectClass: command.effectClass,
        status: 'QUEUED' as const,
        provisional: false,
        attempt: 0,
        payload: encodeCommand(id, task.id, command),
        notBefore: now,
        deliverBy: now + deliverWithinMs,
        deliverWithinMs,
        leaseMs: LEASE_MS,
        maxRunMs: command.maxRunMs,
        afterCommandId: after ?? null,
        pauseMs: command.pauseMs,
        createdAt: now,
      }))
      await insertRows(this.#db, this.#db.models.commands, { columns: NEW_COMMAND, rows: some }, tx)
    }
    await this.#tie(
      tx,
      made.flatMap(({ id, command }) => command.itemIds.map((itemId) => ({ itemId, commandId: id }))),
    )
    return [...new Set(planned.map((command) => command.deviceId))]
  }

  /** Changes items alike and appends an event for each. */
  async changeItems(
    tx: Transaction,
    items: readonly Pick<ItemRow, 'id' | 'taskId'>[],
    change: ItemChange,
  ): Promise<void> {
    for (let first = 0; first < items.length; first += CHUNK) {
      const some = items.slice(first, first + CHUNK).map((item) => item.id)
      await this.#db.models.items.update(change, { where: { id: some }, transaction: tx })
    }
    await this.#events.append(
      tx,
      items.map(({ id, taskId }) => ({ type: 'item.updated', refId: id, taskId, status: change.status })),
    )
  }

  async changeTask(tx: Transaction, taskId: number, change: Partial<TaskRow> & Pick<TaskRow, 'status'>): Promise<void> {
    await this.#db.models.tasks.update(change, { where: { id: taskId }, transaction: tx })
    await this.#events.append(tx, [{ type: 'task.updated', refId: taskId, taskId, status: change.status }])
  }

  async counts(taskId: number, tx?: Transaction): Promise<ItemCounts> {
    const found = await this.#db.sequelize.query<{ status: ItemStatus; n: number }>(
      'SELECT status, COUNT(*) AS n FROM items WHERE task_id = :taskId GROUP BY status',
      { replacements: { taskId }, type: QueryTypes.SELECT, ...(tx ? { transaction: tx } : {}) },
    )
    return Object.fromEntries(found.map(({ status, n }) => [status, n]))
  }

  /** One statement for many commands: a Moments task has one for each item. */
  async #tie(tx: Transaction, pairs: readonly { itemId: number; commandId: string }[]): Promise<void> {
    for (let first = 0; first < pairs.length; first += TIED_AT_ONCE) {
      const some = pairs.slice(first, first + TIED_AT_ONCE)
      const cases = some.map(() => 'WHEN ? THEN ?').join(' ')
      await this.#db.sequelize.query(`UPDATE items SET command_id = CASE id ${cases} END WHERE id IN (?)`, {
        replacements: [
          ...some.flatMap(({ itemId, commandId }) => [itemId, commandId]),
          some.map(({ itemId }) => itemId),
        ],
        transaction: tx,
      })
    }
  }
}

/** As the table names them: the bulk insert goes past the models, which would cost more than the rows. */
const itemColumns = (item: Omit<ItemRow, 'id'>) => ({
  task_id: item.taskId,
  device_id: item.deviceId,
  account_id: item.accountId,
  customer_id: item.customerId,
  group_id: item.groupId,
  action: item.action,
  receiver: item.receiver.slice(0, 255),
  status: item.status,
  code: item.code,
  reason: item.reason,
  provisional: item.provisional ? 1 : 0,
  command_id: item.commandId,
  depends_on_item_id: item.dependsOnItemId,
  attempts: item.attempts,
  payload: item.payload,
  started_at: item.startedAt,
  finished_at: item.finishedAt,
  evidence_id: item.evidenceId,
  cancel_code: item.cancelCode,
  cancel_reason: item.cancelReason,
  company_id: 1,
})
