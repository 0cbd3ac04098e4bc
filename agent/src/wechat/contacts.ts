import type { FoundContact } from '@muster/proto'
import type { AppScreen } from '../screen/app-screen.ts'
import { overlapsOf, toTop, walkList, type ListPlace } from '../screen/list-walk.ts'
import { ScreenLost } from '../screen/screen-lost.ts'
import { below, type Snapshot, type UiElement } from '../screen/snapshot.ts'
import { goHome, isTab, openTab } from './home.ts'
import type { Locators } from './locators.ts'
import { readProfile } from './profile.ts'

/** Called between two entries; throws to end the walk. */
export type Pace = (step: string) => void

/** A list was read to its end, and the number there says that something is missing. */
export class IncompleteList extends Error {
  override readonly name = 'IncompleteList'
}

interface NamedRow {
  readonly label: UiElement
  readonly name: string
}

/** The rows that carry somebody's name. */
export function namedRows(rows: readonly UiElement[], { rowName }: Locators): NamedRow[] {
  return rows.flatMap((row) => {
    const label = below(row).find(({ id }) => id === rowName)
    return label ? [{ label, name: label.text }] : []
  })
}

/** The number on the last row of a list. Nobody's name: those have an id. */
export function countOn(screen: Snapshot, pattern: RegExp): number | undefined {
  const words = screen.find(({ text, id }) => id === '' && pattern.test(text))?.text
  const count = words === undefined ? undefined : pattern.exec(words)?.[1]
  return count === undefined ? undefined : Number(count)
}

export const CONTACT_LIST: ListPlace = {
  what: 'the list of contacts',
  here: (seen) => isTab(seen, '通讯录') && seen.list !== undefined,
}

interface Entry {
  readonly contact: FoundContact
  /** Tells people apart as far as the phone does. */
  readonly key: string
}

/**
 * Walks the list of contacts and reads each profile. Throws IncompleteList unless they are as many as the list says at
 * its end.
 */
export async function* readContacts(screen: AppScreen, locators: Locators, pace: Pace): AsyncGenerator<FoundContact> {
  await openTab(screen, '通讯录')
  await toTop(screen, CONTACT_LIST)
  let count: number | undefined
  let read = 0
  let before: readonly Entry[] = []
  for await (const { screen: view, rows, known, surelyKnown } of walkList(screen, CONTACT_LIST)) {
    const named = namedRows(rows, locators)
    const seen = namedRows(rows.slice(0, known), locators).length
    // Where names occur twice only the profiles say which rows are new.
    const sure = known === surelyKnown
    const entries: Entry[] = sure ? before.slice(before.length - seen) : []
    for (const row of named.slice(entries.length)) {
      pace(row.name)
      const contact = await readRowProfile(screen, locators, row)
      entries.push({ contact, key: contact.wechatId || JSON.stringify(contact) })
    }
    const fresh = entries.slice(sure ? seen : sharedBy(before, entries))
    for (const { contact } of fresh) yield contact
    read += fresh.length
    before = entries
    count = countOn(view, locators.contactCount)
    if (count !== undefined) break
  }
  if (count !== read) throw new IncompleteList(`the list of contacts says ${count ?? 'nothing'}, and ${read} were read`)
}

const sharedBy = (before: readonly Entry[], now: readonly Entry[]): number =>
  overlapsOf(
    before.map(({ key }) => key),
    now.map(({ key }) => key),
  )[0] ?? 0

/** Opens the profile behind a row and comes back. Throws ScreenLost when another one opened. */
async function readRowProfile(screen: AppScreen, locators: Locators, { label, name }: NamedRow): Promise<FoundContact> {
  await screen.tapSeen(label)
  const { name: shown, ...contact } = await readProfile(screen, locators)
  if (shown !== name) throw new ScreenLost(`the profile of "${shown}" opened instead of "${name}"`)
  await screen.back()
  // The key can have met something that lay over the profile.
  await goHome(screen)
  return contact
}
