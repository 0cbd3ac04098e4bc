import type { FoundGroup } from '@muster/proto'
import type { AppScreen } from '../screen/app-screen.ts'
import { toTop, walkList, type ListPlace } from '../screen/list-walk.ts'
import { ScreenLost } from '../screen/screen-lost.ts'
import { below, type UiElement } from '../screen/snapshot.ts'
import { CONTACT_LIST, countOn, IncompleteList, namedRows, type Pace } from './contacts.ts'
import { goHome, openRow, openTab } from './home.ts'
import type { Locators } from './locators.ts'
import { groupTitle } from './search.ts'

const GROUP_COUNT = /^(\d+)个群聊$/
const MEMBERS = '查看全部群成员'
const TRIES = 3

const GROUP_LIST: ListPlace = {
  what: 'the list of groups',
  here: (seen) => seen.text('群聊') !== undefined && seen.image('返回') !== undefined && seen.list !== undefined,
}

/**
 * Walks the list of groups; with members, opens each of them. Throws IncompleteList unless they are as many as the list
 * says at its end.
 */
export async function* readGroups(
  screen: AppScreen,
  locators: Locators,
  options: { withMembers: boolean; pace: Pace },
): AsyncGenerator<FoundGroup> {
  const names = await groupNames(screen, locators)
  for (const [position, name] of names.entries()) {
    options.pace(name)
    await openGroup(screen, locators, position)
    await groupTitle(screen, locators, name)
    yield await readGroup(screen, locators, name, options.withMembers)
  }
}

async function openGroupList(screen: AppScreen): Promise<void> {
  await openTab(screen, '通讯录')
  await toTop(screen, CONTACT_LIST)
  await openRow(screen, '群聊')
}

async function groupNames(screen: AppScreen, locators: Locators): Promise<string[]> {
  await openGroupList(screen)
  const names: string[] = []
  let count: number | undefined
  for await (const { screen: view, rows, known } of walkList(screen, GROUP_LIST)) {
    names.push(...namedRows(rows.slice(known), locators).map(({ name }) => name))
    count = countOn(view, GROUP_COUNT)
    if (count !== undefined) break
  }
  if (count === names.length) return names
  throw new IncompleteList(`the list of groups says ${count ?? 'nothing'}, and ${names.length} were read`)
}

async function openGroup(screen: AppScreen, locators: Locators, position: number): Promise<void> {
  await openGroupList(screen)
  let passed = 0
  for await (const { rows, known } of walkList(screen, GROUP_LIST)) {
    const fresh = namedRows(rows.slice(known), locators)
    const wanted = fresh[position - passed]
    if (wanted) return await screen.tapSeen(wanted.label)
    passed += fresh.length
  }
  throw new ScreenLost('the list of groups became shorter')
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

/** The names of a group's members, as the phone shows them; read again when some are missing. */
async function readMembers(
  screen: AppScreen,
  locators: Locators,
  info: { count: number; all: boolean },
): Promise<string[]> {
  if (info.all) await screen.tap(MEMBERS, (seen) => seen.text(MEMBERS))
  const place: ListPlace = {
    what: 'the members',
    here: (seen) => namesIn(seen.list?.children ?? [], locators).length > 0 && !(info.all && seen.text(MEMBERS)),
  }
  let members: string[] = []
  for (let tries = 0; tries < TRIES && members.length !== info.count; tries++) {
    members = []
    await toTop(screen, place)
    for await (const { rows, known } of walkList(screen, place)) {
      members.push(...namesIn(rows.slice(known), locators))
      if (members.length >= info.count) break
    }
  }
  return members
}

const namesIn = (rows: readonly UiElement[], { member }: Locators): string[] =>
  rows.flatMap((row) => below(row).flatMap(({ id, text }) => (id === member ? text : [])))
