import type { Transaction } from 'sequelize'
import type { Tables } from '../../infra/database/tables/index.ts'
import { insertRows, updateAlike, updateEach, type Change } from '../../infra/database/statements.ts'
import type { EventLog } from '../../ports.ts'
import type { ItemRow, ItemStatus } from '../../infra/database/tables/tasks.ts'

const ROWS_PER_STATEMENT = 500
const COLUMNS = [
  'status',
  'provisional',
  'code',
  'reason',
  'commandId',
  'attempts',
  'accountId',
  'startedAt',
  'finishedAt',
  'evidenceId',
  'result',
] as const

/** The columns that have to be read before `save` changes an item. */
export const ITEM_STATE = ['id', 'taskId', 'cancelCode', 'cancelReason', ...COLUMNS] as const

const NEW_ITEM = [
  'taskId',
  'deviceId',
  'customerId',
  'groupId',
  'action',
  'receiver',
  'dependsOnItemId',
  'payload',
  'cancelCode',
  'cancelReason',
  ...COLUMNS,
] as const

export type NewItem = Omit<ItemRow, 'id' | 'result'>

type SavedItem = Pick<ItemRow, (typeof COLUMNS)[number] | 'id' | 'taskId'>

/** The columns that become alike in many items. The status is what the events are about. */
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

export interface ItemLedgerDeps {
  readonly tables: Pick<Tables, 'items'>
  readonly events: EventLog
}

/** The only writer of items, and of the events of their statuses. */
export class ItemLedger {
  readonly #tables: Pick<Tables, 'items'>
  readonly #events: EventLog

  constructor({ tables, events }: ItemLedgerDeps) {
    this.#tables = tables
    this.#events = events
  }

  /** Inserts items in bulk, without events: the event of their task tells of them. */
  async insert(tx: Transaction, items: readonly NewItem[]): Promise<void> {
    await insertRows(this.#tables.items, { columns: NEW_ITEM, rows: items.map(newRow) }, tx)
  }

  /** Gives items to commands. One text serves all: a Moments task has a command for each item. */
  async tie(tx: Transaction, pairs: readonly { itemId: number; commandId: string }[]): Promise<void> {
    await updateEach(this.#tables.items, { set: 'command_id = :commandId', where: 'id = :itemId' }, pairs, tx)
  }

  /** Makes items alike, and appends an event for each. */
  async change(tx: Transaction, items: readonly Pick<ItemRow, 'id' | 'taskId'>[], change: ItemChange): Promise<void> {
    for (const some of pieces(items, ROWS_PER_STATEMENT)) {
      const where = { id: some.map(({ id }) => id) }
      await this.#tables.items.update(change, { where, transaction: tx })
    }
    await this.#tell(
      tx,
      items.map(({ id, taskId }) => ({ id, taskId, status: change.status })),
    )
  }

  /** Writes the columns in which each item differs, and appends an event for each new status. */
  async save(tx: Transaction, changes: readonly Change<SavedItem>[]): Promise<void> {
    await updateAlike(this.#tables.items, changes, COLUMNS, tx)
    const told = changes.filter(({ before, after }) => before.status !== after.status)
    await this.#tell(
      tx,
      told.map(({ after }) => after),
    )
  }

  /** Asks for a stop of items that a phone may have; the first stop that was asked of an item stands. */
  async askToStop(tx: Transaction, itemIds: readonly number[], why: { code: string; reason: string }): Promise<void> {
    await this.#tables.items.update(
      { cancelCode: why.code, cancelReason: why.reason },
      { where: { id: [...itemIds], cancelCode: null }, transaction: tx },
    )
  }

  /** Removes the items of a task that has not begun. */
  async destroyOf(tx: Transaction, taskId: number): Promise<void> {
    await this.#tables.items.destroy({ where: { taskId }, transaction: tx })
  }

  async #tell(tx: Transaction, items: readonly Pick<ItemRow, 'id' | 'taskId' | 'status'>[]): Promise<void> {
    await this.#events.append(
      tx,
      items.map(({ id, taskId, status }) => ({ type: 'item.updated', refId: id, taskId, status })),
    )
  }
}

function* pieces<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let first = 0; first < all.length; first += size) yield all.slice(first, first + size)
}

/** Its columns and no others, whatever else the item has. */
const newRow = (item: NewItem): Omit<ItemRow, 'id'> => ({
  result: null,
  taskId: item.taskId,
  deviceId: item.deviceId,
  accountId: item.accountId,
  customerId: item.customerId,
  groupId: item.groupId,
  action: item.action,
  receiver: item.receiver.slice(0, 255),
  status: item.status,
  code: item.code,
  reason: item.reason,
  provisional: item.provisional,
  commandId: item.commandId,
  dependsOnItemId: item.dependsOnItemId,
  attempts: item.attempts,
  payload: item.payload,
  startedAt: item.startedAt,
  finishedAt: item.finishedAt,
  evidenceId: item.evidenceId,
  cancelCode: item.cancelCode,
  cancelReason: item.cancelReason,
})
