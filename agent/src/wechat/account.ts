import type { AccountState } from '@muster/proto'
import { AgentError } from '@muster/sdk/agent'
import type { AppScreen } from '../screen/app-screen.ts'
import { goHome, openRow, openTab } from './home.ts'

const VERSION = /^版本 ?(\d+\.\d+\.\d+)/
const WECHAT_ID = /^微信号[：:]\s*(\S+)$/
const EMPTY: AccountState = { wechatId: '', nickname: '', loggedIn: false, appVersion: '', uiTree: 'full' }

/**
 * Reads whose account the phone is signed in to and which version the app has. An account that is signed out, or an
 * app that hides its nodes, is an answer and no error.
 */
export async function readAccount(screen: AppScreen): Promise<AccountState> {
  try {
    await openTab(screen, '我')
    const own = await screen.waitFor('one’s own WeChat id', (seen) => {
      const line = seen.find(({ text, cls }) => cls === 'TextView' && WECHAT_ID.test(text))
      const index = line ? seen.elements.indexOf(line) : -1
      const name = seen.elements
        .slice(0, Math.max(0, index))
        .findLast(({ cls, text }) => cls === 'TextView' && text !== '')
      return line && name ? { wechatId: WECHAT_ID.exec(line.text)?.[1] ?? '', nickname: name.text } : undefined
    })
    await openRow(screen, '设置')
    await openRow(screen, '关于微信')
    const appVersion = await screen.waitFor('the app’s version', (seen) => {
      const line = seen.find(({ text, cls }) => cls === 'TextView' && VERSION.test(text))
      return line && VERSION.exec(line.text)?.[1]
    })
    await goHome(screen)
    return { ...own, loggedIn: true, appVersion, uiTree: 'full' }
  } catch (error) {
    if (error instanceof AgentError && error.code === 'LOGIN_REQUIRED') return EMPTY
    if (error instanceof AgentError && error.code === 'UI_TREE_EMPTY')
      return { ...EMPTY, loggedIn: true, uiTree: 'empty' }
    throw error
  }
}
