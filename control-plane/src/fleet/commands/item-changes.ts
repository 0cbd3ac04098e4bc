import type { Transaction } from 'sequelize'
import type { Database } from '../../infra/database/database.ts'
import { updateAlike, type Change } from '../../infra/database/statements.ts'
import type { EventLog } from '../../ports.ts'
import type { ItemRow } from '../../infra/database/tables/tasks.ts'

const COLUMNS = ['status', 'provisional', 'code', 'reason', 'commandId', 'startedAt', 'finishedAt'] as const

/** What has to be read of an item for it to be changed on its way: not its payload. */
export const ITEM_ON_ITS_WAY = ['id', 'taskId', 'cancelCode', 'cancelReason', ...COLUMNS] as const

/** Writes what became of items on their way, with an event for each new status. */
export async function saveItems(
  deps: { readonly db: Database; readonly events: EventLog },
  tx: Transaction,
  changes: readonly Change<Pick<ItemRow, (typeof COLUMNS)[number] | 'id' | 'taskId'>>[],
): Promise<void> {
  await updateAlike(deps.db, deps.db.models.items, changes, COLUMNS, tx)
  await deps.events.append(
    tx,
    changes
      .filter(({ before, after }) => before.status !== after.status)
      .map(({ after: { id, taskId, status } }) => ({ type: 'item.updated', refId: id, taskId, status })),
  )
}
