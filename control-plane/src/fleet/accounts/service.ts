import type { Caps, ErrorCode } from '@muster/proto'
import type { Logger } from 'pino'
import type { Transaction } from 'sequelize'
import { unawaited } from '../../infra/bus/unawaited.ts'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { pageOfRows, type Page, type PageNumber } from '../../infra/database/page.ts'
import { row } from '../../infra/database/table.ts'
import type { AccountRow, AccountStatus } from '../../infra/database/tables/accounts.ts'
import { notFound } from '../../infra/errors.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'
import type { AccountGuard, LiveSession } from '../../ports.ts'
import type { CommandQueue } from '../commands/queue.ts'
import { clockTime, rulesOf } from '../policy/policy-rules.ts'
import { HOLD_MS, type Policy } from '../policy/service.ts'

const SECOND_MS = 1000
const HOUR_MS = 60 * 60 * SECOND_MS
/** What a stop takes off an account's health. */
const HEALTH_LOST = 20

export interface AccountsDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'accounts'>
  readonly clock: Clock
  readonly time: WorkspaceTime
  readonly policy: Pick<Policy, 'holdOf' | 'usedToday'>
  readonly log: Logger
  readonly queue: Pick<CommandQueue, 'wakeHeld'>
  readonly bus: Pick<LiveSession, 'pushBudget'>
}

export interface AccountFilter {
  readonly deviceId?: number | undefined
  readonly status?: AccountStatus | undefined
}

/** Caps to change; undefined leaves one. */
export type CapChanges = { readonly [K in keyof Caps]?: Caps[K] | undefined }

/** An account as the API shows it. */
export type AccountView = Omit<AccountRow, 'stopReason' | 'caps' | 'budgetVersion'> & {
  readonly reason: string | null
  /** What its policy asks for; minutes of the workspace's day as a clock shows them. */
  readonly rules: ReturnType<typeof rulesView>
  readonly caps: Caps
  readonly usedToday: Caps
  /** What keeps it from acting now; `until` is null until a person lifts it. */
  readonly hold: { readonly code: string; readonly reason: string; readonly until: string | null } | null
}

/** WeChat accounts, their caps and their circuit breaker. */
export class Accounts implements AccountGuard {
  readonly #deps: AccountsDeps

  constructor(deps: AccountsDeps) {
    this.#deps = deps
  }

  /** Accounts that fit, oldest first. */
  async list({ deviceId, status }: AccountFilter, page: PageNumber): Promise<Page<AccountView>> {
    const where = { ...(deviceId ? { deviceId } : {}), ...(status ? { status } : {}) }
    const found = await pageOfRows(this.#deps.db.models.accounts, { where, order: [['id', 'ASC']] }, page)
    return { ...found, items: await Promise.all(found.items.map((account) => this.#view(account))) }
  }

  /** Throws NOT_FOUND. */
  async get(id: number): Promise<AccountView> {
    return await this.#view(await this.#existing(id))
  }

  /** What the account may do in a day; its phone is told. Throws NOT_FOUND. */
  async setCaps(id: number, changes: CapChanges): Promise<AccountView> {
    const { caps } = await this.#existing(id)
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
    await this.#change(id, { caps: { ...caps, ...given } })
    return await this.get(id)
  }

  /** A person looked at the phone: the account may work again, and what waited for that begins. Throws NOT_FOUND. */
  async clear(id: number): Promise<AccountView> {
    const { db, queue } = this.#deps
    await this.#existing(id)
    await this.#change(id, { status: 'ACTIVE', stopCode: null, stopReason: null })
    const { deviceId } = await this.#existing(id)
    if (deviceId !== null) await db.write((tx) => queue.wakeHeld(tx, deviceId, HOLD_MS))
    return await this.get(id)
  }

  async stop(tx: Transaction, accountId: number, code: ErrorCode, reason: string): Promise<void> {
    const { accounts } = this.#deps.tables
    const account = await row(accounts, { where: { id: accountId }, transaction: tx })
    if (!account || account.status !== 'ACTIVE') return
    const changes = {
      status: code === 'LOGIN_REQUIRED' ? ('LOGGED_OUT' as const) : ('STOPPED' as const),
      stopCode: code,
      stopReason: reason.slice(0, 500),
      health: Math.max(0, account.health - HEALTH_LOST),
      budgetVersion: account.budgetVersion + 1,
    }
    await accounts.update(changes, { where: { id: accountId }, transaction: tx })
    const { bus, log } = this.#deps
    tx.afterCommit(() => unawaited(bus.pushBudget(accountId), log, 'budget'))
  }

  async #existing(id: number): Promise<AccountRow> {
    const account = await row(this.#deps.db.models.accounts, { where: { id } })
    if (!account) throw notFound('account', id)
    return account
  }

  /** Changes what the phone is allowed, and tells it. */
  async #change(id: number, changes: Partial<AccountRow>): Promise<void> {
    const { db, tables, bus } = this.#deps
    await db.write(async (tx) => {
      await tables.accounts.update(changes, { where: { id }, transaction: tx })
      await tables.accounts.increment('budgetVersion', { by: 1, where: { id }, transaction: tx })
    })
    await bus.pushBudget(id)
  }

  async #view(account: AccountRow): Promise<AccountView> {
    const { policy, time } = this.#deps
    const { id, wechatId, nickname, deviceId, status, stopCode, stopReason: reason, health } = account
    const { caps } = rulesOf(account)
    const hold = await policy.holdOf(account)
    return {
      id,
      wechatId,
      nickname,
      deviceId,
      status,
      stopCode,
      reason,
      health,
      policy: account.policy,
      rules: rulesView(account),
      caps,
      usedToday: await policy.usedToday(id),
      hold: hold ? { code: hold.code, reason: hold.reason, until: time.format(hold.untilMs) } : null,
    }
  }
}

function rulesView(account: AccountRow) {
  const { quietStart, quietEnd, minIntervalMs, customerSpacingMs } = rulesOf(account)
  const quiet = quietStart !== quietEnd
  return {
    quietFrom: quiet ? clockTime(quietStart) : null,
    quietUntil: quiet ? clockTime(quietEnd) : null,
    minIntervalSeconds: minIntervalMs / SECOND_MS,
    customerSpacingHours: customerSpacingMs / HOUR_MS,
  }
}
