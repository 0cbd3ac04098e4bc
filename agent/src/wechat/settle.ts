import type { Settled } from '@muster/sdk/agent'

/** What a conversation or a person's Moments show now. Oldest first. */
export interface Shown {
  /** A row as one text; equal rows look alike on the screen. */
  readonly rows: readonly string[]
  /** Whether nothing older exists than what is shown. */
  readonly whole: boolean
}

/**
 * Whether something happened since `before` was read: lays the two views over each other and looks for the wanted row
 * among those that came after. Where several ways to lay them differ in the answer, nobody can tell.
 */
export function happenedSince(before: Shown, now: Shown, wanted: string): Settled {
  const answers = new Set<boolean>()
  for (let shared = Math.min(before.rows.length, now.rows.length); shared >= 0; shared--) {
    if (!fits(before, now, shared)) continue
    // Without any row in common the wanted one may have passed out of sight.
    if (shared === 0 && before.rows.length > 0 && answers.size > 0) continue
    const came = now.rows.slice(shared).includes(wanted)
    if (shared === 0 && before.rows.length > 0 && !came) return 'unknown'
    answers.add(came)
  }
  if (answers.size !== 1) return 'unknown'
  return answers.has(true) ? 'done' : 'not-done'
}

/** Whether the first `shared` rows shown now can be the last ones shown before. */
function fits(before: Shown, now: Shown, shared: number): boolean {
  // Nothing has passed out of sight, so all rows of before are still there.
  if (now.whole && shared !== before.rows.length) return false
  const tail = before.rows.slice(before.rows.length - shared)
  return tail.every((row, index) => row === now.rows[index])
}
