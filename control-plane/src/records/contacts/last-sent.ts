import type { Transaction } from 'sequelize'
import type { Tables } from '../../infra/database/tables/index.ts'

/** When each customer was last written to. */
export class LastSent {
  readonly #tables: Pick<Tables, 'customers'>

  constructor(deps: { readonly tables: Pick<Tables, 'customers'> }) {
    this.#tables = deps.tables
  }

  /** Part of the caller's write: something was or may have been sent to these customers. @param atMs since 1970 */
  async wroteTo(tx: Transaction, customerIds: number[], atMs: number): Promise<void> {
    if (customerIds.length === 0) return
    await this.#tables.customers.update({ lastSentAt: atMs }, { where: { id: customerIds }, transaction: tx })
  }
}
