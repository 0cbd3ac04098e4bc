import { AgentError } from '@muster/sdk/agent'
import type { Receiver } from '@muster/proto'
import type { AppScreen } from '../screen/app-screen.ts'
import { isFull, walkList, type ListPlace, type ListWindow } from '../screen/list-walk.ts'
import { ScreenLost } from '../screen/screen-lost.ts'
import { below, type Snapshot, type UiElement } from '../screen/snapshot.ts'
import { goHome } from './home.ts'
import type { Locators } from './locators.ts'

const SECTIONS = ['联系人', '群聊', '聊天记录'] as const
/** The app fills the list a moment after the text; that nothing fits shows in nothing but time. */
export const NO_RESULT_MS = 1500
type Section = (typeof SECTIONS)[number]

/** A row with somebody's name, and why it is listed. */
export interface FoundRow {
  readonly element: UiElement
  /** Named by what it says, so that a touch does not meet another row that came into its place. */
  readonly label: UiElement
  readonly name: string
  /** Such as `微信号：…` or `昵称：…`; empty when the name itself fits. */
  readonly detail: string
}

export function readRow(element: UiElement, { rowName, rowDetail }: Locators): FoundRow {
  const parts = below(element)
  const label = parts.find((part) => part.id === rowName)
  const detail = parts.find((part) => part.id === rowDetail)?.text ?? ''
  return { element, label: label ?? element, name: label?.text ?? '', detail }
}

export const detailOfId = (wechatId: string): string => `微信号：${wechatId}`

/** One section of the results, window by window, until the next one begins. */
interface SectionWindow {
  /** All rows of the section that the screen shows now. */
  readonly shown: readonly FoundRow[]
  /** Those that no window before has shown. */
  readonly fresh: readonly FoundRow[]
  /** Those that may have been shown before, and may as well be others that look the same. */
  readonly doubtful: readonly FoundRow[]
}

interface Query {
  readonly words: string
  readonly section: Section
  readonly fits: (row: FoundRow) => boolean
  /** Whether a single row is enough. */
  readonly unique: boolean
}

/** Searches for something and goes through all rows of one section. */
async function* searchFor(screen: AppScreen, locators: Locators, query: Query): AsyncGenerator<SectionWindow> {
  await goHome(screen)
  await screen.tap('搜索', (seen) => seen.image('搜索'))
  await screen.fill('the search field', (seen) => (seen.text('取消') ? seen.input : undefined), query.words)
  let sections: readonly (string | undefined)[] = []
  for await (const window of walkList(screen, resultsOf(locators, query))) {
    sections = sectionsOf(window, sections)
    const read = (from: number, to?: number): FoundRow[] =>
      window.rows
        .slice(from, to)
        .filter((row, index) => sections[from + index] === query.section && !isHeading(row))
        .map((row) => readRow(row, locators))
    const { known, surelyKnown } = window
    yield { shown: read(0), fresh: read(known), doubtful: read(surelyKnown, known) }
    const last = sections.at(-1)
    if (SECTIONS.findIndex((name) => name === last) > SECTIONS.indexOf(query.section)) return
  }
}

/** A heading stands in the list itself; a person of that name is inside a row. */
const isHeading = (row: UiElement): boolean => row.cls === 'TextView'

/** The section of each row. A heading may have passed out of sight in a window before. */
function sectionsOf({ rows, known }: ListWindow, before: readonly (string | undefined)[]): (string | undefined)[] {
  const sections: (string | undefined)[] = []
  for (const [index, row] of rows.entries()) {
    if (isHeading(row)) sections.push(row.text)
    else sections.push(index < known ? before[before.length - known + index] : sections[index - 1])
  }
  return sections
}

function resultsOf(locators: Locators, { words, section, fits, unique }: Query): ListPlace {
  return {
    what: 'the results',
    here: (seen) => seen.text('取消') !== undefined && seen.input?.text === words,
    stillMs: (seen) => {
      const rows = seen.list?.children ?? []
      if (unique && rows.some((row) => !isHeading(row) && fits(readRow(row, locators)))) return undefined
      return isFull(seen) || rows.some((row) => isHeading(row) && row.text === section) ? 0 : NO_RESULT_MS
    },
  }
}

/** A picked row, and what the profile behind it has to say. */
export interface Expected {
  readonly wechatId: string
  /** The name the app shows. */
  readonly name: string
}

/**
 * Finds the one person a receiver means and opens the conversation. By WeChat id where it is known, else by a name
 * that only one person has. Throws CONTACT_NOT_FOUND and CONTACT_AMBIGUOUS.
 */
