import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { Phone } from '../phone/phone.ts'
import { APP } from '../phone/phone.ts'
import { SCREEN } from '../phone/ui.ts'
import { WebDriverError } from './error.ts'
import { Actions, parse, performActions } from './gestures.ts'
import { execute, pushFile } from './mobile.ts'
import { attributesOf } from './page-source.ts'
import { screenshot } from './screenshot.ts'
import { Session } from './session.ts'

const Locator = z.looseObject({ using: z.string(), value: z.string() })
const Typed = z.looseObject({ text: z.string() })
const NewSession = z.looseObject({
  capabilities: z.looseObject({
    alwaysMatch: z.record(z.string(), z.unknown()).default({}),
    firstMatch: z.array(z.record(z.string(), z.unknown())).default([{}]),
  }),
})

interface Call {
  readonly session: Session
  /** Placeholders of the path, in order, after the session's. */
  readonly arguments: readonly string[]
  readonly body: unknown
}
type Handler = (call: Call) => unknown

const rect = ([x, y, width, height]: readonly [number, number, number, number]): object => ({ x, y, width, height })
const first = (call: Call): string => call.arguments[0] ?? ''
const found = (call: Call, one: boolean, below?: string): Promise<unknown> => {
  const { using, value } = parse(Locator, call.body)
  return one ? call.session.findOne(using, value, below) : call.session.find(using, value, below)
}
const flag =
  (read: (node: { enabled?: boolean | undefined; selected?: boolean | undefined }) => boolean): Handler =>
  (call) =>
    read(call.session.element(first(call)).node)

/** Commands below `/session/{id}`; `:` stands for one element or name. */
const ROUTES: Readonly<Record<string, Handler>> = {
  'GET ': ({ session }) => session.capabilities,
  'GET /source': ({ session }) => session.source(),
  'GET /screenshot': ({ session }) => screenshot(session.phone.nodes()),
  'POST /element': (call) => found(call, true),
  'POST /elements': (call) => found(call, false),
  'GET /element/active': ({ session }) => session.focused(),
  'POST /element/:/element': (call) => found(call, true, first(call)),
  'POST /element/:/elements': (call) => found(call, false, first(call)),
  'POST /element/:/click': (call) => done(call.session.click(first(call))),
  'POST /element/:/clear': (call) => done(call.session.type(first(call), '', false)),
  'POST /element/:/value': (call) => done(call.session.type(first(call), parse(Typed, call.body).text, true)),
  'GET /element/:/text': (call) => call.session.element(first(call)).node.text ?? '',
  'GET /element/:/name': (call) => attributesOf(call.session.element(first(call)), APP)['class'],
  'GET /element/:/rect': (call) => rect(call.session.element(first(call)).node.box),
  'GET /element/:/displayed': (call) => Boolean(call.session.element(first(call))),
  'GET /element/:/enabled': flag((node) => node.enabled ?? true),
  'GET /element/:/selected': flag((node) => node.selected ?? false),
  'GET /element/:/attribute/:': (call) => {
    const attributes = attributesOf(call.session.element(first(call)), call.session.phone.appPackage)
    return attributes[call.arguments[1] ?? ''] ?? null
  },
  'POST /actions': (call) => done(performActions(call.session, parse(Actions, call.body))),
  'DELETE /actions': () => null,
  'POST /back': ({ session }) => done(session.phone.back()),
  'POST /execute/sync': ({ session, body }) => {
    const { script, args } = parse(z.looseObject({ script: z.string(), args: z.array(z.unknown()).default([]) }), body)
    return execute(session, script, args[0])
  },
  'POST /timeouts': ({ session, body }) => {
    const { implicit } = parse(z.looseObject({ implicit: z.number().min(0).optional() }), body)
    if (implicit !== undefined) session.implicitWaitMs = implicit
    return null
  },
  'GET /timeouts': ({ session }) => ({ script: 30_000, pageLoad: 300_000, implicit: session.implicitWaitMs }),
  'GET /appium/settings': ({ session }) => session.settings,
  'POST /appium/settings': ({ session, body }) => {
    const { settings } = parse(z.looseObject({ settings: z.record(z.string(), z.unknown()) }), body)
    session.settings = { ...session.settings, ...settings }
    return null
  },
  'GET /orientation': () => 'PORTRAIT',
  'GET /window/rect': () => rect([0, 0, SCREEN.width, SCREEN.height]),
  'POST /appium/device/push_file': ({ session, body }) => {
    const { path, data } = parse(z.looseObject({ path: z.string(), data: z.base64() }), body)
    return done(pushFile(session, path, data))
  },
  'GET /appium/device/current_activity': ({ session }) => session.phone.activity.replace(`${APP}.`, '.'),
  'GET /appium/device/current_package': ({ session }) => session.phone.appPackage,
}

