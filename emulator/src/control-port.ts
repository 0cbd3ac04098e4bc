import { z } from 'zod'
import { FaultOrder } from './phone/faults.ts'
import type { Phone } from './phone/phone.ts'
import type { PhoneEnvironment } from './phone/phone-environment.ts'
import { partsOf, Routes } from './routing.ts'
import { explained, strictFields } from './schema.ts'
import { pageSource } from './webdriver/page-source.ts'
import type { Account } from './world/account.ts'
import type { World } from './world/world.ts'

const wechatId = z.string().min(1).max(100)
const name = z.string().min(1).max(200)
/** Empty is the same as none, as on a phone. */
const nameOrNone = name
  .or(z.literal(''))
  .optional()
  .transform((given) => given || undefined)
const Nothing = strictFields({})
const NewContacts = strictFields({
  contacts: z
    .array(
      strictFields({
        id: wechatId,
        nickname: name,
        remark: nameOrNone,
        region: nameOrNone,
        hideId: z.boolean().optional(),
      }),
    )
    .min(1),
})
const NewGroup = strictFields({ name, members: z.array(wechatId).min(1) })
const Members = strictFields({ members: z.array(wechatId).min(1) })
const NewMoment = strictFields({ author: wechatId, text: z.string().max(2000) })
const NewMessage = strictFields({ from: wechatId, text: z.string().min(1) })

/** What the control port answers to a wrong call. */
export class ControlError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

type Route = (names: readonly string[], body: unknown) => unknown

/** The emulator's control port: phones, their networks and faults, and the truth. */
export class ControlPort {
  readonly #phones: ReadonlyMap<string, Phone>
  readonly #world: World
  readonly #environment: PhoneEnvironment
  readonly #routes: Routes<Route>

  constructor(phones: ReadonlyMap<string, Phone>, world: World, environment: PhoneEnvironment) {
    this.#phones = phones
    this.#world = world
    this.#environment = environment
    this.#routes = new Routes({ ...this.#phoneRoutes(), ...this.#worldRoutes() })
  }

  /** Runs one call; throws ControlError with the HTTP status. A call that is refused has changed nothing. */
  handle(method: string, path: string, body: unknown): unknown {
    const parts = partsOf(path)
    if (!parts) throw new ControlError(400, `${path} holds a broken escape; write % as %25`)
    const found = this.#routes.find(method, parts)
    if ('handler' in found) return found.handler(found.names, body)
    if (found.methods.length > 0) throw new ControlError(405, `${path} knows ${found.methods.join(', ')} only`)
    throw new ControlError(404, `${path} is not known; paths begin with /phones, /world or /session`)
  }

  #phoneRoutes(): Record<string, Route> {
    return {
      'GET /phones': (_names, body) => {
        valid(Nothing, body)
        return [...this.#phones.values()].map(({ id, account, online, version }) => ({
          id,
          wechatId: account.wechatId,
          online,
          appVersion: version.name,
        }))
      },
      'POST /phones/:/offline': this.#onPhone(Nothing, (phone) => {
        phone.online = false
        this.#environment.cutNetwork(phone.id)
        return { id: phone.id, online: false }
      }),
      'POST /phones/:/online': this.#onPhone(Nothing, (phone) => {
        phone.online = true
        return { id: phone.id, online: true }
      }),
      'POST /phones/:/crash': this.#onPhone(Nothing, (phone) => this.#crash(phone)),
      'GET /phones/:/faults': this.#onPhone(Nothing, ({ id, faults }) => ({ id, faults: faults.list() })),
      'POST /phones/:/faults': this.#onPhone(FaultOrder, (phone, order) => this.#arm(phone, order)),
      'DELETE /phones/:/faults': this.#onPhone(Nothing, (phone) => {
        phone.recover()
        return { id: phone.id, faults: [] }
      }),
      'GET /phones/:/screen': this.#onPhone(Nothing, (phone) => ({
        activity: phone.activity,
        source: pageSource(phone.nodes(), phone.appPackage),
      })),
    }
  }

  #worldRoutes(): Record<string, Route> {
    const world = this.#world
    return {
      'GET /world': (_names, body) => {
        valid(Nothing, body)
        return world.view()
      },
      'POST /world/accounts/:/contacts': this.#onAccount(NewContacts, ({ wechatId: owner }, { contacts }) => {
        for (const contact of contacts) world.addContact(owner, contact)
        return { added: contacts.length }
      }),
      'DELETE /world/accounts/:/contacts/:': this.#onAccount(Nothing, (account, _body, contact = '') => {
        if (!account.contacts.has(contact)) throw new ControlError(404, `contact ${contact} does not exist`)
        world.removeContact(account.wechatId, contact)
        return { removed: 1 }
      }),
      'POST /world/accounts/:/groups': this.#onAccount(NewGroup, ({ wechatId: owner }, group) =>
        world.addGroup(group.name, [...new Set([owner, ...group.members])]),
      ),
      'POST /world/accounts/:/groups/:/members': this.#onAccount(Members, (account, { members }, group = '') => {
        if (!world.groupsOf(account).some(({ id }) => id === group)) {
          throw new ControlError(404, `group ${group} does not exist, or ${account.wechatId} is not in it`)
        }
        return world.joinGroup(group, members)
      }),
      'POST /world/accounts/:/moments': this.#onAccount(NewMoment, (_account, moment) =>
        world.post({ ...moment, images: [], visibility: 'ALL' }),
      ),
      'POST /world/accounts/:/messages': this.#onAccount(NewMessage, ({ wechatId: to }, { from, text }) =>
        world.send(from, { to }, { kind: 'TEXT', text }),
      ),
    }
  }

  /** What runs on the phone ends with it: its app, its connections and, where it is known, its agent. */
  #crash(phone: Phone): unknown {
    phone.terminate()
    this.#environment.cutNetwork(phone.id)
    return { id: phone.id, crashed: true, agentKilled: this.#environment.killAgent(phone.id) }
  }

  #arm(phone: Phone, order: FaultOrder): unknown {
    if (order.kind === 'AGENT_KILLED' && !this.#environment.knowsAgent(phone.id)) {
      throw new ControlError(
        409,
        `the agent of ${phone.id} is no process the emulator knows; it knows those that "npm start" runs`,
      )
    }
    phone.faults.add(order)
    // An agent at rest sends no commands, and its stream can be cut all the same.
    if (order.kind === 'STREAM_CUT' && phone.faults.take('STREAM_CUT')) this.#environment.cutNetwork(phone.id)
    return { id: phone.id, faults: phone.faults.list() }
  }

  #onPhone<T>(schema: z.ZodType<T>, run: (phone: Phone, body: T) => unknown): Route {
    return ([id = ''], body) => {
      const phone = this.#phones.get(id)
      if (!phone) throw new ControlError(404, `phone ${id} does not exist; GET /phones lists them`)
      return run(phone, valid(schema, body))
    }
  }

  #onAccount<T>(schema: z.ZodType<T>, run: (account: Account, body: T, name?: string) => unknown): Route {
    return ([id = '', below], body) => {
      const account = this.#world.account(id)
      if (!account) throw new ControlError(404, `account ${id} does not exist; GET /phones lists them as wechatId`)
      return run(account, valid(schema, body), below)
    }
  }
}

function valid<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body ?? {})
  if (result.success) return result.data
  throw new ControlError(400, explained(result.error))
}
