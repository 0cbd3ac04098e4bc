import { Op } from 'sequelize'
import type { Database } from '../../infra/database/database.ts'
import { rows } from '../../infra/database/table.ts'
import { OPEN_ITEM } from '../../infra/database/tables/tasks.ts'
import type { TaskStatus } from '../../infra/database/tables/tasks.ts'
import type { InUse, References } from '../../ports.ts'
import { kindOf, type TaskParams } from './kinds/index.ts'

const ACTIVE: readonly TaskStatus[] = ['DRAFT', 'IN_REVIEW', 'SCHEDULED', 'PROCESSING', 'PAUSED']

/** What unfinished tasks need: what their params name, and the customers they have still to write to. */
export class TaskReferences implements InUse {
  readonly #deps: { readonly db: Database }

  constructor(deps: { readonly db: Database }) {
    this.#deps = deps
  }

  async userOf(kind: keyof References, id: number): Promise<string | undefined> {
    const { db } = this.#deps
    const waiting = kind === 'customers' ? await this.#writingTo(id) : new Set<number>()
    // A deleted one that a silent phone brought back still needs what it uses.
    const there = { [Op.or]: [{ deletedAt: null }, { startedAt: { [Op.ne]: null } }] }
    const active = await rows(db.models.tasks, { where: { status: { [Op.in]: [...ACTIVE] }, ...there } })
    const usesOf = (params: TaskParams): References => kindOf(params).uses(params)
    const task = active.find((one) => waiting.has(one.id) || usesOf(one.params as TaskParams)[kind].includes(id))
    return task && `task ${task.id}`
  }

  async #writingTo(customerId: number): Promise<ReadonlySet<number>> {
    const where = { customerId, status: [...OPEN_ITEM] }
    const items = await rows(this.#deps.db.models.items, { where, attributes: ['taskId'] })
    return new Set(items.map((item) => item.taskId))
  }
}
