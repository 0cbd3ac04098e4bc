import type { FoundContact } from '@muster/proto'
import type { AppScreen } from '../screen/app-screen.ts'
import type { Snapshot } from '../screen/snapshot.ts'
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

/** From a profile to the conversation. */
export async function openMessages(screen: AppScreen): Promise<void> {
  await screen.tap(MESSAGE, (seen) => seen.button(MESSAGE))
}
