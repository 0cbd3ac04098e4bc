import { Op } from 'sequelize'
import type { Database } from '../../infra/database/database.ts'
import { pageOfRows, type Page, type PageNumber } from '../../infra/database/page.ts'
import { rows, type Where } from '../../infra/database/table.ts'
import type { AuditRow } from '../../infra/database/tables/audit.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'

const EXPORT_BATCH = 500

/** Which calls of the log; times are milliseconds since 1970, `endTime` not included. */
export interface AuditFilter {
  readonly username?: string | undefined
  readonly action?: string | undefined
  readonly startTime?: number | undefined
  readonly endTime?: number | undefined
}

/** A call as the API shows it. */
export type AuditView = Omit<AuditRow, 'at' | 'kind' | 'intentId' | 'userId'> & { readonly at: string }

export interface AuditReaderDeps {
  readonly db: Database
  readonly time: WorkspaceTime
}

/** Reads the audit log: each call once, by how it ended. */
export class AuditReader {
  readonly #deps: AuditReaderDeps

  constructor(deps: AuditReaderDeps) {
    this.#deps = deps
  }

  /** Calls that fit, newest first. */
  async list(filter: AuditFilter, page: PageNumber): Promise<Page<AuditView>> {
    const { auditLog } = this.#deps.db.models
    const found = await pageOfRows(auditLog, { where: whereOf(filter), order: [['id', 'DESC']] }, page)
    return { ...found, items: found.items.map((entry) => this.#view(entry)) }
  }

  /** Every call that fits, oldest first, one JSON object a line. Rows are read while the lines are taken. */
  async *lines(filter: AuditFilter): AsyncGenerator<string> {
    for await (const entry of this.#entries(whereOf(filter))) yield `${JSON.stringify(this.#view(entry))}\n`
  }

  async *#entries(where: Where<AuditRow>): AsyncGenerator<AuditRow> {
    for (let last = 0; ;) {
      const some = await rows(this.#deps.db.models.auditLog, {
        where: { [Op.and]: [where, { id: { [Op.gt]: last } }] },
        order: [['id', 'ASC']],
        limit: EXPORT_BATCH,
      })
      yield* some
      const { id } = some.at(-1) ?? {}
      if (id === undefined) return
      last = id
    }
  }

  #view({ id, at, username, ip, action, target, request, before, after, outcome, requestId }: AuditRow): AuditView {
    const when = this.#deps.time.format(at)
    return { id, at: when, username, ip, action, target, request, before, after, outcome, requestId }
  }
}

function whereOf({ username, action, startTime, endTime }: AuditFilter): Where<AuditRow> {
  return {
    kind: 'OUTCOME',
    ...(username === undefined ? {} : { username }),
    ...(action === undefined ? {} : { action }),
    ...(startTime === undefined && endTime === undefined
      ? {}
      : { at: { [Op.gte]: startTime ?? 0, [Op.lt]: endTime ?? Number.MAX_SAFE_INTEGER } }),
  }
}
