import type { Settled } from '@muster/sdk/agent'
import type { AppScreen } from '../screen/app-screen.ts'
import type { Snapshot } from '../screen/snapshot.ts'
import { happenedSince, isWorthLookingBack, joined, type Shown } from './settle.ts'

const MOST_SCROLLS = 20
/** Half a screenful, so that two views in a row overlap. */
const STEP = 0.5

/** A list on the screen whose rows come one after the other. */
export interface History {
  /** What it shows; undefined when another screen is open. */
  read(screen: Snapshot): Shown | undefined
  /** Which way older rows are. */
  readonly older: 'up' | 'down'
}

/** What is to be found out about a history: whether a row came to it after it had been read. */
export interface Question {
  readonly before: Shown
  readonly wanted: string
}

/**
 * Reads a history that stands at its newest rows, and further back until the question is decided or nothing more can
 * be learnt. Leaves the list where it got to. Throws ScreenLost.
 */
export async function lookBack(screen: AppScreen, history: History, { before, wanted }: Question): Promise<Settled> {
  let now = await screen.settled('what the screen shows', (seen) => history.read(seen))
  let word = happenedSince(before, now, wanted)
  for (let scrolls = 0; word === 'unknown' && isWorthLookingBack(before, now) && scrolls < MOST_SCROLLS; scrolls++) {
    const { rows, ends } = await oneFurther(screen, history)
    const all = joined(rows, now.rows)
    if (!all) break
    // A list can end where the app has not loaded more: only of one that was whole before it is known how it begins.
    now = { rows: all, whole: ends && before.whole }
    word = happenedSince(before, now, wanted)
    if (ends) break
  }
  return word
}

/** So many gestures have to meet the end, with nothing over the list: one that is lost says the same as the end does. */
const ENDS_MET = 2

async function oneFurther(screen: AppScreen, history: History): Promise<{ rows: readonly string[]; ends: boolean }> {
  for (let met = 1; ; met++) {
    const area = await screen.waitFor('the list', (seen) => (history.read(seen) ? seen.list?.box : undefined))
    const disturbances = screen.disturbances
    const more = await screen.scroll(area, history.older, STEP)
    const { rows } = await screen.settled('older rows', (seen) => history.read(seen))
    if (more || screen.disturbances !== disturbances) return { rows, ends: false }
    if (met === ENDS_MET) return { rows, ends: true }
  }
}
