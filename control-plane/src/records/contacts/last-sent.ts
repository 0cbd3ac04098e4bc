import type { Transaction } from 'sequelize'
import type { Database } from '../../infra/database/database.ts'

/** Part of the caller's write: something was or may have been sent to these customers. @param atMs since 1970 */
export async function wroteTo(db: Database, tx: Transaction, customerIds: number[], atMs: number): Promise<void> {
  if (customerIds.length === 0) return
  await db.models.customers.update({ lastSentAt: atMs }, { where: { id: customerIds }, transaction: tx })
}
