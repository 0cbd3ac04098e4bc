import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { insert } from '../database/table.ts'
import type { Caller } from '../http/route.ts'

export interface AuditEntry {
  readonly caller: Caller
  readonly action: string
  readonly target: string
  readonly before: unknown
  readonly after: unknown
  /** HTTP status. */
  readonly outcome: number
}

const SECRET = /password|token|secret|authorization|^code$/i
const LONGEST_JSON = 4000

/** Who changed what, when, from where, with what outcome. Rows are only ever added. */
export class Audit {
  readonly #db: Database
  readonly #clock: Clock

  constructor(deps: { db: Database; clock: Clock }) {
    this.#db = deps.db
    this.#clock = deps.clock
  }

  async write(entry: AuditEntry): Promise<void> {
    const { caller } = entry
    await this.#db.write(
      async (tx) =>
        await insert(
          this.#db.models.auditLog,
          {
            at: this.#clock.now().getTime(),
            userId: caller.userId || null,
            username: caller.username,
            ip: caller.ip,
            action: entry.action,
            target: entry.target.slice(0, 200),
            before: clean(entry.before),
            after: clean(entry.after),
            outcome: entry.outcome,
            requestId: caller.requestId,
          },
          tx,
        ),
    )
  }
}

/** Without secrets and not without bound. */
function clean(value: unknown): unknown {
  const text = JSON.stringify(value ?? null, (key, inner: unknown) => (SECRET.test(key) ? '***' : inner))
  return text.length <= LONGEST_JSON ? JSON.parse(text) : { cut: text.slice(0, LONGEST_JSON) }
}
