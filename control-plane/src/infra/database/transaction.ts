import { Transaction, type Sequelize } from 'sequelize'

/** The transaction of one `db.write`; Sequelize takes it wherever it takes its own. */
export class WriteTransaction extends Transaction {
  /** Begins it; Sequelize's types leave this out. */
  declare private readonly prepareEnvironment: (useContext: boolean) => Promise<void>
  readonly #afterCommit: ((tx: this) => void)[] = []

  static async begin(sequelize: Sequelize): Promise<WriteTransaction> {
    const tx = new WriteTransaction(sequelize, { type: Transaction.TYPES.IMMEDIATE })
    await tx.prepareEnvironment(false)
    return tx
  }

  /**
   * Runs `then` once the COMMIT has succeeded, in the order given; it must not throw. Sequelize's own runs it even when
   * the COMMIT failed.
   */
  override afterCommit(then: (tx: this) => void): void {
    this.#afterCommit.push(then)
  }

  override async commit(): Promise<void> {
    await super.commit()
    for (const then of this.#afterCommit) then(this)
  }
}
