import { noCaps } from '@muster/proto'
import type { AccountRow } from '../../control-plane/src/infra/database/tables/accounts.ts'
import { WorkspaceTime } from '../../control-plane/src/infra/workspace-time.ts'
import {
  AdmissionRules,
  type AccountFacts,
  type PersonFacts,
  type PolicyFacts,
  type Work,
} from '../../control-plane/src/fleet/policy/admission-rules.ts'
import { actionRules } from '../../control-plane/src/work/tasks/kinds/action-rules.ts'

// What the rules would know, without a database: account n is on device n.

export const time = new WorkspaceTime('Asia/Shanghai')
/** Noon of the workspace. */
export const NOON = Date.UTC(2026, 0, 14, 4)
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

const account = (id: number, changes: Partial<AccountRow>): AccountRow => ({
  id,
  wechatId: `wxid_${id}`,
  nickname: '',
  deviceId: id,
  status: 'ACTIVE',
  stopCode: null,
  stopReason: null,
  health: 60,
  policy: 'safe',
  caps: null,
  budgetVersion: 1,
  ...changes,
})

export const person = (key: string, changes: Partial<PersonFacts> = {}): PersonFacts => ({
  key,
  optedOut: false,
  deleted: false,
  underWay: false,
  writtenAt: null,
  ...changes,
})

interface Given extends Partial<Omit<PolicyFacts, 'accounts'>> {
  readonly accounts?: readonly (Partial<AccountRow> & Partial<Omit<AccountFacts, 'account'>>)[]
}

/** A judge over accounts 1, 2 … as given, one under the safe policy when nothing is said. */
export function judgeOf({ accounts = [{}], ...more }: Given = {}): AdmissionRules {
  const known = accounts.map(({ used, busy = false, endedAt = null, ...row }, at): AccountFacts => {
    return { account: account(at + 1, row), used: used ?? noCaps(), busy, endedAt }
  })
  const facts: PolicyFacts = {
    day: time.day(NOON),
    wechatRulesAccepted: true,
    actions: actionRules,
    switchOver: () => undefined,
    devices: new Map(known.map((_, at) => [at + 1, { emulated: false, accountId: at + 1 }])),
    accounts: new Map(known.map((one) => [one.account.id, one])),
    people: new Map(),
    ...more,
  }
  return new AdmissionRules(facts, time)
}

/** Work of account n on device n. */
export const workOf = (accountId: number, changes: Partial<Work> = {}): Work => ({
  taskId: 1,
  deviceId: accountId,
  accountId,
  effectClass: 'ONCE',
  usesAccount: true,
  ...changes,
})