/** WebDriver answers null where there is nothing to say. */
const done = (result: void): null => result ?? null

/** The W3C WebDriver protocol with the extensions of Appium's UiAutomator2 driver, for all phones of one emulator. */
export class WebDriverServer {
  readonly #phones: ReadonlyMap<string, Phone>
  readonly #sessions = new Map<string, Session>()

  constructor(phones: ReadonlyMap<string, Phone>) {
    this.#phones = phones
  }

  /** Whether a path is one of this protocol. */
  owns(path: string): boolean {
    return path === '/status' || path === '/sessions' || path === '/session' || path.startsWith('/session/')
  }

  /** Runs one command; answers the `value` of the response. Throws WebDriverError. */
  async handle(method: string, path: string, body: unknown): Promise<unknown> {
    if (path === '/status') return { ready: true, message: 'ready', build: { version: 'muster' } }
    if (path === '/sessions') return [...this.#sessions.values()].map(({ id, capabilities }) => ({ id, capabilities }))
    if (path === '/session') {
      if (method !== 'POST') throw new WebDriverError('unknown method', `${method} ${path}`)
      return this.#create(body)
    }
    const [id = '', ...rest] = path.slice('/session/'.length).split('/')
    const session = this.#sessions.get(id)
    if (!session) throw new WebDriverError('invalid session id', `session ${id} does not exist or has ended`)
    if (method === 'DELETE' && rest.length === 0) {
      this.#sessions.delete(id)
      return null
    }
    return await this.#run(session, method, rest, body)
  }

  async #run(session: Session, method: string, rest: readonly string[], body: unknown): Promise<unknown> {
    await misbehave(session.phone)
    const found = match(method, rest)
    if (!found) throw new WebDriverError('unknown command', `${method} /${rest.join('/')}`)
    return await found.handler({ session, arguments: found.arguments, body })
  }

  #create(body: unknown): unknown {
    const { capabilities } = parse(NewSession, body)
    const wanted = { ...capabilities.alwaysMatch, ...capabilities.firstMatch[0] }
    const udid = wanted['appium:udid']
    const phone = typeof udid === 'string' ? this.#phones.get(udid) : undefined
    if (!phone) {
      const known = [...this.#phones.keys()].slice(0, 5).join(', ')
      throw new WebDriverError(
        'session not created',
        `appium:udid: ${String(udid)} is no phone here; there are ${known} …`,
      )
    }
    // The driver runs once per phone, so a new session ends the one before.
    for (const [id, session] of this.#sessions) if (session.phone === phone) this.#sessions.delete(id)
    const session = new Session(phone, {
      platformName: 'Android',
      'appium:automationName': 'UiAutomator2',
      'appium:udid': phone.id,
      'appium:deviceName': phone.id,
      'appium:appPackage': APP,
      'appium:platformVersion': '13',
      // No phone but an emulated one says so.
      'muster:emulated': true,
    })
    this.#sessions.set(session.id, session)
    phone.activate()
    return { sessionId: session.id, capabilities: session.capabilities }
  }
}

const TEMPLATES = Object.entries(ROUTES).map(([route, handler]) => {
  const [method = '', path = ''] = route.split(' ')
  return { method, parts: path.split('/').filter((part) => part !== ''), handler }
})

function match(method: string, rest: readonly string[]): { handler: Handler; arguments: string[] } | undefined {
  for (const { method: wanted, parts, handler } of TEMPLATES) {
    if (wanted !== method || parts.length !== rest.length) continue
    if (!parts.every((part, index) => part === ':' || part === rest[index])) continue
    return { handler, arguments: rest.filter((_, index) => parts[index] === ':').map(decodeURIComponent) }
  }
  return undefined
}

/** Faults that hit any command. */
async function misbehave(phone: Phone): Promise<void> {
  const slow = phone.faults.take('SLOW_SCREEN') ?? phone.faults.take('HANG')
  if (slow) await delay(slow.ms)
  if (phone.faults.take('HTTP_ERROR')) {
    throw new WebDriverError(
      'unknown error',
      'Could not proxy command to the remote server. Original error: socket hang up',
    )
  }
}
