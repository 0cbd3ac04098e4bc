import type { Settled } from '@muster/sdk/agent'

/** What a conversation or a person's Moments show now. Oldest first. */
export interface Shown {
  /** A row as one text; equal rows look alike on the screen. */
  readonly rows: readonly string[]
  /** Whether nothing older exists than what is shown. */
  readonly whole: boolean
}

/**
 * Whether something happened since `before` was read: lays the two views over each other in every way that fits, and
 * looks for the wanted row among those that came after. Where the ways differ in the answer, nobody can tell.
 *
 * It takes for granted that fewer rows came than the phone shows now; otherwise every conversation in which something
 * is repeated would be undecided.
 */
export function happenedSince(before: Shown, now: Shown, wanted: string): Settled {
  const answers = new Set<boolean>()
  for (let old = now.rows.length; old > 0; old--)
    if (fits(before, now, old)) answers.add(now.rows.slice(old).includes(wanted))
  // With a single row or less to go by, all of what is shown can be new.
  if ((answers.size === 0 || now.rows.length === 1) && fits(before, now, 0)) {
    const came = now.rows.includes(wanted)
    // Otherwise the wanted row can have passed out of sight already.
    if (!came && !now.whole) return 'unknown'
    answers.add(came)
  }
  if (answers.size !== 1) return 'unknown'
  return answers.has(true) ? 'done' : 'not-done'
}

/** Whether the first `old` rows shown now can be what was there before, the last of them being the last one then. */
function fits(before: Shown, now: Shown, old: number): boolean {
  const known = before.rows.length
  if (before.whole) {
    // All there was is known: it is all there still where nothing is hidden, and some of it is hidden where something is.
    if (now.whole ? old !== known : old > Math.max(0, known - 1)) return false
  } else if (now.whole && old <= known) return false
  const shared = Math.min(old, known)
  const tail = before.rows.slice(known - shared)
  return tail.every((row, index) => row === now.rows[old - shared + index])
}
