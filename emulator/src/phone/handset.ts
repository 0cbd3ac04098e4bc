import type { Moment, Visibility } from '../world/model.ts'
import type { Account } from '../world/account.ts'
import type { World } from '../world/world.ts'
import type { AppVersion } from './app-version.ts'
import type { Faults } from './faults.ts'
import type { UiNode } from './ui.ts'

/** One screen of the app. It is drawn anew at each look, so it always shows the world as it is. */
export interface Screen {
  /** Without the leading `com.tencent.mm.`. */
  readonly activity: string
  draw(): readonly UiNode[]
  /** Handles the back key; false leaves it to the phone, which closes the screen. */
  back?(): boolean
}

export type Choice = 'ALL' | 'PRIVATE' | 'INCLUDE' | 'EXCLUDE'

/** Makes the screens; screens open each other only through it. */
export interface ScreenFactory {
  home(): Screen
  search(): Screen
  chat(chatId: string): Screen
  chatRecords(name: string): Screen
  gallery(purpose: 'chat' | 'moment', onDone: (pictures: readonly string[]) => void): Screen
  contactInfo(chatId: string): Screen
  profile(contactId: string): Screen
  groupList(): Screen
  groupInfo(groupId: string): Screen
  groupMembers(groupId: string): Screen
  timeline(): Screen
  composer(pictures: readonly string[]): Screen
  visibility(current: Visibility, onDone: (chosen: Visibility) => void): Screen
  selectContacts(onDone: (ids: readonly string[]) => void): Screen
  /** Picks people for a group and makes it. */
  newGroup(): Screen
  groupName(groupId: string): Screen
  personMoments(wechatId: string): Screen
  momentDetail(momentId: Moment['id']): Screen
  settings(): Screen
  about(): Screen
}

/** What screens may do with the phone they are on. */
export interface Handset {
  readonly account: Account
  readonly world: World
  readonly version: AppVersion
  readonly screens: ScreenFactory
  readonly faults: Faults
  open(screen: Screen): void
  /** Closes the screen on top. */
  close(): void
  goHome(): void
  /** Lays a dialog over everything until one of its buttons is touched. */
  dialog(words: string, buttons: readonly (readonly [label: string, run: () => void])[]): void
  focus(input: string | undefined): void
  isFocused(input: string): boolean
  /** An effect on other people: refused with the app's own dialog while the account acts too often. */
  lastTap(effect: () => void): void
}
