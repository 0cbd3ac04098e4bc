import type { Budget, ErrorCode } from '@muster/proto'
import { Op, QueryTypes, type Transaction } from 'sequelize'
import type { AccountRow, CapKind, Caps } from '../accounts/model.ts'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { row, rows } from '../database/table.ts'
import type { WorkspaceTime } from '../http/schemas.ts'
import type { AccountGuard, Admission, CommandAdmission, DeviceSessions, DispatchBell, SkippedItem } from '../ports.ts'
import type { CommandRow } from '../tasks/command-model.ts'
import type { ItemRow } from '../tasks/model.ts'
import { activeSwitchFor } from './kill-switches.ts'
import { actionsOf, capKindOf, isQuiet, POLICIES, type PolicyRules } from './policy-rules.ts'

export interface PolicyDeps {
  readonly db: Database
  readonly clock: Clock
  readonly time: WorkspaceTime
  readonly wechatRulesAccepted: boolean
  readonly sessions: DeviceSessions
  readonly bell: DispatchBell
}

const CAP_KINDS: readonly CapKind[] = ['posts', 'messages', 'likes', 'comments']
const HEALTH_LOST = 20
/** How soon a held command is looked at again; what lifts the hold rings the bell. */
const HOLD_MS = 5000

/** The rules of section "Safety" of the README, asked before each dispatch and leased to the phones. */
export class Policy implements CommandAdmission, AccountGuard {
  readonly #deps: PolicyDeps

  constructor(deps: PolicyDeps) {
    this.#deps = deps
  }

  rulesOf(account: Pick<AccountRow, 'policy' | 'caps'>): PolicyRules {
    return { ...POLICIES[account.policy], caps: this.capsOf(account) }
  }

  capsOf(account: Pick<AccountRow, 'policy' | 'caps'>): Caps {
    return { ...POLICIES[account.policy].caps, ...account.caps }
  }

