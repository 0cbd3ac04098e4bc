import type { AppScreen, Settling } from './app-screen.ts'
import { ScreenLost } from './screen-lost.ts'
import { below, type Snapshot, type UiElement } from './snapshot.ts'

const MOST_WINDOWS = 2000
/** Gestures that met something that lay over the list. */
const MOST_VAIN_SCROLLS = 6
/** A row at the edge that is lower than that share of the others is cut off. */
const WHOLE = 0.95

/** Where a list is. */
export interface ListPlace {
  readonly what: string
  /** Whether the screen with the list is up. It may show no list while that has no rows. */
  readonly here: (screen: Snapshot) => boolean
  /** As `Settling.stillMs`, for the first view: a list that is still being filled. */
  readonly stillMs?: (screen: Snapshot) => number | undefined
}

/** A part of a list, as the screen shows it at one time. */
export interface ListWindow {
  readonly screen: Snapshot
  readonly rows: readonly UiElement[]
  /** How many of the rows, from the top, the windows before have shown. */
  readonly known: number
  /** Less than `known` where rows that look alike leave several answers: the least of them. */
  readonly surelyKnown: number
}

/**
 * Shows a list from where it stands to its end, window by window; each is settled. The list ends where it does not
 * move though nothing lay over it. Throws ScreenLost where the list jumps, so that a row could be missed.
 */
export async function* walkList(screen: AppScreen, place: ListPlace): AsyncGenerator<ListWindow> {
  let before: readonly string[] | undefined
  for await (const view of viewsOf(screen, place)) {
    const rows = wholeRows(view)
    const now = rows.map(wordsOf)
    const overlaps = before ? overlapsOf(before, now) : [0]
    const [known] = overlaps
    if (known === undefined) throw new ScreenLost(`${place.what} jumped while it was read`)
    yield { screen: view, rows, known, surelyKnown: overlaps.at(-1) ?? known }
    before = now
  }
}

/** As `walkList`, for who looks for one row and does not mind how the views hang together. */
export async function* viewsOf(
  screen: AppScreen,
  place: ListPlace,
  most: number = MOST_WINDOWS,
): AsyncGenerator<Snapshot> {
  let view: Snapshot | undefined = await firstOf(screen, place)
  for (let views = 0; view; views++) {
    if (views === most) throw new ScreenLost(`${place.what} has no end`)
    yield view
    view = await scrolled(screen, place, view, 'down')
  }
}

/** Shows the first row of a list. */
export async function toTop(screen: AppScreen, place: ListPlace): Promise<void> {
  let view: Snapshot | undefined = await firstOf(screen, place)
  // What does not fill its area cannot have been scrolled.
  for (let windows = 0; view && isFull(view); windows++) {
    if (windows === MOST_WINDOWS) throw new ScreenLost(`${place.what} has no beginning`)
    view = await scrolled(screen, place, view, 'up')
  }
}

const viewOf = async (screen: AppScreen, place: ListPlace, settling: Settling<Snapshot>): Promise<Snapshot> =>
  await screen.settled(place.what, (seen) => (place.here(seen) ? seen : undefined), settling)

const firstOf = async (screen: AppScreen, place: ListPlace): Promise<Snapshot> =>
  await viewOf(screen, place, place.stillMs ? { stillMs: place.stillMs } : {})

/** The next view; undefined at the end. */
async function scrolled(
  screen: AppScreen,
  place: ListPlace,
  from: Snapshot,
  direction: 'up' | 'down',
): Promise<Snapshot | undefined> {
  const area = from.list
  if (!area || area.children.length === 0) return undefined
  const enough = isFull(from) ? 2 : 1
  for (let unmoved = 0, vain = 0; unmoved < enough;) {
    const disturbances = screen.disturbances
    await screen.scroll(area.box, direction)
    const next = await viewOf(screen, place, { known: from })
    if (placesOf(next) !== placesOf(from)) return next
    if (screen.disturbances === disturbances) unmoved++
    else if (++vain === MOST_VAIN_SCROLLS) throw new ScreenLost(`${place.what} could not be scrolled`)
  }
  return undefined
}

/** Whether there is no room for one more row, so that more may follow. */
export function isFull({ list }: Snapshot): boolean {
  const last = list?.children.at(-1)
  return !!list && !!last && last.box.y + 2 * last.box.height > list.box.y + list.box.height
}

/** The rows that are on the screen as a whole. One that is cut off is whole in the window before or after. */
function wholeRows({ list }: Snapshot): readonly UiElement[] {
  if (!list) return []
  const { y, height } = list.box
  return list.children.filter((row) => {
    const atEdge = row.box.y <= y || row.box.y + row.box.height >= y + height
    const others = list.children.filter(({ cls }) => cls === row.cls).map(({ box }) => box.height)
    return !atEdge || row.box.height >= WHOLE * Math.max(...others)
  })
}

const wordsOf = (row: UiElement): string =>
  [row, ...below(row)].map(({ cls, text, desc }) => `${cls} ${text} ${desc}`).join('\n')

const placesOf = ({ list }: Snapshot): string =>
  (list?.children ?? []).map((row) => `${row.box.y} ${wordsOf(row)}`).join('\n\n')

/**
 * All ways in which the rows at the top of a window can be those at the bottom of the window before, by how many rows
 * that are, the largest first. A list that was scrolled by less than its height always has one.
 */
export function overlapsOf(before: readonly string[], now: readonly string[]): readonly number[] {
  const fits = (shared: number): boolean =>
    now.slice(0, shared).every((row, index) => row === before[before.length - shared + index])
  return Array.from({ length: Math.min(before.length, now.length) }, (_, index) => index + 1)
    .filter(fits)
    .toReversed()
}
