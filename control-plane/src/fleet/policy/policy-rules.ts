import { perCapKind, type Caps } from '@muster/proto'
import type { AccountRow, PolicyName } from '../../infra/database/tables/accounts.ts'

/** What keeps an account and its receivers from harm. */
export interface PolicyRules {
  readonly caps: Caps
  /** Minutes since the workspace's midnight; equal values mean none. */
  readonly quietStart: number
  readonly quietEnd: number
  /** Floor under every pace, in milliseconds. */
  readonly minIntervalMs: number
  /** One customer gets at most one message in this time; 0 is no limit. */
  readonly customerSpacingMs: number
}

const DEMO_CAP = 10_000

export const POLICIES: Readonly<Record<PolicyName, PolicyRules>> = {
  demo: {
    caps: perCapKind(() => DEMO_CAP),
    quietStart: 0,
    quietEnd: 0,
    minIntervalMs: 0,
    customerSpacingMs: 0,
  },
  safe: {
    caps: { posts: 3, messages: 60, likes: 40, comments: 20 },
    quietStart: 22 * 60,
    quietEnd: 8 * 60,
    minIntervalMs: 5000,
    customerSpacingMs: 24 * 60 * 60 * 1000,
  },
}

/** Caps the account has, its own where it was given some. */
export const capsOf = (account: Pick<AccountRow, 'policy' | 'caps'>): Caps => ({
  ...POLICIES[account.policy].caps,
  ...account.caps,
})

export const rulesOf = (account: Pick<AccountRow, 'policy' | 'caps'>): PolicyRules => ({
  ...POLICIES[account.policy],
  caps: capsOf(account),
})

/** When somebody else than its author has to approve a task. */
export interface ApprovalRule {
  /** Messages a task may send without. */
  readonly above: number
  /** Whether it holds for tasks of accounts under the demo policy, too. */
  readonly demoToo: boolean
}

const DEFAULT_APPROVAL_ABOVE = 100

/** @param above as it was set: 0 is never, undefined takes the default, which leaves demo accounts alone */
export function approvalRule(above: number | undefined): ApprovalRule {
  if (above === undefined) return { above: DEFAULT_APPROVAL_ABOVE, demoToo: false }
  return { above: above === 0 ? Number.POSITIVE_INFINITY : above, demoToo: true }
}

/** @param policies of the accounts that send */
export const needsApproval = (rule: ApprovalRule, sends: number, policies: readonly PolicyName[]): boolean =>
  sends > rule.above && (rule.demoToo || policies.some((policy) => policy !== 'demo'))

/** Whether a minute of the day lies in the quiet hours; they may span midnight. */
export function isQuiet(rules: Pick<PolicyRules, 'quietStart' | 'quietEnd'>, minute: number): boolean {
  const { quietStart, quietEnd } = rules
  if (quietStart === quietEnd) return false
  return quietStart < quietEnd ? minute >= quietStart && minute < quietEnd : minute >= quietStart || minute < quietEnd
}

/** A minute of the day as a clock shows it. */
export const clockTime = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
