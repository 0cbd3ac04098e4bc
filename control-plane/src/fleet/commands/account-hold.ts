import { usesAccount } from '@muster/proto'
import type { Admission } from '../../ports.ts'
import type { CommandRow } from '../../infra/database/tables/commands.ts'
import { OTHER_ACCOUNT } from './resume-rules.ts'
import type { SessionFacts } from './session-facts.ts'

/** How soon such a command is looked at again; a Hello that shows the account rings for its device. */
const HOLD_MS = 5000

/** Keeps what is for one account from a phone that shows another, or none yet, whatever the rules say. No I/O. */
export function accountHold(
  { accountId }: SessionFacts,
  command: Pick<CommandRow, 'accountId' | 'kind'>,
  nowMs: number,
): Extract<Admission, { kind: 'hold' }> | undefined {
  if (!usesAccount(command.kind)) return undefined
  const hold = { kind: 'hold', untilMs: nowMs + HOLD_MS, clockStands: false } as const
  if (accountId === null) return { ...hold, code: 'APP_NOT_READY', reason: 'the phone has not shown its account yet' }
  if (command.accountId === accountId) return undefined
  return { ...hold, code: 'LOGIN_REQUIRED', reason: OTHER_ACCOUNT }
}
