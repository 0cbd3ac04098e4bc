import type { Transaction } from 'sequelize'
import type { Database } from '../database/database.ts'
import { updateAlike, type Change } from '../database/table.ts'
import type { EventLog } from '../ports.ts'
import type { ItemRow } from './model.ts'

const COLUMNS = ['status', 'provisional', 'code', 'reason', 'commandId', 'startedAt', 'finishedAt'] as const

/** What has to be read of an item for it to be changed on its way: not its payload. */
export const ITEM_ON_ITS_WAY = ['id', 'taskId', 'cancelCode', 'cancelReason', ...COLUMNS] as const

/** Writes what became of items on their way, with an event for each new status. */
export async function saveItems(
  deps: { readonly db: Database; readonly events: EventLog },
  tx: Transaction,
  changes: readonly Change<ItemRow>[],
): Promise<void> {
  await updateAlike(deps.db.models.items, tx, changes, COLUMNS)
  await deps.events.append(
    tx,
    changes
      .filter(({ before, now }) => before.status !== now.status)
      .map(({ now: { id, taskId, status } }) => ({ type: 'item.updated', refId: id, taskId, status })),
  )
}