export async function openFoundPerson(screen: AppScreen, locators: Locators, receiver: Receiver): Promise<Expected> {
  const { wechatId, nickname, remark } = receiver
  const words = wechatId || remark || nickname
  if (words === '') throw new AgentError('CONTACT_NOT_FOUND', 'the receiver has neither a WeChat id nor a name')
  const fits = (row: FoundRow): boolean => {
    if (wechatId !== '') return row.detail === detailOfId(wechatId)
    return remark === '' ? row.name === nickname || row.detail === `昵称：${nickname}` : row.name === remark
  }
  const query: Query = { words, section: '联系人', fits, unique: wechatId !== '' }
  const { count, row } = query.unique ? await first(screen, locators, query) : await all(screen, locators, query)
  if (count > 1) {
    throw new AgentError(
      'CONTACT_AMBIGUOUS',
      `several contacts are called "${words}"; sync them, or give each a remark of its own`,
    )
  }
  if (count === 0) throw new AgentError('CONTACT_NOT_FOUND', `the phone has no contact "${words}"`)
  if (row) await screen.tapSeen(row.label)
  const opened = row ?? (await openNth(screen, locators, query, 0))
  return { wechatId, name: opened.name }
}

interface Fitting {
  /** How many rows fit. */
  readonly count: number
  /** The last one of them, while it is on the screen. */
  readonly row: FoundRow | undefined
}

async function all(screen: AppScreen, locators: Locators, query: Query): Promise<Fitting> {
  let [count, row]: [number, FoundRow | undefined] = [0, undefined]
  for await (const { shown, fresh, doubtful } of searchFor(screen, locators, query)) {
    if (doubtful.some(query.fits)) throw new AgentError('CONTACT_AMBIGUOUS', `too many are called "${query.words}"`)
    count += fresh.filter(query.fits).length
    row = shown.findLast(query.fits)
  }
  return { count, row }
}

async function first(screen: AppScreen, locators: Locators, query: Query): Promise<Fitting> {
  for await (const { shown } of searchFor(screen, locators, query)) {
    const row = shown.find(query.fits)
    if (row) return { count: 1, row }
  }
  return { count: 0, row: undefined }
}

/** Opens the n-th row that fits, from 0. Throws ScreenLost when there are fewer now. */
async function openNth(screen: AppScreen, locators: Locators, query: Query, position: number): Promise<FoundRow> {
  let passed = 0
  for await (const { fresh } of searchFor(screen, locators, query)) {
    const fitting = fresh.filter(query.fits)
    const row = fitting[position - passed]
    if (row) {
      await screen.tapSeen(row.label)
      return row
    }
    passed += fitting.length
  }
  throw new ScreenLost('the results changed while they were looked at')
}

interface GroupTitle {
  readonly name: string
  readonly members: number
}

/**
 * Finds the one group a receiver means and opens it. Groups of one name are told apart by their number of members.
 * Throws CONTACT_NOT_FOUND and CONTACT_AMBIGUOUS.
 */
export async function openFoundGroup(screen: AppScreen, locators: Locators, receiver: Receiver): Promise<Expected> {
  const name = receiver.nickname
  const query: Query = { words: name, section: '群聊', fits: (row) => row.name === name, unique: false }
  const { count, row } = await all(screen, locators, query)
  if (count === 0) throw new AgentError('CONTACT_NOT_FOUND', `the phone has no group "${name}"`)
  if (count === 1 && row) await screen.tapSeen(row.label)
  else {
    const { memberCount } = receiver
    await openNth(
      screen,
      locators,
      query,
      count === 1 ? 0 : await groupOfSize(screen, locators, { query, count, memberCount }),
    )
  }
  const title = await groupTitle(screen, locators, name)
  if (count > 1 && title.members !== receiver.memberCount) throw new ScreenLost(`another group "${name}" opened`)
  return { wechatId: '', name: `${name}(${title.members})` }
}

interface GroupsOfOneName {
  readonly query: Query
  readonly count: number
  readonly memberCount: number
}

/** Looks at the groups until two rounds agree, so that no row that moved under the finger hides a group. */
async function groupOfSize(screen: AppScreen, locators: Locators, groups: GroupsOfOneName): Promise<number> {
  const { query, count, memberCount } = groups
  const round = async (): Promise<number[]> => {
    const sizes: number[] = []
    while (sizes.length < count) {
      await openNth(screen, locators, query, sizes.length)
      sizes.push((await groupTitle(screen, locators, query.words)).members)
    }
    return sizes
  }
  const sizes = await round()
  if ((await round()).join() !== sizes.join()) throw new ScreenLost('the groups changed while they were looked at')
  const [only, ...others] = sizes.flatMap((size, index) => (size === memberCount ? [index] : []))
  if (only !== undefined && others.length === 0) return only
  throw new AgentError('CONTACT_AMBIGUOUS', `${count} groups have this name, and their sizes do not tell them apart`)
}

/** Waits for the conversation of a group. Throws ScreenLost when it is not the one of that name. */
export async function groupTitle(screen: AppScreen, { title }: Locators, name: string): Promise<GroupTitle> {
  const shown = await screen.waitFor('a group chat', (seen: Snapshot) => {
    const words = seen.image('聊天信息') ? seen.find((element) => element.id === title)?.text : undefined
    const parts = /^(.*)\((\d+)\)$/s.exec(words ?? '')
    return parts ? { name: parts[1] ?? '', members: Number(parts[2]) } : undefined
  })
  if (shown.name !== name) throw new ScreenLost(`another group opened instead of "${name}"`)
  return shown
}
