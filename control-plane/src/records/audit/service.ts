import type { Transaction } from 'sequelize'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { insert, rows } from '../../infra/database/table.ts'
import type { Caller } from '../../http/route.ts'
import type { AuditRow } from '../../infra/database/tables/audit.ts'

/** The outcome of what took effect in a plane that ended before it could answer. */
export const UNANSWERED = 0

export interface AuditEntry {
  readonly caller: Caller
  readonly action: string
  readonly target: string
  readonly request?: unknown
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
  readonly #tables: Pick<Tables, 'auditLog'>
  readonly #clock: Clock

  constructor(deps: { db: Database; tables: Pick<Tables, 'auditLog'>; clock: Clock }) {
    this.#db = deps.db
    this.#tables = deps.tables
    this.#clock = deps.clock
  }

  /** Records something that has ended. */
  async write(entry: AuditEntry): Promise<void> {
    await this.#db.write((tx) => this.add(tx, { ...entry, kind: 'OUTCOME', intentId: null }))
  }

  /** Part of the caller's write; answers the row's id. */
  async add(tx: Transaction, entry: AuditEntry & Pick<AuditRow, 'kind' | 'intentId'>): Promise<number> {
    const { caller, kind, intentId, action, outcome } = entry
    const values = {
      at: this.#clock.now().getTime(),
      kind,
      intentId,
      userId: caller.userId || null,
      username: caller.username,
      ip: caller.ip,
      action,
      target: entry.target.slice(0, 200),
      request: clean(entry.request),
      before: clean(entry.before),
      after: clean(entry.after),
      outcome,
      requestId: caller.requestId,
    }
    return await insert(this.#tables.auditLog, values, tx)
  }

  /** Gives what took effect in a killed plane its outcome: that nobody was told. */
  async recover(): Promise<void> {
    const { auditLog } = this.#tables
    await this.#db.write(async (tx) => {
      const open = await this.#db.select<{ id: number }>(
        `SELECT i.id AS id FROM audit_log i LEFT JOIN audit_log o ON o.intent_id = i.id
         WHERE i.kind = 'INTENT' AND o.id IS NULL`,
        {},
        tx,
      )
      const at = this.#clock.now().getTime()
      for (const intent of await rows(auditLog, { where: { id: open.map(({ id }) => id) }, transaction: tx })) {
        const { id: intentId, ...same } = intent
        await insert(auditLog, { ...same, kind: 'OUTCOME', intentId, at, outcome: UNANSWERED }, tx)
      }
    })
  }

  begin(caller: Caller, action: string, target: string): AuditTrail {
    return new AuditTrail(this, caller, action, target)
  }
}

/** The record of one call: an intent that is committed with its effect, and an outcome. */
export class AuditTrail {
  readonly #audit: Audit
  readonly #action: string
  readonly #target: string
  #caller: Caller
  #request: unknown = null
  #before: unknown = null
  #intentId: number | null = null

  constructor(audit: Audit, caller: Caller, action: string, target: string) {
    this.#audit = audit
    this.#caller = caller
    this.#action = action
    this.#target = target
  }

  /** Whether nobody we know has called, and nothing took effect. */
  get isStrangers(): boolean {
    return this.#caller.userId === 0 && this.#intentId === null
  }

  calledBy(caller: Caller): void {
    this.#caller = caller
  }

  /** @param before the state of what is changed */
  asks(request: unknown, before: unknown): void {
    this.#request = request
    this.#before = before
    // A sign-in has no user yet but the name in its request.
    const username = this.#caller.username || textOf(request, 'username')
    this.#caller = { ...this.#caller, username }
  }

  async intent(tx: Transaction): Promise<void> {
    const id = await this.#add(tx, 'INTENT', UNANSWERED, null)
    tx.afterCommit(() => {
      this.#intentId = id
    })
  }

  async outcome(tx: Transaction, status: number, after: unknown): Promise<void> {
    await this.#add(tx, 'OUTCOME', status, after)
  }

  async #add(tx: Transaction, kind: AuditRow['kind'], outcome: number, after: unknown): Promise<number> {
    const intentId = kind === 'OUTCOME' ? this.#intentId : null
    const [caller, action, target] = [this.#callerNow(after), this.#action, this.#target]
    const entry = { caller, action, target, request: this.#request, before: this.#before, after, outcome }
    return await this.#audit.add(tx, { ...entry, kind, intentId })
  }

  /** A sign-in that succeeded says who it was. */
  #callerNow(after: unknown): Caller {
    const user = this.#caller.userId === 0 ? fieldOf(after, 'user') : undefined
    const userId = Number(fieldOf(user, 'id') ?? this.#caller.userId)
    return { ...this.#caller, userId, username: textOf(user, 'username') || this.#caller.username }
  }
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined

function textOf(value: unknown, name: string): string {
  const text = fieldOf(value, name)
  return typeof text === 'string' ? text : ''
}

/** Without secrets and not without bound. */
function clean(value: unknown): unknown {
  const text = JSON.stringify(value ?? null, (key, inner: unknown) => (SECRET.test(key) ? '***' : inner))
  return text.length <= LONGEST_JSON ? JSON.parse(text) : { cut: text.slice(0, LONGEST_JSON) }
}
