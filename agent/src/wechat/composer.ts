import type { AppScreen } from '../screen/app-screen.ts'
import type { Snapshot, UiElement } from '../screen/snapshot.ts'
import { meantBy, tickPeople, type Audience } from './audience.ts'
import type { Locators } from './locators.ts'

export type { Audience } from './audience.ts'

const PUBLISH = '发表'
const WHO_MAY_SEE = '谁可以看'
const DONE = '完成'
const LABELS = { ALL: '公开', PRIVATE: '私密', INCLUDE: '部分可见', EXCLUDE: '不给谁看' } as const

/** What the composer says about the audience. */
export function audienceLabel(audience: Audience): string {
  const meant = meantBy(audience)
  return 'people' in meant ? `${LABELS[meant.type]}(${meant.people.length})` : LABELS[meant.type]
}

const inputOf = (screen: Snapshot): UiElement | undefined => (screen.button(PUBLISH) ? screen.input : undefined)

/**
 * Writes the text in place of whatever was kept from another time. Throws UNSUPPORTED for a text that the phone shows
 * otherwise.
 */
export async function writeMoment(screen: AppScreen, text: string): Promise<void> {
  await screen.fill('the composer', inputOf, text)
  const looksEmpty = await screen.waitFor('the composer', (seen) => {
    const input = inputOf(seen)
    return input && { hint: input.text === input.hint, pictures: picturesOn(seen) }
  })
  // With pictures the button says nothing about the text.
  if (text !== '' && looksEmpty.hint && looksEmpty.pictures > 0)
    throw await screen.fail('UNSUPPORTED', 'the text is the composer’s own hint: whether it was written does not show')
}

/**
 * Chooses who may see it. Throws CONTACT_NOT_FOUND and CONTACT_AMBIGUOUS for somebody of the audience, and for an
 * audience of nobody.
 */
export async function chooseAudience(screen: AppScreen, locators: Locators, audience: Audience): Promise<void> {
  const meant = meantBy(audience)
  await screen.tap(WHO_MAY_SEE, (seen) => (inputOf(seen) ? seen.text(WHO_MAY_SEE) : undefined))
  const label = LABELS[meant.type]
  await screen.tap(label, (seen) => (inputOf(seen) ? undefined : seen.text(label)))
  if ('people' in meant) await tickPeople(screen, locators, meant.people)
  await screen.tap(DONE, (seen) => (seen.text(LABELS.PRIVATE) ? seen.button(DONE) : undefined))
  await screen.waitFor('the audience on the composer', (seen) => audienceOn(seen, meant))
}

const audienceOn = (screen: Snapshot, audience: Audience): true | undefined =>
  inputOf(screen) && screen.find(({ text }) => text === audienceLabel(audience)) ? true : undefined

const picturesOn = (screen: Snapshot): number =>
  screen.all(({ cls, desc }) => cls === 'ImageView' && /^图片 \d+$/.test(desc)).length

/** The last button, only while everything above it is as it was asked for. */
export function readyToPublish(
  screen: Snapshot,
  wanted: { text: string; pictures: number; audience: Audience },
): UiElement | undefined {
  const input = inputOf(screen)
  if (!input || !audienceOn(screen, wanted.audience)) return undefined
  // A text alone that looks like the hint was written: the button would be off otherwise.
  const written = input.text === input.hint && wanted.text !== input.hint ? '' : input.text
  const button = screen.button(PUBLISH)
  return written === wanted.text && picturesOn(screen) === wanted.pictures && button?.enabled ? button : undefined
}

export const isComposer = (screen: Snapshot): boolean => inputOf(screen) !== undefined
