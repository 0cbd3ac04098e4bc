import { AgentError } from '@muster/sdk/agent'
import type { MomentRef } from '@muster/proto'
import type { AppScreen } from '../screen/app-screen.ts'
import { viewsOf } from '../screen/list-walk.ts'
import { below, type Snapshot, type UiElement } from '../screen/snapshot.ts'
import { isHome, openRow, openTab } from './home.ts'
import { labelOn } from './labels.ts'
import type { Locators } from './locators.ts'
import { openProfileOf } from './profile.ts'
import { openFoundPerson } from './search.ts'
import type { Shown } from './settle.ts'

const CAMERA = '拍照分享'
/** What the ·· of a Moment is called for screen readers. */
export const CONTROLS = '评论'
/** How many views of somebody's Moments are looked through for one. */
const MOST_VIEWS = 40

/** A row of somebody's Moments as one text. */
export const momentRow = (text: string, pictures: number): string => `${pictures} pictures: ${text}`

/** Opens one's own Moments, the newest ones in sight. */
export async function openOwnMoments(screen: AppScreen, locators: Locators): Promise<void> {
  await openTab(screen, '我')
  await openRow(screen, '朋友圈')
  await screen.waitFor('one’s own Moments', (seen) => momentsOn(seen, locators))
}

/** What a list of somebody's Moments shows, the newest last; undefined on any other screen. */
export function momentsOn(screen: Snapshot, locators: Locators): Shown | undefined {
  const area = screen.list
  if (!area || !screen.image('返回') || isHome(screen)) return undefined
  const last = area.children.at(-1)
  const room = last ? area.box.y + area.box.height - (last.box.y + last.box.height) : area.box.height
  const rows = area.children.map((row) => readMomentRow(row, locators))
  return { rows: rows.toReversed(), whole: !last || room >= last.box.height }
}

const readMomentRow = (row: UiElement, locators: Locators): string =>
  momentRow(textOf(below(row), locators), picturesOf(row, locators))

const picturesOf = (row: UiElement, { rowDetail }: Locators): number =>
  Number(/^共(\d+)张$/.exec(below(row).find(({ id }) => id === rowDetail)?.text ?? '')?.[1] ?? 0)

/** The words of the Moment these elements belong to; empty when it has none. */
export const textOf = (parts: readonly UiElement[], { momentText }: Locators): string =>
  parts.find(({ id }) => id === momentText)?.text ?? ''

/** 发现 → 朋友圈. */
export async function openTimeline(screen: AppScreen): Promise<void> {
  await openTab(screen, '发现')
  await openRow(screen, '朋友圈')
  await screen.waitFor('the timeline', isTimeline)
}

export const isTimeline = (screen: Snapshot): true | undefined => (screen.image(CAMERA) ? true : undefined)

/** From the timeline to the composer for a text alone. */
export async function startTextMoment(screen: AppScreen): Promise<void> {
  await screen.longPress(CAMERA, (seen) => seen.image(CAMERA))
}

/** From the timeline to the picture picker. */
export async function startPictureMoment(screen: AppScreen, locators: Locators): Promise<void> {
  await screen.tap(CAMERA, (seen) => seen.image(CAMERA))
  await screen.tap('从相册选择', (seen) => labelOn(seen, locators, '从相册选择'))
}

/** Whether the page of a Moment with these words is on the screen. */
export const isMomentPage = (screen: Snapshot, locators: Locators, text: string): boolean =>
  screen.image('返回') !== undefined &&
  screen.image(CONTROLS) !== undefined &&
  !isTimeline(screen) &&
  textOf(screen.elements, locators) === text

/**
 * Opens the page of a given Moment; an empty text is that of one with pictures alone. Throws CONTACT_NOT_FOUND when its
 * author does not show it.
 */
export async function openMoment(
  screen: AppScreen,
  locators: Locators,
  moment: MomentRef,
  ownId: string,
): Promise<void> {
  const { author, text } = moment
  if (!author || author.wechatId === ownId) {
    await openOwnMoments(screen, locators)
  } else {
    await openFoundPerson(screen, locators, author)
    await screen.tap('聊天信息', (seen) => (seen.input ? seen.image('聊天信息') : undefined))
    await openProfileOf(screen, locators, author)
    await screen.tap('朋友圈', (seen) => labelOn(seen, locators, '朋友圈'))
  }
  await screen.tapSeen(await findMoment(screen, locators, moment))
  await screen.waitFor('the Moment', (seen) => isMomentPage(seen, locators, text) || undefined)
}

/** The newest that fits: nothing else a list shows tells two Moments apart. */
async function findMoment(screen: AppScreen, locators: Locators, { text, pictures }: MomentRef): Promise<UiElement> {
  const fits = (row: UiElement): boolean =>
    textOf(below(row), locators) === text && (pictures === undefined || picturesOf(row, locators) === pictures)
  const place = { what: 'a list of Moments', here: (seen: Snapshot) => momentsOn(seen, locators) !== undefined }
  let views = 0
  for await (const { list } of viewsOf(screen, place)) {
    const row = list?.children.find(fits)
    if (row) return row
    // The screen is not lost where somebody has posted for years.
    if (++views === MOST_VIEWS) break
  }
  throw new AgentError('CONTACT_NOT_FOUND', 'the Moment is not among those its author shows')
}
