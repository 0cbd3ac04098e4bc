import WebDriver, { type Client } from 'webdriver'
import { APP, driverError, LONG_PRESS_MS, type Box, type UiDriver } from './ui-driver.ts'

const ELEMENT_KEY = 'element-6066-11e4-a52e-4f735466cecf'
const LIMIT_MS = 30_000

export interface WebDriverOptions {
  /** Of the Appium server or of an emulator, such as `http://127.0.0.1:8090`. */
  readonly url: string
  readonly udid: string
}

/** Opens a session with a WebDriver server. Throws DriverFailure when there is none, or it has no such phone. */
export async function connectWebDriver(options: WebDriverOptions): Promise<UiDriver> {
  const { protocol, hostname, port, pathname } = new URL(options.url)
  try {
    const client = await WebDriver.newSession({
      protocol: protocol.replace(':', ''),
      hostname,
      port: Number(port || (protocol === 'https:' ? 443 : 80)),
      path: pathname,
      logLevel: 'silent',
      connectionRetryTimeout: LIMIT_MS,
      // A command that is sent twice could touch twice.
      connectionRetryCount: 0,
      capabilities: {
        alwaysMatch: {
          platformName: 'Android',
          'appium:automationName': 'UiAutomator2',
          'appium:udid': options.udid,
          'appium:appPackage': APP,
          'appium:appActivity': '.ui.LauncherUI',
          'appium:noReset': true,
          'appium:fullReset': false,
          'appium:forceAppLaunch': false,
          'appium:newCommandTimeout': 0,
        },
        firstMatch: [{}],
      },
    })
    return new WebDriverDriver(client)
  } catch (error) {
    throw driverError(error)
  }
}

class WebDriverDriver implements UiDriver {
  readonly emulated: boolean
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
    const capabilities: object = client.capabilities
    this.emulated = 'muster:emulated' in capabilities && capabilities['muster:emulated'] === true
  }

  async source(): Promise<string> {
    return await this.#run(async (client) => await client.getPageSource())
  }

  async tap(xpath: string): Promise<void> {
    await this.#run(async (client) => await client.elementClick(await find(client, xpath)))
  }

  async longPress(xpath: string): Promise<void> {
    await this.#mobile('longClickGesture', async (client) => ({
      elementId: await find(client, xpath),
      duration: LONG_PRESS_MS,
    }))
  }

  async replaceText(xpath: string, text: string): Promise<void> {
    await this.#run(async (client) => {
      const element = await find(client, xpath)
      await client.elementClear(element)
      if (text !== '') await client.elementSendKeys(element, text)
    })
  }

  async scroll(area: Box, direction: 'up' | 'down', percent: number): Promise<boolean> {
    const { x: left, y: top, width, height } = area
    const more = await this.#mobile('scrollGesture', () => ({ left, top, width, height, direction, percent }))
    return more === true
  }

  async back(): Promise<void> {
    await this.#run(async (client) => await client.back())
  }

  async hideKeyboard(): Promise<void> {
    await this.#mobile('hideKeyboard', () => ({}))
  }

  async activateApp(): Promise<void> {
    await this.#mobile('activateApp', () => ({ appId: APP }))
  }

  async screenshot(): Promise<Uint8Array> {
    return await this.#run(async (client) => Buffer.from(await client.takeScreenshot(), 'base64'))
  }

  async pushFile(path: string, bytes: Uint8Array): Promise<void> {
    const payload = Buffer.from(bytes).toString('base64')
    await this.#mobile('pushFile', () => ({ remotePath: path, payload }))
  }

  async close(): Promise<void> {
    await this.#run(async (client) => await client.deleteSession())
  }

  async #mobile(name: string, argument: (client: Client) => object | Promise<object>): Promise<unknown> {
    return await this.#run(
      async (client) => (await client.executeScript(`mobile: ${name}`, [await argument(client)])) as unknown,
    )
  }

  async #run<T>(work: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await work(this.#client)
    } catch (error) {
      throw driverError(error)
    }
  }
}

async function find(client: Client, xpath: string): Promise<string> {
  const found: unknown = await client.findElement('xpath', xpath)
  const id = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[ELEMENT_KEY] : undefined
  if (typeof id === 'string') return id
  throw new Error(`no such element: ${xpath}`)
}
