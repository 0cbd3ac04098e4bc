import type { Budget, ErrorCode } from '@muster/proto'
import { QueryTypes, type Transaction } from 'sequelize'
import type { AccountRow, CapKind, Caps } from '../accounts/model.ts'
import type { Clock } from '../clock.ts'
import type { CustomerRow } from '../contacts/model.ts'
import type { Database } from '../database/database.ts'
import { row, rows } from '../database/table.ts'
import type { WorkspaceTime } from '../http/schemas.ts'
import type {
  AccountGuard,
  Admission,
  CommandAdmission,
  DeviceSessions,
  DispatchBell,
  DispatchCandidate,
  SkippedItem,
} from '../ports.ts'
import type { CommandRow } from '../tasks/command-model.ts'
import type { ItemRow } from '../tasks/model.ts'
import { activeSwitches } from './kill-switches.ts'
import { capKindOf, isQuiet, POLICIES, type PolicyRules } from './policy-rules.ts'

export interface PolicyDeps {
  readonly db: Database
  readonly clock: Clock
  readonly time: WorkspaceTime
  readonly wechatRulesAccepted: boolean
  readonly sessions: DeviceSessions
  readonly bell: DispatchBell
}

const HEALTH_LOST = 20
/** How soon a held command is looked at again; what lifts the hold rings the bell. */
const HOLD_MS = 5000

