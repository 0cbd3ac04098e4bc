import type { Receiver } from '@muster/proto'
import type { AppScreen } from '../screen/app-screen.ts'
import { below, type Snapshot, type UiElement } from '../screen/snapshot.ts'
import { labelOn } from './labels.ts'
import type { Locators } from './locators.ts'
import { openMessages, openProfileOf } from './profile.ts'
import { openFoundGroup, openFoundPerson } from './search.ts'
import type { Shown } from './settle.ts'

const SEND = '发送'
const MORE = ['更多功能按钮，已折叠', '更多功能按钮']

/** The conversation on the screen, by its title; undefined on any other screen. */
export function chatTitle(screen: Snapshot, { title }: Locators): string | undefined {
  return screen.image('聊天信息') && screen.input ? screen.find((element) => element.id === title)?.text : undefined
}

/**
 * Opens the conversation with a receiver and makes sure that it is this person's and nobody else's: names on the
 * screen can be anything, so a WeChat id is read back from the profile. Answers the title to hold on to.
 */
export async function openChat(screen: AppScreen, locators: Locators, receiver: Receiver): Promise<string> {
  if (receiver.isGroup) {
    const { name } = await openFoundGroup(screen, locators, receiver)
    return await waitForChat(screen, locators, name)
  }
  const { name } = await openFoundPerson(screen, locators, receiver)
  await waitForChat(screen, locators, name)
  await screen.tap('聊天信息', (seen) => (chatTitle(seen, locators) === name ? seen.image('聊天信息') : undefined))
  await openProfileOf(screen, locators, receiver)
  await openMessages(screen)
  return await waitForChat(screen, locators, name)
}

async function waitForChat(screen: AppScreen, locators: Locators, name: string): Promise<string> {
  return await screen.waitFor(`the conversation "${name}"`, (seen) =>
    chatTitle(seen, locators) === name ? name : undefined,
  )
}

/** What the conversation shows, the newest last; undefined on any other screen. */
export function shownIn(screen: Snapshot, locators: Locators, title: string): Shown | undefined {
  const area = screen.list
  if (!area || chatTitle(screen, locators) !== title) return undefined
  const { bubble, picture } = locators
  const middle = area.box.x + area.box.width / 2
  const rows = area.children.flatMap((row) => {
    const parts = below(row)
    const avatar = parts.find((part) => part.desc.endsWith('头像'))
    const own = avatar !== undefined && avatar.box.x > middle
    const text = parts.find((part) => part.id === bubble)
    if (text) return [messageRow(own, text.text)]
    return parts.some((part) => part.id === picture) ? [pictureRow(own)] : []
  })
  const last = area.children.at(-1)
  const room = last ? area.box.y + area.box.height - (last.box.y + last.box.height) : area.box.height
  return { rows, whole: !last || room >= last.box.height }
}

export const messageRow = (own: boolean, text: string): string => `${own ? 'own' : 'other'} text ${text}`
export const pictureRow = (own: boolean): string => `${own ? 'own' : 'other'} picture`

/** The field to write in, once this conversation is on the screen. */
const inputOf =
  (locators: Locators, title: string) =>
  (screen: Snapshot): UiElement | undefined =>
    chatTitle(screen, locators) === title ? screen.input : undefined

/** Writes a text into the conversation's field, in place of whatever was left there. */
export async function writeText(screen: AppScreen, locators: Locators, title: string, text: string): Promise<void> {
  await screen.fill('the message field', inputOf(locators, title), text)
  await screen.waitFor(SEND, (seen) => readyToSend(seen, locators, title, text))
}

/** The button, only while the right text stands in the right conversation. */
export const readyToSend = (screen: Snapshot, locators: Locators, title: string, text: string): UiElement | undefined =>
  inputOf(locators, title)(screen)?.text === text ? screen.button(SEND) : undefined

/** Whether nothing is left to be sent in the conversation's field. */
export const isFieldEmpty = (screen: Snapshot, locators: Locators, title: string): boolean => {
  const input = inputOf(locators, title)(screen)
  return input !== undefined && (input.text === '' || input.text === input.hint)
}

/** From the conversation to the picture picker. */
export async function openGallery(screen: AppScreen, locators: Locators, title: string): Promise<void> {
  const inChat = inputOf(locators, title)
  const album = (seen: Snapshot): UiElement | undefined => (inChat(seen) ? labelOn(seen, locators, '相册') : undefined)
  await screen.fill('the message field', inChat, '')
  if (!album(await screen.look())) {
    await screen.tap('更多功能', (seen) =>
      inChat(seen) ? MORE.map((desc) => seen.image(desc)).find((found) => found) : undefined,
    )
  }
  await screen.tap('相册', album)
}
