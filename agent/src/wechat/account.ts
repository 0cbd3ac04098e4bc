import type { AccountState } from '@muster/proto'
import type { AppScreen } from '../screen/app-screen.ts'
import { goHome, openRow, openTab } from './home.ts'

const VERSION = /^版本 ?(\d+\.\d+\.\d+)/
const WECHAT_ID = /^微信号[：:]\s*(\S+)$/

/** Nobody is signed in, or nobody knows who. */
export const SIGNED_OUT: AccountState = {
  wechatId: '',
  nickname: '',
  loggedIn: false,
  appVersion: '',
  uiTree: 'full',
}

/** Reads whose account the phone is signed in to, one tap from the first screen. */
export async function readOwner(screen: AppScreen): Promise<Pick<AccountState, 'wechatId' | 'nickname'>> {
  await openTab(screen, '我')
  return await screen.waitFor('one’s own WeChat id', (seen) => {
    // Above it stands one's own name, which can be anything.
    const line = seen.all(({ text, cls }) => cls === 'TextView' && WECHAT_ID.test(text)).at(-1)
    const index = line ? seen.elements.indexOf(line) : -1
    const name = seen.elements
      .slice(0, Math.max(0, index))
      .findLast(({ cls, text }) => cls === 'TextView' && text !== '')
    return line && name ? { wechatId: WECHAT_ID.exec(line.text)?.[1] ?? '', nickname: name.text } : undefined
  })
}

/** Reads whose account the phone is signed in to, and which version the app has. */
export async function readAccount(screen: AppScreen): Promise<AccountState> {
  const owner = await readOwner(screen)
  await openRow(screen, '设置')
  await openRow(screen, '关于微信')
  const appVersion = await screen.waitFor('the app’s version', (seen) => {
    const line = seen.find(({ text, cls }) => cls === 'TextView' && VERSION.test(text))
    return line && VERSION.exec(line.text)?.[1]
  })
  await goHome(screen)
  return { ...owner, loggedIn: true, appVersion, uiTree: 'full' }
}
