import type { Settled } from '@muster/sdk/agent'
import { z } from 'zod'

/** What a conversation, a Moment's comments or a person's Moments show now. Oldest first. */
export interface Shown {
  /** A row as one text; equal rows look alike on the screen. */
  readonly rows: readonly string[]
  /** True where it is certain that nothing older exists than what is shown. */
  readonly whole: boolean
}

/** As the journal keeps it. */
export const ShownBaseline: z.ZodType<Shown> = z.object({ rows: z.array(z.string()), whole: z.boolean() })

/** So many different rows in a row are not said again by chance. */
const TELLING_ROWS = 3

/**
 * Whether something happened since `before` was read: lays the two views over each other in every way that fits, and
 * looks for the wanted row among those that came after. Where the ways differ in the answer, nobody can tell.
 *
 * All of what is shown can be new, and more than that, so "it did not happen" needs proof: the view is whole, or what
 * was shown before stands in it in full and is telling. It takes for granted that nobody says all of that once more.
 */
export function happenedSince(before: Shown, now: Shown, wanted: string): Settled {
  const ways = waysToFit(before, now)
  const found = isTelling(before) ? ways.filter((old) => old > 0 && old >= before.rows.length) : []
  const answers = new Set<Settled>()
  for (const old of found.length > 0 ? found : ways) {
    const came = now.rows.slice(old).includes(wanted)
    // Where nothing known is in sight, the wanted row can have passed out of it already.
    answers.add(came ? 'done' : old === 0 && !now.whole ? 'unknown' : 'not-done')
  }
  const [answer = 'unknown', ...others] = answers
  return others.length === 0 ? answer : 'unknown'
}

/**
 * Whether a tap just now counted, on a screen from which it took away what was to be sent. Where rows alone cannot
 * tell, because the same was sent again and again, the last one is the one that was sent.
 */
export function confirmsTap(before: Shown, now: Shown, wanted: string): boolean {
  const word = happenedSince(before, now, wanted)
  return word === 'done' || (word === 'unknown' && now.rows.at(-1) === wanted)
}

/** Whether reading further back can decide what is undecided. */
export const isWorthLookingBack = (before: Shown, now: Shown): boolean =>
  !now.whole && (before.whole || isTelling(before))

/** Numbers of rows shown now that can be what was there before, the last of them being the last one then. */
function waysToFit(before: Shown, now: Shown): number[] {
  return [...now.rows.keys(), now.rows.length].filter((old) => fits(before, now, old))
}

function fits(before: Shown, now: Shown, old: number): boolean {
  const known = before.rows.length
  if (before.whole && old > known) return false
  // All of what is known of the past is in a view that hides nothing.
  if (now.whole && old < known) return false
  const shared = Math.min(old, known)
  const tail = before.rows.slice(known - shared)
  return tail.every((row, index) => row === now.rows[old - shared + index])
}

/** Whether rows are found again only where they were: enough of them, different, and not one block over and over. */
function isTelling({ rows }: Shown): boolean {
  if (new Set(rows).size < TELLING_ROWS) return false
  const periods = Array.from({ length: Math.floor(rows.length / 2) }, (_, index) => index + 1)
  return !periods.some((period) => rows.every((row, index) => index < period || row === rows[index - period]))
}

/** Two rows that stand at the seam of two views by chance are rare enough, one is not. */
const LEAST_SEAM = 2

/**
 * Puts an older part of the same view in front of a newer one that overlaps with it. Undefined when it cannot be told
 * where the one goes on in the other.
 */
export function joined(older: readonly string[], newer: readonly string[]): readonly string[] | undefined {
  const seams: number[] = []
  for (let shared = LEAST_SEAM; shared <= Math.min(older.length, newer.length); shared++) {
    const start = older.length - shared
    if (newer.slice(0, shared).every((row, index) => row === older[start + index])) seams.push(shared)
  }
  const [seam, ...others] = seams
  return seam === undefined || others.length > 0 ? undefined : [...older, ...newer.slice(seam)]
}