  /** What the account has done on the workspace's day so far. */
  async usedToday(accountId: number, tx?: Transaction): Promise<Caps> {
    const day = this.#deps.time.day(this.#deps.clock.now().getTime())
    const counted = await this.#deps.db.sequelize.query<{ kind: CapKind; n: number }>(
      'SELECT kind, COUNT(*) AS n FROM budget_spends WHERE account_id = :accountId AND day = :day GROUP BY kind',
      { replacements: { accountId, day }, type: QueryTypes.SELECT, ...(tx ? { transaction: tx } : {}) },
    )
    const used: Caps = { posts: 0, messages: 0, likes: 0, comments: 0 }
    for (const { kind, n } of counted) used[kind] = n
    return used
  }

  async setCaps(accountId: number, caps: Partial<Caps>): Promise<void> {
    await this.#change(accountId, { caps })
  }

  /** A person looked at the phone; the account may work again. */
  async clear(accountId: number): Promise<void> {
    await this.#change(accountId, { status: 'ACTIVE', stopCode: null, stopReason: null })
    const account = await row(this.#deps.db.models.accounts, { where: { id: accountId } })
    if (account?.deviceId) this.#deps.bell.ring([account.deviceId])
  }

  async stop(tx: Transaction, accountId: number, code: ErrorCode, reason: string): Promise<void> {
    const { accounts } = this.#deps.db.models
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
    tx.afterCommit(() => void this.#deps.sessions.pushBudget(accountId).catch(() => undefined))
  }

  async spend(
    tx: Transaction,
    accountId: number,
    items: readonly { readonly id: number; readonly action: string }[],
  ): Promise<void> {
    const now = this.#deps.clock.now().getTime()
    const day = this.#deps.time.day(now)
    const spent = items.flatMap((item) => {
      const kind = capKindOf(item.action as ItemRow['action'])
      return kind ? [{ accountId, day, kind, itemId: item.id, at: now }] : []
    })
    if (spent.length > 0)
      await this.#deps.db.models.budgetSpends.bulkCreate(spent as never[], { ignoreDuplicates: true, transaction: tx })
  }

  async budget(accountId: number): Promise<Budget | undefined> {
    const account = await row(this.#deps.db.models.accounts, { where: { id: accountId } })
    if (!account) return undefined
    const rules = this.rulesOf(account)
    return {
      accountWechatId: account.wechatId,
      day: this.#deps.time.day(this.#deps.clock.now().getTime()),
      version: account.budgetVersion,
      ...rules.caps,
      quietStartMinute: rules.quietStart,
      quietEndMinute: rules.quietEnd,
      timeZone: this.#deps.time.zone,
      minIntervalMs: rules.minIntervalMs,
      stopped: account.status !== 'ACTIVE',
    }
  }

  async beforeDispatch(tx: Transaction, command: CommandRow, items: readonly ItemRow[]): Promise<Admission> {
    const now = this.#deps.clock.now().getTime()
    const hold = (untilMs: number, code: ErrorCode, reason: string): Admission => ({
      kind: 'hold',
      untilMs,
      code,
      reason,
    })
    const killed = await activeSwitchFor(this.#deps.db, tx, command)
    if (killed) return hold(now + HOLD_MS, 'CANCELLED', `kill switch ${killed.id}: ${killed.reason}`)
    if (command.effectClass === 'READ') return { kind: 'send', skipped: [] }
    const device = await row(this.#deps.db.models.devices, { where: { id: command.deviceId }, transaction: tx })
    if (!device?.emulated && !this.#deps.wechatRulesAccepted) {
      return hold(
        now + HOLD_MS,
        'APP_NOT_READY',
        'the phone driver is off: the notice about WeChat rules is not accepted',
      )
    }
    const account = command.accountId
      ? await row(this.#deps.db.models.accounts, { where: { id: command.accountId }, transaction: tx })
      : undefined
    if (!account) return { kind: 'send', skipped: [] }
    if (account.status !== 'ACTIVE') {
      return hold(
        now + HOLD_MS,
        (account.stopCode ?? 'RISK_CONTROL') as ErrorCode,
        `account ${account.id} is stopped: ${account.stopReason ?? ''}`,
      )
    }
    const rules = this.rulesOf(account)
    if (isQuiet(rules, this.#deps.time.minuteOfDay(now))) {
      return hold(
        this.#deps.time.nextMinuteOfDay(now, rules.quietEnd),
        'QUIET_HOURS',
        'it is quiet hours for the account',
      )
    }
    return { kind: 'send', skipped: await this.#skipped(tx, account, rules, items) }
  }

  async #skipped(
    tx: Transaction,
    account: AccountRow,
    rules: PolicyRules,
    items: readonly ItemRow[],
  ): Promise<SkippedItem[]> {
    const refused = await this.#unwelcome(tx, rules, items)
    const remaining = await this.#remaining(tx, account.id, rules.caps)
    const skipped: SkippedItem[] = []
    for (const item of items) {
      const reason = refused.get(item.customerId ?? 0)
      const kind = capKindOf(item.action)
      if (reason) skipped.push({ itemId: item.id, ...reason })
      else if (kind && remaining[kind]-- <= 0) {
        skipped.push({
          itemId: item.id,
          code: 'BUDGET_SPENT',
          reason: `account ${account.id} may do ${rules.caps[kind]} ${kind} a day`,
        })
      }
    }
    return skipped
  }

  /** Customers who must not get this message now. */
  async #unwelcome(
    tx: Transaction,
    rules: PolicyRules,
    items: readonly ItemRow[],
  ): Promise<Map<number, { code: ErrorCode; reason: string }>> {
    const customerIds = items.flatMap((item) => (item.action === 'SEND' ? (item.customerId ?? []) : []))
    const refused = new Map<number, { code: ErrorCode; reason: string }>()
    if (customerIds.length === 0) return refused
    const earliest = this.#deps.clock.now().getTime() - rules.customerSpacingMs
    const found = await rows(this.#deps.db.models.customers, {
      where: { id: { [Op.in]: customerIds } },
      transaction: tx,
    })
    for (const { id, optOut, deletedAt, lastSentAt } of found) {
      if (optOut || deletedAt !== null)
        refused.set(id, { code: 'OPTED_OUT', reason: 'the customer opted out or was deleted' })
      else if (rules.customerSpacingMs > 0 && lastSentAt !== null && lastSentAt > earliest) {
        refused.set(id, { code: 'BUDGET_SPENT', reason: 'the customer got a message within the last day' })
      }
    }
    return refused
  }

  /** Caps less what is done and what is on its way. */
  async #remaining(tx: Transaction, accountId: number, caps: Caps): Promise<Caps> {
    const used = await this.usedToday(accountId, tx)
    const left: Caps = { ...caps }
    for (const kind of CAP_KINDS) {
      const underWay = await this.#deps.db.models.items.count({
        where: { accountId, action: actionsOf(kind), status: ['DISPATCHED', 'RUNNING'] },
        transaction: tx,
      })
      left[kind] = caps[kind] - used[kind] - underWay
    }
    return left
  }

  async #change(accountId: number, changes: Partial<AccountRow>): Promise<void> {
    const { db } = this.#deps
    await db.write(async (tx) => {
      await db.models.accounts.update(changes, { where: { id: accountId }, transaction: tx })
      await db.models.accounts.increment('budgetVersion', { by: 1, where: { id: accountId }, transaction: tx })
    })
    await this.#deps.sessions.pushBudget(accountId)
  }
}
