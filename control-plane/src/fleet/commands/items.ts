import type { Transaction } from 'sequelize'
import type { Database } from '../../infra/database/database.ts'
import { updateAlike, type Change } from '../../infra/database/statements.ts'
import type { EventLog } from '../../ports.ts'
import type { ItemRow, ItemStatus } from '../../infra/database/tables/tasks.ts'

const ROWS_PER_STATEMENT = 500
const TIED_PER_STATEMENT = 200
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
  readonly db: Database
  readonly events: EventLog
}

/** The only writer of items, and of the events of their statuses. */
export class ItemLedger {
  readonly #db: Database
  readonly #events: EventLog

  constructor({ db, events }: ItemLedgerDeps) {
    this.#db = db
    this.#events = events
  }

  /** Inserts items in bulk, without events: the event of their task tells of them. */
  async insert(tx: Transaction, items: readonly NewItem[]): Promise<void> {
    const table = this.#db.models.items.tableName
    for (const some of pieces(items, ROWS_PER_STATEMENT)) {
      const query = this.#db.sequelize.getQueryInterface()
      await query.bulkInsert(table, some.map(columnsOf), { transaction: tx })
    }
  }

  /** Gives items to commands. One statement serves many commands: a Moments task has one for each item. */
  async tie(tx: Transaction, pairs: readonly { itemId: number; commandId: string }[]): Promise<void> {
    for (const some of pieces(pairs, TIED_PER_STATEMENT)) {
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

  /** Makes items alike, and appends an event for each. */
  async change(tx: Transaction, items: readonly Pick<ItemRow, 'id' | 'taskId'>[], change: ItemChange): Promise<void> {
    for (const some of pieces(items, ROWS_PER_STATEMENT)) {
      const where = { id: some.map(({ id }) => id) }
      await this.#db.models.items.update(change, { where, transaction: tx })
    }
    await this.#tell(
      tx,
      items.map(({ id, taskId }) => ({ id, taskId, status: change.status })),
    )
  }

  /** Writes the columns in which each item differs, and appends an event for each new status. */
  async save(tx: Transaction, changes: readonly Change<SavedItem>[]): Promise<void> {
    await updateAlike(this.#db, this.#db.models.items, changes, COLUMNS, tx)
    const told = changes.filter(({ before, after }) => before.status !== after.status)
    await this.#tell(
      tx,
      told.map(({ after }) => after),
    )
  }

  /** Asks for a stop of items that a phone may have; the first stop that was asked of an item stands. */
  async askToStop(tx: Transaction, itemIds: readonly number[], why: { code: string; reason: string }): Promise<void> {
    await this.#db.models.items.update(
      { cancelCode: why.code, cancelReason: why.reason },
      { where: { id: [...itemIds], cancelCode: null }, transaction: tx },
    )
  }

  /** Removes the items of a task that has not begun. */
  async destroyOf(tx: Transaction, taskId: number): Promise<void> {
    await this.#db.models.items.destroy({ where: { taskId }, transaction: tx })
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

/** As the table names them: the bulk insert goes past the models, which would cost more than the rows. */
const columnsOf = (item: NewItem) => ({
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
