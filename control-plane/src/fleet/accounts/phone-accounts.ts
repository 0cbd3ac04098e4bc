import type { Transaction } from 'sequelize'
import type { Tables } from '../../infra/database/tables/index.ts'
import { insert, row } from '../../infra/database/table.ts'
import type { AccountRow } from '../../infra/database/tables/accounts.ts'

/** Which account is on which phone. Every method is part of the caller's write. */
export class PhoneAccounts {
  readonly #tables: Pick<Tables, 'accounts'>

  constructor({ tables }: { readonly tables: Pick<Tables, 'accounts'> }) {
    this.#tables = tables
  }

  /**
   * The device shows this account. An account that is not known is made; one that was on another phone moves.
   * @param shown `policy` is for an account that is made
   * @returns the account's id
   */
  async show(
    tx: Transaction,
    deviceId: number,
    shown: Pick<AccountRow, 'wechatId' | 'nickname' | 'policy'>,
  ): Promise<number> {
    const { accounts } = this.#tables
    const { wechatId, nickname, policy } = shown
    const known = await row(accounts, { where: { wechatId }, transaction: tx })
    await this.leaveDevice(tx, deviceId)
    if (!known) return await insert(accounts, { wechatId, nickname, deviceId, policy, status: 'ACTIVE' }, tx)
    await accounts.update({ deviceId, nickname }, { where: { id: known.id }, transaction: tx })
    return known.id
  }

  /** Whatever account was on the device is on none now. */
  async leaveDevice(tx: Transaction, deviceId: number): Promise<void> {
    await this.#tables.accounts.update({ deviceId: null }, { where: { deviceId }, transaction: tx })
  }
}
