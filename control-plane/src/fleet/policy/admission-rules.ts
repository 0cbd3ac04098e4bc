import { noCaps, type Caps, type ErrorCode } from '@muster/proto'
import type { AccountRow } from '../../infra/database/tables/accounts.ts'
import type { EffectClass } from '../../infra/database/tables/commands.ts'
import type { KillSwitchRow } from '../../infra/database/tables/kill-switches.ts'
import type { ActionRules } from '../../ports.ts'
import { clockTime, isQuiet, rulesOf, type PolicyRules } from './policy-rules.ts'

// What may go out and when, from what is known: asked before a dispatch and for a dry run alike. No I/O, no clock.

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
/** How soon a command is looked at again that waits for another of its account to end. */
const TURN_MS = SECOND_MS
/** A phone whose clock is ahead of ours sends work back before the quiet hours begin here. */
const RETURNED_MS = MINUTE_MS

/** The workspace's clock, as far as rules look at it. */
export interface RuleTime {
  day(ms: number): string
  minuteOfDay(ms: number): number
  nextMinuteOfDay(ms: number, minute: number): number
}

/** What rules look at of an account. */
export const RULED_COLUMNS = ['id', 'deviceId', 'status', 'stopCode', 'stopReason', 'policy', 'caps'] as const
export type RuledAccount = Pick<AccountRow, (typeof RULED_COLUMNS)[number]>

export interface AccountFacts {
  readonly account: RuledAccount
  /** What the day of `PolicyFacts` has seen, with what is on its way. */
  readonly used: Caps
  /** A command with an effect is on the phone. */
  readonly busy: boolean
  /** When the last command with an effect ended, for as long as it can matter. */
  readonly endedAt: number | null
}

/** A customer, or all that are one person. */
export interface PersonFacts {
  /** The same for every customer with the person's WeChat id. */
  readonly key: string
  readonly optedOut: boolean
  readonly deleted: boolean
  /** A message is on its way, or may have been sent. */
  readonly underWay: boolean
  readonly writtenAt: number | null
}

/** Everything the rules ask, read at once. */
export interface PolicyFacts {
  readonly day: string
  readonly wechatRulesAccepted: boolean
  readonly actions: ActionRules
  /** The kill switch that stands over work, if any. */
  readonly switchOver: (
    work: Omit<Work, 'effectClass' | 'usesAccount'>,
  ) => Pick<KillSwitchRow, 'id' | 'reason'> | undefined
  readonly devices: ReadonlyMap<number, { readonly emulated: boolean; readonly accountId: number | null }>
  readonly accounts: ReadonlyMap<number, AccountFacts>
  /** By customer id. */
  readonly people: ReadonlyMap<number, PersonFacts>
}

/** A command, or one that would be. */
export interface Work {
  readonly taskId: number | null
  readonly deviceId: number
  /** Null when the device had shown none: then it belongs to the one it shows now. */
  readonly accountId: number | null
  readonly effectClass: EffectClass
  /** Whether it acts as the account. Work that needs none is held by the device's account only where it is ONCE. */
  readonly usesAccount: boolean
}

export interface WorkItem {
  readonly action: string
  readonly customerId: number | null
}

/** Why nothing of a command may go out now. */
export interface Hold {
  readonly code: ErrorCode
  readonly reason: string
  /** Null until a person lifts it. */
  readonly untilMs: number | null
  /** Whether the delivery clock stands still meanwhile; it runs where waiting may be in vain. */
  readonly clockStands: boolean
}

/** Why one item must not go out. */
export interface Refusal {
  readonly code: ErrorCode
  readonly reason: string
}

/** Applies the rules to one piece of work after the other; what it admits counts for those that follow. */
export class AdmissionRules {
  readonly #facts: PolicyFacts
  readonly #time: RuleTime
  readonly #spent = new Map<string, Caps>()
  readonly #written = new Map<string, number>()
  readonly #begun = new Set<number>()
  /** What the workspace's clock shows in one minute: a long dry run asks for each item, and asking is expensive. */
  #shown = { minute: Number.NaN, day: '', minuteOfDay: 0 }

  constructor(facts: PolicyFacts, time: RuleTime) {
    this.#facts = facts
    this.#time = time
  }

  /** Floor under the pace of an account, in milliseconds. */
  floorMs(accountId: number | null): number {
    const known = this.#facts.accounts.get(accountId ?? 0)
    return known ? rulesOf(known.account).minIntervalMs : 0
  }

