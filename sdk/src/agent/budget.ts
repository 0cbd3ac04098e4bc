import type { Budget } from '@muster/proto'
import type { Refused, SpendKind } from './handlers.ts'

/** The day and the minute of the day at a place. */
export interface LocalTime {
  /** YYYY-MM-DD */
  readonly day: string
  readonly minuteOfDay: number
}

/** Kept by zone: to make one takes longer than everything else that is done for an item. */
const wallClocks = new Map<string, Intl.DateTimeFormat>()

/** What a wall clock shows in an IANA time zone. Throws RangeError for a zone that does not exist. */
export function localTime(ms: number, timeZone: string): LocalTime {
  const parts = wallClock(timeZone).formatToParts(ms)
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '0'
  return {
    day: `${part('year')}-${part('month')}-${part('day')}`,
    minuteOfDay: Number(part('hour')) * 60 + Number(part('minute')),
  }
}

function wallClock(timeZone: string): Intl.DateTimeFormat {
  const known = wallClocks.get(timeZone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
  wallClocks.set(timeZone, made)
  return made
}

/** Whether a minute lies in quiet hours; equal bounds mean that there are none. */
export function isQuietMinute(minute: number, start: number, end: number): boolean {
  if (start === end) return false
  return start < end ? minute >= start && minute < end : minute >= start || minute < end
}

/**
 * The plane's rules, held again on the phone: a plane that is wrong, or has not been heard for a while, cannot make the
 * account do more than its lease says.
 * @param spend absent for what counts for no cap: it needs no account, but an account's stop and quiet hours hold it
 * @param spent effects of this kind the journal has for the day
 */
export function refusedByBudget(
  budget: Budget | undefined,
  spend: SpendKind | undefined,
  spent: number,
  now: LocalTime,
): Refused | undefined {
  if (!budget && spend === undefined) return undefined
  if (!budget) return { status: 'SKIPPED', code: 'BUDGET_SPENT', reason: 'the phone has no budget for its account' }
  if (budget.stopped) {
    return { status: 'FAILED', code: 'RISK_CONTROL', reason: 'the account is stopped until a person clears it' }
  }
  if (isQuietMinute(now.minuteOfDay, budget.quietStartMinute, budget.quietEndMinute)) {
    // Not skipped: it was begun too late, and the plane plans it anew for when the night is over.
    return { status: 'CANCELLED', code: 'QUIET_HOURS', reason: 'quiet hours began before it was its turn' }
  }
  if (spend !== undefined && spent >= budget[spend]) {
    return {
      status: 'SKIPPED',
      code: 'BUDGET_SPENT',
      reason: `the account has done its ${budget[spend]} ${spend} of ${now.day}`,
    }
  }
  return undefined
}
