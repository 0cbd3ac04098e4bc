import type { ExecutionContext } from 'ava'
import { startEmulator, type Emulator, type EmulatorOptions } from '@muster/emulator'

const ELEMENT_KEY = 'element-6066-11e4-a52e-4f735466cecf'

/** An emulator that ends with the test. */
export async function emulatorFor(t: ExecutionContext, options: Partial<EmulatorOptions> = {}): Promise<Emulator> {
  const emulator = await startEmulator({ phones: 1, ...options })
  t.teardown(async () => await emulator.close())
  return emulator
}

/** XPath of whatever shows exactly these words. */
export const words = (text: string): string => `//*[@text="${text}"]`
/** XPath of whatever is named so for screen readers. */
export const named = (desc: string): string => `//*[@content-desc="${desc}"]`

/** The hands of a test on an emulated phone: WebDriver commands without a socket. */
export class EmulatedPhone {
  readonly #emulator: Emulator
  readonly #session: string

  private constructor(emulator: Emulator, session: string) {
    this.#emulator = emulator
    this.#session = session
  }

  static async open(emulator: Emulator, id = 'phone-1'): Promise<EmulatedPhone> {
    const capabilities = { alwaysMatch: { 'appium:udid': id } }
    const made = (await emulator.dispatch('POST', '/session', { capabilities })) as { sessionId: string }
    return new EmulatedPhone(emulator, `/session/${made.sessionId}`)
  }

  async run(method: string, path: string, body?: unknown): Promise<unknown> {
    return await this.#emulator.dispatch(method, this.#session + path, body)
  }

  async mobile(name: string, argument: object): Promise<unknown> {
    return await this.run('POST', '/execute/sync', { script: `mobile: ${name}`, args: [argument] })
  }

  async source(): Promise<string> {
    return String(await this.run('GET', '/source'))
  }

  /** The id of the first element found. Throws WebDriverError. */
  async find(xpath: string): Promise<string> {
    const found = (await this.run('POST', '/element', { using: 'xpath', value: xpath })) as Record<string, string>
    return found[ELEMENT_KEY] ?? ''
  }

  /** An attribute of everything found, in the order of the screen. */
  async all(xpath: string, attribute: string): Promise<string[]> {
    const found = (await this.run('POST', '/elements', { using: 'xpath', value: xpath })) as Record<string, string>[]
    const read = found.map(async (one) => await this.run('GET', `/element/${one[ELEMENT_KEY]}/attribute/${attribute}`))
    return (await Promise.all(read)).map(String)
  }

  /** Touches one thing after the other. */
  async tap(...xpaths: readonly string[]): Promise<void> {
    for (const xpath of xpaths) await this.run('POST', `/element/${await this.find(xpath)}/click`, {})
  }

  async type(xpath: string, text: string): Promise<void> {
    const element = await this.find(xpath)
    await this.run('POST', `/element/${element}/clear`, {})
    await this.run('POST', `/element/${element}/value`, { text })
  }

  async back(times = 1): Promise<void> {
    for (let count = 0; count < times; count++) await this.run('POST', '/back', {})
  }

  async addPicture(name: string): Promise<void> {
    const payload = Buffer.from(name).toString('base64')
    await this.mobile('pushFile', { remotePath: `/sdcard/Pictures/${name}`, payload })
  }
}

/** Contacts of a phone's owner, numbered from 0. */
export const people = (count: number, from = 0): { id: string; nickname: string }[] =>
  Array.from({ length: count }, (_, index) => ({ id: `wxid_p${from + index}`, nickname: `朋友${from + index}` }))
