import { AgentError } from '@muster/sdk/agent'
import type { FoundContact, Receiver } from '@muster/proto'
import type { AppScreen } from '../screen/app-screen.ts'
import { ScreenLost } from '../screen/screen-lost.ts'
import type { Snapshot, UiElement } from '../screen/snapshot.ts'
import { labelOn } from './labels.ts'
import type { Locators } from './locators.ts'

const MESSAGE = '发消息'
const STRANGER = '添加到通讯录'

/** Reads 详细资料 when it is on the screen. */
export function profileOn(
  screen: Snapshot,
  { rowName, rowDetail }: Locators,
): (FoundContact & { name: string }) | undefined {
  if (!screen.button(MESSAGE) && !screen.button(STRANGER)) return undefined
  const name = screen.find((element) => element.id === rowName)?.text
  if (name === undefined) return undefined
  const lines = screen.all((element) => element.id === rowDetail).map((element) => element.text)
  const value = (label: string): string => lines.find((line) => line.startsWith(label))?.slice(label.length) ?? ''
  const nickname = value('昵称：')
  return {
    name,
    wechatId: value('微信号：'),
    nickname: nickname === '' ? name : nickname,
    remark: nickname === '' ? '' : name,
    region: value('地区：'),
  }
}

/** Waits for a profile. Throws ScreenLost. */
export const readProfile = async (screen: AppScreen, locators: Locators): Promise<FoundContact & { name: string }> =>
  await screen.waitFor('a profile', (seen) => profileOn(seen, locators))

/** From the 聊天信息 of a conversation to the profile. */
export async function openProfile(screen: AppScreen, locators: Locators): Promise<FoundContact & { name: string }> {
  await screen.tap('the face', (seen) =>
    !seen.input && labelOn(seen, locators, '查找聊天记录') ? faceOn(seen) : undefined,
  )
  return await readProfile(screen, locators)
}

/** As `openProfile`, which alone tells people of one name apart. Throws ScreenLost when it is not the person looked for. */
export async function openProfileOf(screen: AppScreen, locators: Locators, person: Receiver): Promise<void> {
  const { name, wechatId, nickname } = await openProfile(screen, locators)
  if (person.wechatId !== '') {
    if (wechatId === person.wechatId) return
    throw new ScreenLost(`the profile of ${wechatId || 'somebody'} opened instead of ${person.wechatId}`)
  }
  if (person.nickname !== '' && nickname !== person.nickname)
    throw new AgentError('CONTACT_NOT_FOUND', `"${name}" is not called "${person.nickname}" any more`)
}

const faceOn = (screen: Snapshot): UiElement | undefined =>
  screen.find((element) => element.cls === 'ImageView' && element.desc.endsWith('头像'))

/** From a profile to the conversation. */
export async function openMessages(screen: AppScreen): Promise<void> {
  await screen.tap(MESSAGE, (seen) => seen.button(MESSAGE))
}
