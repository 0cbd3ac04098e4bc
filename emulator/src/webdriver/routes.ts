import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { COMMAND_FAULTS, type Strike } from '../phone/faults.ts'
import type { Phone } from '../phone/phone.ts'
import { APP } from '../phone/phone.ts'
import type { PhoneEnvironment } from '../phone/phone-environment.ts'
import { SCREEN } from '../phone/ui.ts'
import { partsOf, Routes } from '../routing.ts'
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
    firstMatch: z.array(z.record(z.string(), z.unknown())).min(1).default([{}]),
  }),
})

interface Call {
  readonly session: Session
  /** Placeholders of the path, in order, after the session. */
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
const COMMANDS: Readonly<Record<string, Handler>> = {
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
    const name = call.arguments[1] ?? ''
    return Object.hasOwn(attributes, name) ? attributes[name] : null
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
  readonly #environment: PhoneEnvironment
  readonly #sessions = new Map<string, Session>()
  readonly #routes: Routes<(names: readonly string[], body: unknown) => unknown>

  constructor(phones: ReadonlyMap<string, Phone>, environment: PhoneEnvironment) {
    this.#phones = phones
    this.#environment = environment
    const commands = Object.entries(COMMANDS).map(([command, handler]) => {
      const [method, path] = command.split(' ')
      const run = async ([id = '', ...names]: readonly string[], body: unknown): Promise<unknown> =>
        await this.#run(id, () => handler({ session: this.#session(id), arguments: names, body }))
      return [`${method} /session/:${path}`, run] as const
    })
    this.#routes = new Routes({
      'GET /status': () => ({ ready: true, message: 'ready', build: { version: 'muster' } }),
      'GET /sessions': () => [...this.#sessions.values()].map(({ id, capabilities }) => ({ id, capabilities })),
      'POST /session': (_names, body) => this.#create(body),
      'DELETE /session/:': ([id = '']) => this.#end(this.#session(id)),
      ...Object.fromEntries(commands),
    })
  }

  /** Whether a path is one of this protocol. */
  owns(path: string): boolean {
    return /^\/(status|sessions?)(\/|$)/.test(path)
  }

  /** Runs one command; answers the `value` of the response. Throws WebDriverError. */
  async handle(method: string, path: string, body: unknown): Promise<unknown> {
    const parts = partsOf(path)
    if (!parts) throw new WebDriverError('invalid argument', `${path} holds a broken escape; write % as %25`)
    const found = this.#routes.find(method, parts)
    if ('handler' in found) return await found.handler(found.names, body)
    if (found.methods.length === 0) throw new WebDriverError('unknown command', `${method} ${path}`)
    throw new WebDriverError('unknown method', `${path} knows ${found.methods.join(', ')} only`)
  }

  async #run(id: string, command: () => unknown): Promise<unknown> {
    const { phone } = this.#session(id)
    const strikes = COMMAND_FAULTS.flatMap((kind) => phone.faults.take(kind) ?? [])
    for (const strike of strikes) if (strike.when === 'BEFORE') await this.#misbehave(phone, strike)
    try {
      return await command()
    } finally {
      for (const strike of strikes) if (strike.when === 'AFTER') await this.#misbehave(phone, strike)
    }
  }

  async #misbehave(phone: Phone, { kind, ms }: Strike): Promise<void> {
    if (kind === 'SLOW_SCREEN' || kind === 'HANG') await delay(ms, undefined, { ref: false })
    if (kind === 'STREAM_CUT') this.#environment.cutNetwork(phone.id)
    if (kind === 'AGENT_KILLED') {
      this.#environment.killAgent(phone.id)
      throw new WebDriverError('unknown error', 'the agent that asked was killed')
    }
    if (kind === 'HTTP_ERROR') {
      throw new WebDriverError(
        'unknown error',
        'Could not proxy command to the remote server. Original error: socket hang up',
      )
    }
  }

  #session(id: string): Session {
    const session = this.#sessions.get(id)
    if (session) return session
    throw new WebDriverError('invalid session id', `session ${id} does not exist or has ended`)
  }

  #end(session: Session): null {
    session.ended = true
    this.#sessions.delete(session.id)
    return null
  }

  #create(body: unknown): unknown {
    const { capabilities } = parse(NewSession, body)
    const wanted = { ...capabilities.alwaysMatch, ...capabilities.firstMatch[0] }
    const udid = wanted['appium:udid']
    const phone = typeof udid === 'string' ? this.#phones.get(udid) : undefined
    if (!phone) {
      const known = [...this.#phones.keys()].slice(0, 5).join(', ') || 'none'
      throw new WebDriverError(
        'session not created',
        `appium:udid: ${JSON.stringify(udid)} is no phone here; phones are ${known}`,
      )
    }
    // The driver runs once per phone, so a new session ends the one before.
    for (const session of this.#sessions.values()) if (session.phone === phone) this.#end(session)
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
