import { APP, driverError, LONG_PRESS_MS, type Box, type UiDriver } from './ui-driver.ts'

const ELEMENT_KEY = 'element-6066-11e4-a52e-4f735466cecf'

/** Runs a WebDriver command in this process and answers its value. */
export type Dispatch = (method: string, path: string, body?: unknown) => Promise<unknown>

/** A driver without a socket, so that one process can test many phones. Speaks the same commands as the other. */
export async function connectInProcess(dispatch: Dispatch, udid: string): Promise<UiDriver> {
  const session = await dispatch('POST', '/session', { capabilities: { alwaysMatch: { 'appium:udid': udid } } })
  const { sessionId, capabilities } = session as { sessionId: string; capabilities: Record<string, unknown> }
  const run = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    try {
      return (await dispatch(method, `/session/${sessionId}${path}`, body)) as T
    } catch (error) {
      throw driverError(error)
    }
  }
  const find = async (xpath: string): Promise<string> => {
    const found = await run<Record<string, string>>('POST', '/element', { using: 'xpath', value: xpath })
    return found[ELEMENT_KEY] ?? ''
  }
  const mobile = async <T>(name: string, argument: object): Promise<T> =>
    await run<T>('POST', '/execute/sync', { script: `mobile: ${name}`, args: [argument] })
  return {
    emulated: capabilities['muster:emulated'] === true,
    source: async () => await run<string>('GET', '/source'),
    tap: async (xpath) => await run('POST', `/element/${await find(xpath)}/click`, {}),
    longPress: async (xpath) => {
      await mobile('longClickGesture', { elementId: await find(xpath), duration: LONG_PRESS_MS })
    },
    replaceText: async (xpath, text) => {
      const element = await find(xpath)
      await run('POST', `/element/${element}/clear`, {})
      if (text !== '') await run('POST', `/element/${element}/value`, { text })
    },
    scroll: async ({ x, y, width, height }: Box, direction, percent) =>
      await mobile<boolean>('scrollGesture', { left: x, top: y, width, height, direction, percent }),
    back: async () => await run('POST', '/back', {}),
    hideKeyboard: async () => await mobile('hideKeyboard', {}),
    activateApp: async () => await mobile('activateApp', { appId: APP }),
    screenshot: async () => Buffer.from(await run<string>('GET', '/screenshot'), 'base64'),
    pushFile: async (path, bytes) =>
      await mobile('pushFile', { remotePath: path, payload: Buffer.from(bytes).toString('base64') }),
    close: async () => await run('DELETE', ''),
  }
}
