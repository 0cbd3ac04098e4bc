import type { AppScreen } from '../screen/app-screen.ts'
import type { Snapshot, UiElement } from '../screen/snapshot.ts'
import { isLabel } from './labels.ts'
import type { Locators } from './locators.ts'
import { CONTROLS, isMomentPage } from './moments.ts'
import type { Shown } from './settle.ts'

const LIKE = '赞'
const UNLIKE = '取消'
const COMMENT = '评论'
const SEND = '发送'
/** The app shows no more than the last ones. */
const MOST_COMMENTS = 4

/** The small menu of a Moment. */
interface Menu {
  readonly like: UiElement
  readonly liked: boolean
  readonly comment: UiElement
}

/** The Moment whose page is on the screen. */
export interface OpenMoment {
  readonly screen: AppScreen
  readonly locators: Locators
  readonly text: string
}

/** The menu, only while the Moment's page is open: two labels side by side, whatever people are called or wrote. */
function menuOn(seen: Snapshot, { locators, text }: OpenMoment): Menu | undefined {
  if (!isMomentPage(seen, locators, text)) return undefined
  for (const { children } of seen.elements) {
    const [like, comment, ...more] = children
    if (!like || !comment || more.length > 0 || comment.text !== COMMENT) continue
    const isLike = like.text === LIKE || like.text === UNLIKE
    if (isLike && isLabel(like, locators) && isLabel(comment, locators))
      return { like, liked: like.text === UNLIKE, comment }
  }
  return undefined
}

/** Opens the menu of the Moment; answers whether it is liked. */
export async function openMenu(moment: OpenMoment): Promise<{ liked: boolean }> {
  const { screen, locators, text } = moment
  if (!menuOn(await screen.look(), moment))
    await screen.tap('··', (seen) => (isMomentPage(seen, locators, text) ? seen.image(CONTROLS) : undefined))
  const { liked } = await screen.waitFor('赞 or 取消', (seen) => menuOn(seen, moment))
  return { liked }
}

/** What is touched to like the Moment, while it is not liked. */
export function likeButton(seen: Snapshot, moment: OpenMoment): UiElement | undefined {
  const menu = menuOn(seen, moment)
  return menu && !menu.liked ? menu.like : undefined
}

/** Writes a comment, with the menu on the screen. */
export async function writeComment(moment: OpenMoment, words: string): Promise<void> {
  const { screen } = moment
  await screen.tap(COMMENT, (seen) => menuOn(seen, moment)?.comment)
  await screen.fill('the comment field', (seen) => fieldOn(seen, moment), words)
  await screen.waitFor(SEND, (seen) => readyToComment(seen, moment, words))
}

const fieldOn = (seen: Snapshot, { locators, text }: OpenMoment): UiElement | undefined =>
  isMomentPage(seen, locators, text) ? seen.input : undefined

/** The button, only while the right words stand below the right Moment. */
export const readyToComment = (seen: Snapshot, moment: OpenMoment, words: string): UiElement | undefined =>
  fieldOn(seen, moment)?.text === words ? seen.button(SEND) : undefined

/** Whether no comment is being written. */
export function isFieldClosed(seen: Snapshot, moment: OpenMoment): boolean {
  const field = fieldOn(seen, moment)
  return field === undefined || field.text === '' || field.text === field.hint
}

/** A comment as one text. */
export const commentRow = (by: string, words: string): string => `${by}: ${words}`

/** The comments the Moment's page shows, the newest last; undefined on any other screen. */
export function commentsOn(seen: Snapshot, { locators, text }: OpenMoment): Shown | undefined {
  if (!isMomentPage(seen, locators, text)) return undefined
  const rows = seen.all(({ id }) => id === locators.comment).map((element) => element.text)
  return { rows, whole: rows.length < MOST_COMMENTS }
}
