import { AgentError } from '@muster/sdk/agent'
import type { Receiver } from '@muster/proto'
import type { AppScreen } from '../screen/app-screen.ts'
import { below, type Snapshot, type UiElement } from '../screen/snapshot.ts'
import { openRow, openTab } from './home.ts'
import type { Locators } from './locators.ts'
import { openFoundPerson } from './search.ts'
import { readProfile } from './profile.ts'
import type { Shown } from './settle.ts'

const CAMERA = '拍照分享'
const CONTROLS = '评论'
const LIKE = '赞'
const UNLIKE = '取消'
const MOST_SCROLLS = 40

/** A row of somebody's Moments as one text. */
export const momentRow = (text: string, pictures: number): string => `${pictures} pictures: ${text}`

/** Opens one's own Moments and reads what they show, the newest last. */
export async function readOwnMoments(screen: AppScreen, locators: Locators): Promise<Shown> {
  await openTab(screen, '我')
  await openRow(screen, '朋友圈')
  const seen = await screen.waitFor('one’s own Moments', (now) =>
    now.image('返回') && now.list && !now.text('发现') ? now : undefined,
  )
  return momentsOn(seen, locators)
}

function momentsOn(screen: Snapshot, locators: Locators): Shown {
  const area = screen.list
  const rows = (area?.children ?? []).map((row) => readMomentRow(row, locators))
  const last = area?.children.at(-1)
  const whole = !area || !last || area.box.y + area.box.height - (last.box.y + last.box.height) >= last.box.height
  return { rows: rows.toReversed(), whole }
}

function readMomentRow(row: UiElement, { momentText, rowDetail }: Locators): string {
  const parts = below(row)
  const text = parts.find(({ id }) => id === momentText)?.text ?? ''
  const count = /^共(\d+)张$/.exec(parts.find(({ id }) => id === rowDetail)?.text ?? '')?.[1] ?? '0'
  return momentRow(text, Number(count))
}

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
export async function startPictureMoment(screen: AppScreen): Promise<void> {
  await screen.tap(CAMERA, (seen) => seen.image(CAMERA))
  await screen.tap('从相册选择', (seen) => seen.text('从相册选择'))
}

/** Opens the page of a given Moment. Throws CONTACT_NOT_FOUND when its author does not show it. */
export async function openMoment(
  screen: AppScreen,
  locators: Locators,
  moment: { author: Receiver | undefined; text: string },
  ownId: string,
): Promise<void> {
  const { author, text } = moment
  if (!author || author.wechatId === ownId) {
    await readOwnMoments(screen, locators)
  } else {
    await openFoundPerson(screen, locators, author)
    await screen.tap('聊天信息', (seen) => (seen.input ? seen.image('聊天信息') : undefined))
    await screen.tap('the face', (seen) =>
      seen.text('查找聊天记录')
        ? seen.find(({ cls, desc }) => cls === 'ImageView' && desc.endsWith('头像'))
        : undefined,
    )
    const profile = await readProfile(screen, locators)
    if (author.wechatId !== '' && profile.wechatId !== author.wechatId) {
      throw new AgentError(
        'CONTACT_AMBIGUOUS',
        `the profile of ${profile.wechatId} opened instead of ${author.wechatId}`,
      )
    }
    await screen.tap('朋友圈', (seen) => seen.text('朋友圈'))
  }
  const row = await findMoment(screen, locators, text)
  await screen.tapSeen(row)
  await screen.waitFor('the Moment', (seen) => controlsOf(seen))
}

async function findMoment(screen: AppScreen, { momentText }: Locators, text: string): Promise<UiElement> {
  await screen.waitFor('a list of Moments', (seen) => (seen.image('返回') ? seen.list : undefined))
  for (let scrolls = 0; scrolls < MOST_SCROLLS; scrolls++) {
    const seen = await screen.look()
    const row = seen.list?.children.find((child) =>
      below(child).some((part) => part.id === momentText && part.text === text),
    )
    if (row) return row
    if (!seen.list || !(await screen.scroll(seen.list.box, 'down'))) break
  }
  throw new AgentError('CONTACT_NOT_FOUND', 'the Moment is not among those its author shows')
}

const controlsOf = (screen: Snapshot): UiElement | undefined => screen.image(CONTROLS)

/** Opens the small menu of the Moment on the screen; answers whether it is liked. */
export async function openControls(screen: AppScreen): Promise<{ liked: boolean }> {
  const shown = (seen: Snapshot): { liked: boolean } | undefined => {
    if (seen.text(UNLIKE)) return { liked: true }
    return seen.text(LIKE) ? { liked: false } : undefined
  }
  const already = shown(await screen.look())
  if (already) return already
  await screen.tap('··', controlsOf)
  return await screen.waitFor('赞 or 取消', shown)
}

export const tapLike = async (screen: AppScreen): Promise<void> => await screen.tap(LIKE, (seen) => seen.text(LIKE))

/** Opens the field for a comment, with the small menu on the screen. */
export async function openCommentField(screen: AppScreen): Promise<void> {
  await screen.tap('评论', (seen) => (seen.text(LIKE) || seen.text(UNLIKE) ? seen.text('评论') : undefined))
  await screen.waitFor('the comment field', (seen) => seen.input)
}

/** How often somebody's comment of these words is shown. */
export const commentsLike = (screen: Snapshot, { comment }: Locators, by: string, text: string): number =>
  screen.all((element) => element.id === comment && element.text === `${by}: ${text}`).length
