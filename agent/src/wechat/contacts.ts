import type { FoundContact, FoundGroup } from '@muster/proto'
import type { AppScreen } from '../screen/app-screen.ts'
import { ScreenLost } from '../screen/screen-lost.ts'
import { below, type Snapshot, type UiElement } from '../screen/snapshot.ts'
import { goHome, isHome, openRow, openTab, scrollToTop } from './home.ts'
import type { Locators } from './locators.ts'
import { readProfile } from './profile.ts'

const GROUP_COUNT = /^(\d+)个群聊$/
const MEMBERS = '查看全部群成员'
const MOST_WINDOWS = 2000

/** Called between two entries; throws to end the walk. */
type Pace = (step: string) => void

/** The names of the rows that carry somebody's name, and the rows themselves. */
function namedRows(screen: Snapshot, { rowName }: Locators): { element: UiElement; name: string }[] {
  return (screen.list?.children ?? []).flatMap((element) => {
    const name = below(element).find(({ id }) => id === rowName)?.text
    return name === undefined ? [] : [{ element, name }]
  })
}

/**
 * How many rows at the top of a list are those at the bottom of the view before. Names that occur twice prove nothing,
 * so then none are skipped and the caller has to know again what it has seen.
 */
export function overlap(before: readonly string[], now: readonly string[]): number {
  if (new Set(before).size < before.length || new Set(now).size < now.length) return 0
  for (let shared = Math.min(before.length, now.length); shared > 0; shared--) {
    if (now.slice(0, shared).every((name, index) => name === before[before.length - shared + index])) return shared
  }
  return 0
}

/** Walks the list of contacts and reads each profile. */
export async function* readContacts(screen: AppScreen, locators: Locators, pace: Pace): AsyncGenerator<FoundContact> {
  await openTab(screen, '通讯录')
  await scrollToTop(screen)
  const seen = new Set<string>()
  let before: readonly string[] = []
  for (let windows = 0; windows < MOST_WINDOWS; windows++) {
    const view = await screen.waitFor('the list of contacts', (now) => (isHome(now) && now.list ? now : undefined))
    const names = namedRows(view, locators).map(({ name }) => name)
    for (let index = overlap(before, names); index < names.length; index++) {
      const name = names[index] ?? ''
      pace(name)
      const contact = await readRowProfile(screen, locators, { index, name })
      const key = contact.wechatId || JSON.stringify(contact)
      if (!seen.has(key)) {
        seen.add(key)
        yield contact
      }
    }
    before = names
    const area = view.list
    if (!area || !(await moreBelow(screen, area, view, locators))) return
  }
}

async function moreBelow(screen: AppScreen, area: UiElement, view: Snapshot, locators: Locators): Promise<boolean> {
  if (view.find(({ text, id }) => id === '' && locators.contactCount.test(text))) return false
  await screen.scroll(area.box, 'down')
  return (await screen.look()).source !== view.source
}

async function readRowProfile(
  screen: AppScreen,
  locators: Locators,
  row: { index: number; name: string },
): Promise<FoundContact> {
  const view = await screen.waitFor('the list of contacts', (now) => (isHome(now) && now.list ? now : undefined))
  const found = namedRows(view, locators)[row.index]
  if (found?.name !== row.name) throw new ScreenLost('the list of contacts moved')
  await screen.tapSeen(found.element)
  const { name: _name, ...contact } = await readProfile(screen, locators)
  await screen.back()
  return contact
}

/** Walks the list of groups; with members, opens each of them. */
export async function* readGroups(
  screen: AppScreen,
  locators: Locators,
  options: { withMembers: boolean; pace: Pace },
): AsyncGenerator<FoundGroup> {
  for (let position = 0; ; position++) {
    const row = await groupRow(screen, locators, position)
    if (!row) return
    options.pace(row.name)
    await screen.tapSeen(row.element)
    yield await readGroup(screen, locators, row.name, options.withMembers)
  }
}

/** The n-th group of the list, found by scrolling from its top. */
async function groupRow(
  screen: AppScreen,
  locators: Locators,
  position: number,
): Promise<{ element: UiElement; name: string } | undefined> {
  await openTab(screen, '通讯录')
  await scrollToTop(screen)
  await openRow(screen, '群聊')
  const isList = (now: Snapshot): Snapshot | undefined =>
    now.text('群聊') && now.image('返回') && now.list ? now : undefined
  let passed = 0
  let before: readonly string[] = []
  for (let windows = 0; windows < MOST_WINDOWS; windows++) {
    const view = await screen.waitFor('the list of groups', isList)
    const rows = namedRows(view, locators)
    const names = rows.map(({ name }) => name)
    const fresh = windows === 0 ? 0 : overlap(before, names)
    const wanted = rows[fresh + position - passed]
    if (wanted) return wanted
    if (view.find(({ text, id }) => id === '' && GROUP_COUNT.test(text)) || !view.list) return undefined
    passed += rows.length - fresh
    before = names
    await screen.scroll(view.list.box, 'down')
    if ((await screen.look()).source === view.source) return undefined
  }
  return undefined
}

async function readGroup(
  screen: AppScreen,
  locators: Locators,
  name: string,
  withMembers: boolean,
): Promise<FoundGroup> {
  await screen.tap('聊天信息', (seen) => (seen.input ? seen.image('聊天信息') : undefined))
  const info = await screen.waitFor('聊天信息 of the group', (seen) => {
    const count = /^聊天信息\((\d+)\)$/.exec(seen.find(({ id }) => id === locators.title)?.text ?? '')?.[1]
    return count === undefined ? undefined : { count: Number(count), all: seen.text(MEMBERS) !== undefined }
  })
  const members = withMembers ? await readMembers(screen, locators, info) : []
  await goHome(screen)
  return { name, memberCount: info.count, members, complete: withMembers && members.length === info.count }
}

async function readMembers(
  screen: AppScreen,
  locators: Locators,
  info: { count: number; all: boolean },
): Promise<string[]> {
  if (info.all) await screen.tap(MEMBERS, (seen) => seen.text(MEMBERS))
  const namesOn = (seen: Snapshot): string[] => seen.all(({ id }) => id === locators.member).map(({ text }) => text)
  await screen.waitFor('the members', (seen) =>
    !info.all || !seen.text(MEMBERS) ? namesOn(seen).length > 0 || undefined : undefined,
  )
  const members: string[] = []
  let before: readonly string[] = []
  for (let windows = 0; windows < MOST_WINDOWS; windows++) {
    const seen = await screen.look()
    const names = namesOn(seen)
    const shared = windows === 0 ? 0 : gridOverlap(before, names)
    members.push(...names.slice(shared))
    before = names
    if (members.length >= info.count || !seen.list) break
    await screen.scroll(seen.list.box, 'down')
    if ((await screen.look()).source === seen.source) break
  }
  return members
}

/** Largest overlap of two views of a grid: it was scrolled by less than its height. */
function gridOverlap(before: readonly string[], now: readonly string[]): number {
  for (let shared = Math.min(before.length, now.length) - 1; shared > 0; shared--) {
    if (now.slice(0, shared).every((name, index) => name === before[before.length - shared + index])) return shared
  }
  return 0
}