interface Facts {
  switchOver(command: CommandRow): { readonly id: number; readonly reason: string } | undefined
  /** Device ids. */
  readonly emulated: ReadonlySet<number>
  readonly accounts: ReadonlyMap<number, AccountRow>
  readonly customers: ReadonlyMap<number, CustomerRow>
  /** Counted down as commands are admitted, so that one turn cannot overdraw an account. */
  readonly remaining: ReadonlyMap<number, Caps>
}

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
  async usedToday(accountId: number): Promise<Caps> {
    const used: Caps = { posts: 0, messages: 0, likes: 0, comments: 0 }
    for (const { kind, n } of await this.#doneToday([accountId])) used[kind] = n
    return used
  }

  /** Effects of the workspace's day, counted by account and kind. */
  async #doneToday(
    accountIds: readonly number[],
    tx?: Transaction,
  ): Promise<{ id: number; kind: CapKind; n: number }[]> {
    const day = this.#deps.time.day(this.#deps.clock.now().getTime())
    return await this.#deps.db.sequelize.query(
      'SELECT account_id AS id, kind, COUNT(*) AS n FROM budget_spends WHERE account_id IN (:accountIds) AND day = :day GROUP BY account_id, kind',
      {
        replacements: { accountIds: [...accountIds], day },
        type: QueryTypes.SELECT,
        ...(tx ? { transaction: tx } : {}),
      },
    )
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
    items: readonly { readonly id: number; readonly action: string; readonly accountId: number | null }[],
  ): Promise<void> {
    const now = this.#deps.clock.now().getTime()
    const day = this.#deps.time.day(now)
    const spent = items.flatMap(({ id, action, accountId }) => {
      const kind = capKindOf(action as ItemRow['action'])
      return kind && accountId !== null ? [{ accountId, day, kind, itemId: id, at: now }] : []
    })
    if (spent.length > 0)
      await this.#deps.db.models.budgetSpends.bulkCreate(spent as never[], { ignoreDuplicates: true, transaction: tx })
  }

  async refund(tx: Transaction, items: readonly { readonly id: number }[]): Promise<void> {
    const where = { itemId: items.map((item) => item.id) }
    await this.#deps.db.models.budgetSpends.destroy({ where, transaction: tx })
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

  async beforeDispatch(tx: Transaction, candidates: readonly DispatchCandidate[]): Promise<Admission[]> {
    const facts = await this.#facts(tx, candidates)
    return candidates.map((candidate) => this.#admission(facts, candidate))
  }

  #admission(facts: Facts, { command, open }: DispatchCandidate): Admission {
    const now = this.#deps.clock.now().getTime()
    const soon = (code: ErrorCode, reason: string): Admission => ({
      kind: 'hold',
      untilMs: now + HOLD_MS,
      code,
      reason,
    })
    const killed = facts.switchOver(command)
    if (killed) return soon('CANCELLED', `kill switch ${killed.id}: ${killed.reason}`)
    if (command.effectClass === 'READ') return { kind: 'send', skipped: [] }
    if (!facts.emulated.has(command.deviceId) && !this.#deps.wechatRulesAccepted)
      return soon('APP_NOT_READY', 'the phone driver is off: the notice about WeChat rules is not accepted')
    const account = facts.accounts.get(command.accountId ?? 0)
    if (!account) return { kind: 'send', skipped: [] }
    if (account.status !== 'ACTIVE') {
      const code = (account.stopCode ?? 'RISK_CONTROL') as ErrorCode
      return soon(code, `account ${account.id} is stopped: ${account.stopReason ?? ''}`)
    }
    const rules = this.rulesOf(account)
    if (isQuiet(rules, this.#deps.time.minuteOfDay(now))) {
      const untilMs = this.#deps.time.nextMinuteOfDay(now, rules.quietEnd)
      return { kind: 'hold', untilMs, code: 'QUIET_HOURS', reason: 'it is quiet hours for the account' }
    }
    return { kind: 'send', skipped: this.#skipped(facts, account.id, rules, open) }
  }

  #skipped(facts: Facts, accountId: number, rules: PolicyRules, items: readonly ItemRow[]): SkippedItem[] {
    const remaining = facts.remaining.get(accountId)
    const skipped: SkippedItem[] = []
    for (const item of items) {
      const reason =
        item.action === 'SEND' ? this.#unwelcome(rules, facts.customers.get(item.customerId ?? 0)) : undefined
      const kind = capKindOf(item.action)
      if (reason) skipped.push({ itemId: item.id, ...reason })
      else if (kind && remaining && remaining[kind]-- <= 0) {
        skipped.push({
          itemId: item.id,
          code: 'BUDGET_SPENT',
          reason: `account ${accountId} may do ${rules.caps[kind]} ${kind} a day`,
        })
      }
    }
    return skipped
  }

  /** Why the customer must not get a message now. */
  #unwelcome(rules: PolicyRules, customer: CustomerRow | undefined): { code: ErrorCode; reason: string } | undefined {
    if (!customer) return undefined
    const { optOut, deletedAt, lastSentAt } = customer
    if (optOut || deletedAt !== null) return { code: 'OPTED_OUT', reason: 'the customer opted out or was deleted' }
    const earliest = this.#deps.clock.now().getTime() - rules.customerSpacingMs
    if (rules.customerSpacingMs > 0 && lastSentAt !== null && lastSentAt > earliest)
      return { code: 'BUDGET_SPENT', reason: 'the customer got a message within the last day' }
    return undefined
  }

  /** Everything the rules ask about these commands, read at once. */
  async #facts(tx: Transaction, candidates: readonly DispatchCandidate[]): Promise<Facts> {
    const { accounts, customers, devices } = this.#deps.db.models
    const deviceIds = [...new Set(candidates.map(({ command }) => command.deviceId))]
    const accountIds = [...new Set(candidates.flatMap(({ command }) => command.accountId ?? []))]
    const customerIds = candidates.flatMap(({ open }) =>
      open.flatMap((item) => (item.action === 'SEND' ? (item.customerId ?? []) : [])),
    )
    const emulated = await rows(devices, {
      where: { id: deviceIds, emulated: true },
      attributes: ['id'],
      transaction: tx,
    })
    const known = await rows(accounts, { where: { id: accountIds }, transaction: tx })
    const people =
      customerIds.length === 0 ? [] : await rows(customers, { where: { id: customerIds }, transaction: tx })
    return {
      switchOver: await activeSwitches(this.#deps.db, tx),
      emulated: new Set(emulated.map(({ id }) => id)),
      accounts: new Map(known.map((account) => [account.id, account])),
      customers: new Map(people.map((customer) => [customer.id, customer])),
      remaining: await this.#remaining(tx, known),
    }
  }

  /** Caps less what is done and what is on its way. */
  async #remaining(tx: Transaction, accounts: readonly AccountRow[]): Promise<Map<number, Caps>> {
    const left = new Map(accounts.map((account) => [account.id, { ...this.capsOf(account) }]))
    if (accounts.length === 0) return left
    const accountIds = [...left.keys()]
    const underWay = await this.#deps.db.sequelize.query<{ id: number; action: ItemRow['action']; n: number }>(
      "SELECT account_id AS id, action, COUNT(*) AS n FROM items WHERE account_id IN (:accountIds) AND status IN ('DISPATCHED', 'RUNNING') GROUP BY account_id, action",
      { replacements: { accountIds }, type: QueryTypes.SELECT, transaction: tx },
    )
    const take = (accountId: number, kind: CapKind | undefined, n: number): void => {
      const caps = left.get(accountId)
      if (caps && kind) caps[kind] -= n
    }
    for (const { id, kind, n } of await this.#doneToday(accountIds, tx)) take(id, kind, n)
    for (const { id, action, n } of underWay) take(id, capKindOf(action), n)
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
