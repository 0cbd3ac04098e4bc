import { Op, type Transaction } from 'sequelize'
import type { Database } from '../../infra/database/database.ts'
import { rows } from '../../infra/database/table.ts'
import { needsApproval, type ApprovalRule } from '../../fleet/policy/policy-rules.ts'
import type { ItemRow, TaskRow } from '../../infra/database/tables/tasks.ts'
import { actionRules } from './kinds/action-rules.ts'

const MOST_NAMES = 5

/** Who has made a task what it is: none of them approves it. */
export const authorsOf = ({ createdBy, changedBy }: Pick<TaskRow, 'createdBy' | 'changedBy'>): number[] => [
  ...new Set([createdBy, ...(changedBy ?? [])]),
]

/** How often what it is to do was changed. */
export const revisionOf = ({ changedBy }: Pick<TaskRow, 'changedBy'>): number => changedBy?.length ?? 0

/** Whether somebody else than its author has to look at a task before it sends. */
export class Approval {
  readonly #db: Database
  readonly #rule: ApprovalRule

  constructor(deps: { db: Database; approval: ApprovalRule }) {
    this.#db = deps.db
    this.#rule = deps.approval
  }

  /** Why a task with these items needs it and who can give it, for people; undefined when it needs none. */
  async needed(
    items: readonly Pick<ItemRow, 'action' | 'status' | 'accountId'>[],
    authorIds: readonly number[],
    tx?: Transaction,
  ): Promise<string | undefined> {
    const sends = items.filter((item) => item.status === 'PENDING' && actionRules.of(item.action).toPeople)
    if (sends.length <= this.#rule.above) return undefined
    const inTx = tx ? { transaction: tx } : {}
    const accountIds = [...new Set(sends.flatMap((item) => item.accountId ?? []))]
    const accounts = await rows(this.#db.models.accounts, { where: { id: accountIds }, ...inTx })
    const policies = accounts.map((account) => account.policy)
    if (!needsApproval(this.#rule, sends.length, policies)) return undefined
    return `it sends ${sends.length} messages, and more than ${this.#rule.above} need the approval of ${await this.#others(authorIds, inTx)}`
  }

  /** The same for a task that is there. */
  async neededFor(tx: Transaction, task: Pick<TaskRow, 'id' | 'createdBy' | 'changedBy'>) {
    const items = await rows(this.#db.models.items, {
      where: { taskId: task.id, status: 'PENDING' },
      attributes: ['action', 'status', 'accountId'],
      transaction: tx,
    })
    return await this.needed(items, authorsOf(task), tx)
  }

  /** For one that was changed while it waited: whoever looked at it has not seen the change. */
  async anew(tx: Transaction, task: Pick<TaskRow, 'createdBy' | 'changedBy'>): Promise<string> {
    return `it was changed in review, and needs the approval of ${await this.#others(authorsOf(task), { transaction: tx })}`
  }

  async #others(authorIds: readonly number[], inTx: { transaction?: Transaction }): Promise<string> {
    const { users } = this.#db.models
    const authors = await rows(users, { where: { id: [...authorIds] }, limit: MOST_NAMES, ...inTx })
    const author = authors.map(({ username }) => username).join(' and ') || 'its author'
    const able = await rows(users, {
      where: {
        role: { [Op.in]: ['admin', 'operator'] as const },
        disabled: false,
        id: { [Op.notIn]: [...authorIds] },
      },
      limit: MOST_NAMES,
      order: [['id', 'ASC']],
      ...inTx,
    })
    if (able.length === 0) return `somebody else than ${author}: add another operator first`
    return `somebody else than ${author}, such as ${able.map(({ username }) => username).join(', ')}`
  }
}
