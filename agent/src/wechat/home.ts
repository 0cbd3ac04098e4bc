import type { AppScreen } from '../screen/app-screen.ts'
import { ScreenLost } from '../screen/screen-lost.ts'
import type { Snapshot, UiElement } from '../screen/snapshot.ts'

const TABS = ['微信', '通讯录', '发现', '我'] as const
type Tab = (typeof TABS)[number]
/** The tabs are in the lowest part of the screen. */
const TAB_REGION = 0.9
const MOST_BACKS = 10
const SCREEN_HEIGHT_GUESS = 2340

const tab = (screen: Snapshot, name: Tab): UiElement | undefined => {
  const bottom = Math.max(SCREEN_HEIGHT_GUESS / 2, ...screen.elements.map(({ box }) => box.y + box.height))
  return screen.find(({ text, cls, box }) => text === name && cls === 'TextView' && box.y > bottom * TAB_REGION)
}

/** Whether this is the app's first screen, whichever tab is chosen. */
export const isHome = (screen: Snapshot): boolean =>
  screen.image('搜索') !== undefined && TABS.every((name) => tab(screen, name))

/** Goes back to the first screen from wherever the app is; answers how it looks. Throws ScreenLost. */
export async function goHome(screen: AppScreen): Promise<Snapshot> {
  for (let backs = 0; backs < MOST_BACKS; backs++) {
    const seen = await screen.look().catch((error: unknown) => {
      // An app that had to be brought to the front again is no further from home for it.
      if (!(error instanceof ScreenLost)) throw error
    })
    if (seen && isHome(seen)) return seen
    if (seen) await screen.back()
  }
  throw new ScreenLost('the first screen could not be reached')
}

/** Whether this tab is on the screen. */
export const isTab = (screen: Snapshot, name: Tab): boolean => isHome(screen) && tab(screen, name)?.selected === true

/** Opens one of the four tabs from anywhere. */
export async function openTab(screen: AppScreen, name: Tab): Promise<void> {
  await goHome(screen)
  await screen.tap(`tab ${name}`, (seen) => tab(seen, name))
  await screen.waitFor(`tab ${name}, chosen`, (seen) => tab(seen, name)?.selected || undefined)
}

/** Opens a row of a menu by its words. */
export async function openRow(screen: AppScreen, words: string): Promise<void> {
  await screen.tap(words, (seen) => (seen.list ? seen.text(words) : undefined))
}