  hold(work: Work, now: number): Hold | undefined {
    const account = this.#accountOf(work)?.account
    const killed = this.#facts.switchOver({ ...work, accountId: account?.id ?? null })
    if (killed) {
      const reason = `kill switch ${killed.id}: ${killed.reason}`
      return { code: 'CANCELLED', reason, untilMs: null, clockStands: true }
    }
    const unready = work.usesAccount ? this.#unready(work, account) : undefined
    if (unready || !account) return unready
    if (!work.usesAccount && work.effectClass !== 'ONCE') return undefined
    if (account.status !== 'ACTIVE') {
      const code = (account.stopCode ?? 'RISK_CONTROL') as ErrorCode
      const reason = `account ${account.id} is stopped until a person clears it: ${account.stopReason ?? ''}`
      // Nobody can know whether it will ever be.
      return { code, reason, untilMs: null, clockStands: false }
    }
    const rules = rulesOf(account)
    if (work.effectClass === 'READ' || !isQuiet(rules, this.#at(now).minuteOfDay)) return undefined
    const untilMs = this.#time.nextMinuteOfDay(now, rules.quietEnd)
    const reason = `it is quiet hours for account ${account.id} until ${clockTime(rules.quietEnd)}`
    return { code: 'QUIET_HOURS', reason, untilMs, clockStands: true }
  }

  /** An account that has a floor under its pace does one thing with an effect at a time, and rests in between. */
  restHold(work: Work, now: number): Hold | undefined {
    const known = this.#accountOf(work)
    const floorMs = known ? rulesOf(known.account).minIntervalMs : 0
    if (!known || floorMs === 0 || work.effectClass === 'READ' || !work.usesAccount) return undefined
    const reason = `account ${known.account.id} does one thing after the other, ${floorMs / SECOND_MS} s apart`
    const wait = (untilMs: number): Hold => ({ code: 'QUEUE_FULL', reason, untilMs, clockStands: true })
    if (known.busy || this.#begun.has(known.account.id)) return wait(now + TURN_MS)
    const restedAt = (known.endedAt ?? 0) + floorMs
    return restedAt > now ? wait(restedAt) : undefined
  }

  /** Work goes out: others of its account wait. */
  begin(work: Work): void {
    const account = this.#accountOf(work)?.account
    if (account && work.usesAccount && work.effectClass !== 'READ') this.#begun.add(account.id)
  }

  /** Why the item must not go out; undefined admits and counts it. */
  refusal(work: Work, item: WorkItem, now: number): Refusal | undefined {
    const known = this.#accountOf(work)
    const rules = known && rulesOf(known.account)
    const { cap, toPeople } = this.#facts.actions.of(item.action)
    const person = toPeople ? this.#facts.people.get(item.customerId ?? 0) : undefined
    const unwelcome = person && this.#unwelcome(person, rules, now)
    if (unwelcome) return unwelcome
    if (known && rules && cap) {
      const spent = this.#spentOn(known, this.#at(now).day)
      if (spent[cap] >= rules.caps[cap]) {
        const reason = `account ${known.account.id} may do ${rules.caps[cap]} ${cap} a day`
        return { code: 'BUDGET_SPENT', reason }
      }
      spent[cap]++
    }
    if (person) this.#written.set(person.key, now)
    return undefined
  }

  /** An item that was admitted came back undone. */
  takeBack(item: WorkItem): void {
    const person = this.#facts.people.get(item.customerId ?? 0)
    if (person) this.#written.delete(person.key)
  }

  #accountOf(work: Work): AccountFacts | undefined {
    return this.#facts.accounts.get(work.accountId ?? this.#facts.devices.get(work.deviceId)?.accountId ?? 0)
  }

  /** What only the device's operator can change, and may never. */
  #unready(work: Work, account: RuledAccount | undefined): Hold | undefined {
    const { devices, wechatRulesAccepted } = this.#facts
    const waiting = (code: ErrorCode, reason: string): Hold => ({ code, reason, untilMs: null, clockStands: false })
    if (!devices.get(work.deviceId)?.emulated && !wechatRulesAccepted)
      return waiting('APP_NOT_READY', "the phone driver is off: the notice about WeChat's rules is not accepted")
    if (!account) return waiting('LOGIN_REQUIRED', `device ${work.deviceId} has shown no account yet; sign in on it`)
    if (account.deviceId === work.deviceId) return undefined
    const where = account.deviceId === null ? 'is on no device' : `is on device ${account.deviceId}`
    return waiting('LOGIN_REQUIRED', `account ${account.id} ${where} now; sign in on device ${work.deviceId} again`)
  }

  #unwelcome(person: PersonFacts, rules: PolicyRules | undefined, now: number): Refusal | undefined {
    if (person.deleted) return { code: 'OPTED_OUT', reason: 'the customer was deleted' }
    if (person.optedOut) return { code: 'OPTED_OUT', reason: 'the customer opted out' }
    const spacingMs = rules?.customerSpacingMs ?? 0
    if (spacingMs === 0) return undefined
    if (person.underWay) return { code: 'BUDGET_SPENT', reason: 'another message to the customer is on its way' }
    const writtenAt = Math.max(person.writtenAt ?? 0, this.#written.get(person.key) ?? 0)
    if (writtenAt <= now - spacingMs) return undefined
    return { code: 'BUDGET_SPENT', reason: `the customer gets one message in ${spacingMs / HOUR_MS} hours` }
  }

  #at(now: number): { readonly day: string; readonly minuteOfDay: number } {
    const minute = Math.floor(now / MINUTE_MS)
    if (minute !== this.#shown.minute)
      this.#shown = { minute, day: this.#time.day(now), minuteOfDay: this.#time.minuteOfDay(now) }
    return this.#shown
  }

  #spentOn(known: AccountFacts, day: string): Caps {
    const key = `${known.account.id} ${day}`
    const counted = this.#spent.get(key)
    if (counted) return counted
    const fresh = day <= this.#facts.day ? { ...known.used } : noCaps()
    this.#spent.set(key, fresh)
    return fresh
  }
}

/** Work a phone sent back because of its quiet hours is not written to it again at once. */
export function returnedHold(
  command: { readonly createdAt: number },
  items: readonly { readonly code: string | null; readonly reason: string | null }[],
  now: number,
): Hold | undefined {
  const returned = items.find((item) => item.code === 'QUIET_HOURS')
  const untilMs = command.createdAt + RETURNED_MS
  if (!returned || untilMs <= now) return undefined
  const reason = returned.reason ?? 'the phone says that it is quiet hours'
  return { code: 'QUIET_HOURS', reason, untilMs, clockStands: true }
}
