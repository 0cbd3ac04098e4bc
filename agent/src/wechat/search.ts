import { AgentError } from '@muster/sdk/agent'
import type { Receiver } from '@muster/proto'
import type { AppScreen } from '../screen/app-screen.ts'
import { ScreenLost } from '../screen/screen-lost.ts'
import { below, type Snapshot, type UiElement } from '../screen/snapshot.ts'
import { goHome } from './home.ts'
import type { Locators } from './locators.ts'

const SECTIONS = ['联系人', '群聊', '聊天记录'] as const
/** More results than that are not looked through. */
const MOST_SCROLLS = 50
const NO_RESULT_MS = 1500
type Section = (typeof SECTIONS)[number]

/** A row of the results, by its name and why it is listed. */
export interface FoundRow {
  readonly element: UiElement
  readonly name: string
  /** Such as `微信号：…` or `昵称：…`; empty when the name itself fits. */
  readonly detail: string
}

/** Rows of one section as the screen shows them now; `scrolled` when its heading may have passed out of sight. */
export function rowsOf(
  screen: Snapshot,
  section: Section,
  { rowName, rowDetail }: Locators,
  scrolled = false,
): FoundRow[] {
  const rows: FoundRow[] = []
  let current: string | undefined = scrolled ? section : undefined
  for (const child of screen.list?.children ?? []) {
    // A heading stands in the list itself; a person of that name is inside a row.
    if (child.cls === 'TextView') current = child.text
    else if (current === section) rows.push(readRow(child, rowName, rowDetail))
  }
  return rows
}

export function readRow(element: UiElement, rowName: string, rowDetail: string): FoundRow {
  const parts = below(element)
  const textOf = (id: string): string => parts.find((part) => part.id === id)?.text ?? ''
  return { element, name: textOf(rowName), detail: textOf(rowDetail) }
}

/** Types a query into the search; answers the screen with its results. */
export async function search(screen: AppScreen, query: string): Promise<Snapshot> {
  await goHome(screen)
  await screen.tap('搜索', (seen) => seen.image('搜索'))
  await screen.fill('the search field', (seen) => (seen.text('取消') ? seen.input : undefined), query)
  return await results(screen)
}

/** The app fills the list a moment after the text; that nothing fits shows in nothing but time. */
async function results(screen: AppScreen): Promise<Snapshot> {
  try {
    return await screen.waitFor('a result', (seen) => (seen.list?.children.length ? seen : undefined), NO_RESULT_MS)
  } catch (error) {
    if (!(error instanceof ScreenLost)) throw error
    return await screen.look()
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
  const row = await onePerson(screen, locators, receiver)
  await screen.tapSeen(row.element)
  return { wechatId: receiver.wechatId, name: row.name }
}

async function onePerson(screen: AppScreen, locators: Locators, receiver: Receiver): Promise<FoundRow> {
  const { wechatId, nickname, remark } = receiver
  const query = wechatId || remark || nickname
  if (query === '') throw new AgentError('CONTACT_NOT_FOUND', 'the receiver has neither a WeChat id nor a name')
  const seen = await search(screen, query)
  if (wechatId !== '') return await byWechatId(screen, locators, seen, wechatId)
  const fitting = rowsOf(seen, '联系人', locators).filter((row) =>
    remark === '' ? row.name === nickname || row.detail === `昵称：${nickname}` : row.name === remark,
  )
  const [first, ...others] = fitting
  if (others.length > 0 || (first && peopleGoOn(seen))) {
    throw new AgentError(
      'CONTACT_AMBIGUOUS',
      `several contacts are called "${query}"; sync them, or give each a remark of its own`,
    )
  }
  if (!first) throw new AgentError('CONTACT_NOT_FOUND', `the phone has no contact "${query}"`)
  return first
}

/** An id is somebody's alone, but the ids that begin with it are listed too. */
async function byWechatId(screen: AppScreen, locators: Locators, first: Snapshot, wechatId: string): Promise<FoundRow> {
  for (let seen = first, scrolls = 0; scrolls < MOST_SCROLLS; scrolls++) {
    const row = rowsOf(seen, '联系人', locators, scrolls > 0).find(({ detail }) => detail === `微信号：${wechatId}`)
    if (row) return row
    if (!seen.list || !peopleGoOn(seen)) break
    await screen.scroll(seen.list.box, 'down')
    const next = await screen.look()
    if (next.source === seen.source) break
    seen = next
  }
  throw new AgentError('CONTACT_NOT_FOUND', `the phone has no contact ${wechatId}`)
}

/** Whether more people than the screen shows may fit. */
function peopleGoOn(screen: Snapshot): boolean {
  const rows = screen.list?.children ?? []
  const last = rows.at(-1)
  const area = screen.list?.box
  if (!last || !area) return false
  const endsHere = rows.some((row) => row.cls === 'TextView' && row.text !== '联系人')
  return !endsHere && last.box.y + 2 * last.box.height > area.y + area.height
}

/**
 * Finds the one group a receiver means and opens it. Groups of one name are told apart by their number of members.
 * Throws CONTACT_NOT_FOUND and CONTACT_AMBIGUOUS.
 */
export async function openFoundGroup(screen: AppScreen, locators: Locators, receiver: Receiver): Promise<Expected> {
  const name = receiver.nickname
  const fitting = async (): Promise<FoundRow[]> =>
    rowsOf(await search(screen, name), '群聊', locators).filter((row) => row.name === name)
  const count = (await fitting()).length
  if (count === 0) throw new AgentError('CONTACT_NOT_FOUND', `the phone has no group "${name}"`)
  const chosen =
    count === 1 ? 0 : await groupBySize(screen, locators, { fitting, count, members: receiver.memberCount })
  const row = (await fitting())[chosen]
  if (!row) throw new ScreenLost('the groups changed while they were looked at')
  await screen.tapSeen(row.element)
  const title = await groupTitle(screen, locators)
  if (title.name !== name) throw new ScreenLost(`another group opened instead of "${name}"`)
  return { wechatId: '', name: `${name}(${title.members})` }
}

interface GroupsOfOneName {
  readonly fitting: () => Promise<FoundRow[]>
  readonly count: number
  readonly members: number
}

async function groupBySize(screen: AppScreen, locators: Locators, groups: GroupsOfOneName): Promise<number> {
  const sizes: number[] = []
  for (let index = 0; index < groups.count; index++) {
    const row = (await groups.fitting())[index]
    if (!row) throw new ScreenLost('the groups changed while they were looked at')
    await screen.tapSeen(row.element)
    sizes.push((await groupTitle(screen, locators)).members)
  }
  const right = sizes.flatMap((size, index) => (size === groups.members ? [index] : []))
  const [only] = right
  if (right.length === 1 && only !== undefined) return only
  throw new AgentError(
    'CONTACT_AMBIGUOUS',
    `${groups.count} groups have this name, and their sizes do not tell them apart`,
  )
}

async function groupTitle(screen: AppScreen, { title }: Locators): Promise<{ name: string; members: number }> {
  return await screen.waitFor('a group chat', (seen) => {
    const words = seen.image('聊天信息') ? seen.find((element) => element.id === title)?.text : undefined
    const parts = /^(.*)\((\d+)\)$/s.exec(words ?? '')
    return parts ? { name: parts[1] ?? '', members: Number(parts[2]) } : undefined
  })
}
