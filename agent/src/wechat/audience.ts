import { AgentError } from '@muster/sdk/agent'
import type { Receiver } from '@muster/proto'
import type { AppScreen } from '../screen/app-screen.ts'
import { toTop, walkList, type ListPlace } from '../screen/list-walk.ts'
import { ScreenLost } from '../screen/screen-lost.ts'
import { below, type Snapshot, type UiElement } from '../screen/snapshot.ts'
import type { Locators } from './locators.ts'
import { readPerson } from './person.ts'
import { detailOfId, NO_RESULT_MS, readRow, type FoundRow } from './search.ts'

const DONE = '完成'

export type Audience =
  | { readonly type: 'ALL' | 'PRIVATE' }
  | { readonly type: 'INCLUDE' | 'EXCLUDE'; readonly people: readonly Receiver[] }

/** The audience with each person once, as the phone counts it. Throws CONTACT_NOT_FOUND where only nobody may see it. */
export function meantBy(audience: Audience): Audience {
  if (!('people' in audience)) return audience
  const people = [
    ...new Map(audience.people.map((person) => [JSON.stringify(person.wechatId || person), person])).values(),
  ]
  if (people.length > 0) return { type: audience.type, people }
  if (audience.type === 'EXCLUDE') return { type: 'ALL' }
  throw new AgentError('CONTACT_NOT_FOUND', 'nobody is in the audience of this Moment on this phone')
}

/**
 * Finds out who is meant by those of an audience whose WeChat id is not known: the list to tick people in shows names
 * alone, and anybody can have any. Throws CONTACT_NOT_FOUND and CONTACT_AMBIGUOUS.
 */
export async function identify(screen: AppScreen, locators: Locators, audience: Audience): Promise<Audience> {
  const meant = meantBy(audience)
  if (!('people' in meant)) return meant
  const people: Receiver[] = []
  for (const person of meant.people) {
    if (person.wechatId !== '') people.push(person)
    else {
      const { wechatId, name } = await readPerson(screen, locators, person)
      // Whoever hides the id is known by the name the app shows.
      people.push({ ...person, wechatId, nickname: name, remark: '' })
    }
  }
  return meantBy({ type: meant.type, people })
}

/** Ticks exactly these people and closes the list. Throws CONTACT_NOT_FOUND and CONTACT_AMBIGUOUS. */
export async function tickPeople(screen: AppScreen, locators: Locators, people: readonly Receiver[]): Promise<void> {
  for (const [index, person] of people.entries()) await tick(screen, locators, person, index + 1)
  await screen.tap(DONE, (seen) => seen.button(`${DONE}(${people.length})`))
}

async function tick(screen: AppScreen, locators: Locators, person: Receiver, count: number): Promise<void> {
  const words = person.wechatId || person.nickname
  const inputOn = (seen: Snapshot): UiElement | undefined =>
    seen.find(({ text, cls }) => cls === 'Button' && text.startsWith(DONE)) ? seen.input : undefined
  await screen.fill('the search of people', inputOn, words)
  const fits = (row: FoundRow): boolean =>
    person.wechatId === '' ? row.name === words : row.detail === detailOfId(person.wechatId)
  const fitting = (rows: readonly UiElement[]): FoundRow[] => rows.map((row) => readRow(row, locators)).filter(fits)
  const unique = person.wechatId !== ''
  const place: ListPlace = {
    what: 'the people to tick',
    here: (seen) => inputOn(seen)?.text === words,
    stillMs: (seen) => {
      if (fitting(seen.list?.children ?? []).length === 0) return NO_RESULT_MS
      return unique ? undefined : 0
    },
  }
  const row = await show(screen, place, fitting, { words, unique })
  if (ticked(row)) throw new ScreenLost(`"${words}" was ticked already`)
  await screen.tapSeen(row.label)
  await screen.waitFor(`the tick of "${words}"`, (seen) => {
    const [now, ...others] = fitting(seen.list?.children ?? [])
    return now && others.length === 0 && ticked(now) ? seen.button(`${DONE}(${count})`) : undefined
  })
}

const ticked = (row: FoundRow): boolean => below(row.element).some(({ checked }) => checked)

type Fitting = (rows: readonly UiElement[]) => FoundRow[]

/** Scrolls to the one row that fits, after a look at all others unless one is enough. */
async function show(
  screen: AppScreen,
  place: ListPlace,
  fitting: Fitting,
  wanted: { words: string; unique: boolean },
): Promise<FoundRow> {
  await toTop(screen, place)
  let count = 0
  for await (const { rows, surelyKnown } of walkList(screen, place)) {
    const [row] = fitting(rows)
    if (row && wanted.unique) return row
    count += fitting(rows.slice(surelyKnown)).length
  }
  if (count === 0) throw new AgentError('CONTACT_NOT_FOUND', `the audience: the phone has no contact "${wanted.words}"`)
  if (count > 1)
    throw new AgentError('CONTACT_AMBIGUOUS', `the audience: several contacts are called "${wanted.words}"`)
  return await show(screen, place, fitting, { ...wanted, unique: true })
}
