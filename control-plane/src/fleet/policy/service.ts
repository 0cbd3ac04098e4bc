import { noCaps, usesAccount, type Budget, type Caps } from '@muster/proto'
import type { Transaction } from 'sequelize'
import type { AccountRow } from '../../infra/database/tables/accounts.ts'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { dropOld } from '../../infra/database/retention.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { insertRows } from '../../infra/database/statements.ts'
import { row } from '../../infra/database/table.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'
import type { AccountBudgets, ActionRules, Admission, CommandAdmission, DispatchCandidate } from '../../ports.ts'
import { AdmissionRules, returnedHold, type Hold, type Work } from './admission-rules.ts'
import { doneOn, readFacts } from './facts.ts'
import { identicalMomentHolds } from './identical-moments.ts'
import { rulesOf } from './policy-rules.ts'

const SPENDS_KEPT_MS = 30 * 24 * 60 * 60 * 1000

export interface PolicyDeps {
  readonly actions: ActionRules
  readonly db: Database
  readonly tables: Pick<Tables, 'budgetSpends'>
  readonly clock: Clock
  readonly time: WorkspaceTime
  readonly wechatRulesAccepted: boolean
}

/** How soon a command that waits for a person is looked at again. */
export const HOLD_MS = 5000

/** The rules of section "Safety" of the README, asked before each dispatch and leased to the phones. */
export class Policy implements CommandAdmission, AccountBudgets {
  readonly actions: ActionRules
  readonly #deps: PolicyDeps

  constructor(deps: PolicyDeps) {
    this.actions = deps.actions
    this.#deps = deps
  }

  /** What the account has done on the workspace's day so far. */
  async usedToday(accountId: number): Promise<Caps> {
    const used = noCaps()
    for (const { kind, n } of await doneOn(this.#query(), [accountId])) used[kind] = n
    return used
  }

  async spend(
    tx: Transaction,
    items: readonly { readonly id: number; readonly action: string; readonly accountId: number | null }[],
  ): Promise<void> {
    const now = this.#deps.clock.now().getTime()
    const day = this.#deps.time.day(now)
    const spent = items.flatMap(({ id, action, accountId }) => {
      const kind = this.actions.of(action).cap
      return kind && accountId !== null ? [{ accountId, day, kind, itemId: id, at: now }] : []
    })
    const { tables } = this.#deps
    const columns = ['accountId', 'day', 'kind', 'itemId', 'at'] as const
    await insertRows(tables.budgetSpends, { columns, rows: spent, ignoreDuplicates: true }, tx)
  }

  /** Drops what was counted on days long gone; answers whether there may be more. */
  trim(): Promise<boolean> {
    return dropOld(this.#deps, this.#deps.tables.budgetSpends, { column: 'at', keptMs: SPENDS_KEPT_MS })()
  }

  async budget(accountId: number): Promise<Budget | undefined> {
    const account = await row(this.#deps.db.models.accounts, { where: { id: accountId } })
    if (!account) return undefined
    const rules = rulesOf(account)
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
    const now = this.#deps.clock.now().getTime()
    const customerIds = candidates.flatMap(({ open }) =>
      open.flatMap((item) => (this.actions.of(item.action).toPeople ? (item.customerId ?? []) : [])),
    )
    const commands = candidates.map(({ command }) => command)
    const judge = await this.judge(commands, customerIds, tx)
    const alike = await identicalMomentHolds({ ...this.#deps, tx, now }, candidates)
    return candidates.map((candidate) => {
      const hold = alike.get(candidate.command.id)
      return admission(judge, candidate, { now, hold })
    })
  }

  /** The rules over what is known now, for this work and these customers; asking changes nothing. */
  async judge(
    work: readonly Pick<Work, 'deviceId' | 'accountId'>[],
    customerIds: readonly number[] = [],
    tx?: Transaction,
  ): Promise<AdmissionRules> {
    const { time, wechatRulesAccepted } = this.#deps
    const facts = await readFacts(this.#query(tx), work, customerIds)
    return new AdmissionRules({ ...facts, wechatRulesAccepted }, time)
  }

  /** What keeps the account from acting now, if anything does. */
  async holdOf({ id: accountId, deviceId }: Pick<AccountRow, 'id' | 'deviceId'>): Promise<Hold | undefined> {
    if (deviceId === null) {
      const reason = `account ${accountId} is on no device now; sign in with it on one`
      return { code: 'LOGIN_REQUIRED', reason, untilMs: null, clockStands: false }
    }
    const work: Work = { taskId: null, deviceId, accountId, effectClass: 'ONCE', usesAccount: true }
    return (await this.judge([work])).hold(work, this.#deps.clock.now().getTime())
  }

  #query(tx?: Transaction) {
    const { db, actions, clock, time } = this.#deps
    const now = clock.now().getTime()
    return { db, actions, now, day: time.day(now), tx }
  }
}

function admission(
  judge: AdmissionRules,
  { command, open }: DispatchCandidate,
  { now, hold: other }: { now: number; hold: Hold | undefined },
): Admission {
  const work: Work = { ...command, usesAccount: usesAccount(command.kind) }
  const hold = judge.hold(work, now) ?? returnedHold(command, open, now) ?? judge.restHold(work, now) ?? other
  if (hold) return { kind: 'hold', ...hold, untilMs: hold.untilMs ?? now + HOLD_MS }
  const skipped = open.flatMap((item) => {
    const refusal = judge.refusal(work, item, now)
    return refusal ? [{ itemId: item.id, ...refusal }] : []
  })
  if (skipped.length < open.length) judge.begin(work)
  return { kind: 'send', skipped }
}
