import type { Snapshot, UiElement } from '../screen/snapshot.ts'
import type { Locators } from './locators.ts'

/**
 * A label of the app's own by its words. Names, posts and messages can be any words, those of a label too, so what
 * stands where the app puts somebody's words is none.
 */
export const labelOn = (screen: Snapshot, locators: Locators, words: string): UiElement | undefined =>
  screen.find((element) => element.text === words && isLabel(element, locators))

/** Whether a text can be the app's own. */
export function isLabel({ cls, id }: UiElement, locators: Locators): boolean {
  const { title, rowName, rowDetail, bubble, author, momentText, comment, member } = locators
  const theirs = [title, rowName, rowDetail, bubble, author, momentText, comment, member]
  return cls === 'TextView' && !theirs.includes(id)
}
