import { z } from 'zod'
import { FaultOrder } from './phone/faults.ts'
import type { Phone } from './phone/phone.ts'
import { pageSource } from './webdriver/page-source.ts'
import type { World } from './world/world.ts'

const wechatId = z.string().min(1).max(100)
const name = z.string().min(1).max(200)
const NewContacts = z.strictObject({
  contacts: z
    .array(
      z.strictObject({
        id: wechatId,
        nickname: name,
        remark: name.optional(),
        region: name.optional(),
        hideId: z.boolean().optional(),
      }),
    )
    .min(1),
})
const NewGroup = z.strictObject({ name, members: z.array(wechatId).min(1) })
const NewMoment = z.strictObject({ author: wechatId, text: z.string().max(2000) })
const NewMessage = z.strictObject({ from: wechatId, text: z.string().min(1) })

/** What the control port answers to a wrong call. */
export class ControlError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** The emulator's control port: phones, their networks and faults, and the truth. */
export class ControlPort {
  readonly #phones: ReadonlyMap<string, Phone>
  readonly #world: World
  readonly #cutNetwork: (phone: Phone) => void

  /** @param cutNetwork closes the connections a phone has through its network */
  constructor(phones: ReadonlyMap<string, Phone>, world: World, cutNetwork: (phone: Phone) => void) {
    this.#phones = phones
    this.#world = world
    this.#cutNetwork = cutNetwork
  }

  /** Runs one call; throws ControlError with the HTTP status. */
  handle(method: string, path: string, body: unknown): unknown {
    const parts = path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent)
    if (method === 'GET' && path === '/phones') {
      return [...this.#phones.values()].map(({ id, account, online, version }) => ({
        id,
        wechatId: account.wechatId,
        online,
        appVersion: version.name,
      }))
    }
    if (method === 'GET' && path === '/world') return this.#world.view()
    if (parts[0] === 'phones' && parts.length === 3) return this.#onPhone(method, parts[1] ?? '', parts[2] ?? '', body)
    if (parts[0] === 'world' && parts[1] === 'accounts') return this.#onAccount(method, parts.slice(2), body)
    throw new ControlError(404, `${method} ${path} is not known`)
  }

  #onPhone(method: string, id: string, action: string, body: unknown): unknown {
    const phone = this.#phones.get(id)
    if (!phone) throw new ControlError(404, `phone ${id} does not exist`)
    switch (`${method} ${action}`) {
      case 'POST offline':
        phone.online = false
        this.#cutNetwork(phone)
        return { id, online: false }
      case 'POST online':
        phone.online = true
        return { id, online: true }
      case 'POST crash':
        phone.terminate()
        return { id, crashed: true }
      case 'POST faults': {
        const order = valid(FaultOrder, body)
        if (order.kind === 'STREAM_CUT') this.#cutNetwork(phone)
        else phone.faults.add(order)
        return { id, faults: phone.faults.list() }
      }
      case 'DELETE faults':
        phone.recover()
        return { id, faults: [] }
      case 'GET screen':
        return { activity: phone.activity, source: pageSource(phone.nodes(), phone.appPackage) }
      default:
        throw new ControlError(
          404,
          `${method} ${action} is not known; there are offline, online, crash, faults, screen`,
        )
    }
  }

  #onAccount(method: string, parts: readonly string[], body: unknown): unknown {
    const [id = '', what = '', rest = ''] = parts
    const account = this.#world.account(id)
    if (!account) throw new ControlError(404, `account ${id} does not exist`)
    switch (`${method} ${what}`) {
      case 'POST contacts': {
        const { contacts } = valid(NewContacts, body)
        for (const contact of contacts) this.#world.addContact(id, contact)
        return { added: contacts.length }
      }
      case 'DELETE contacts':
        if (!account.contacts.has(rest)) throw new ControlError(404, `contact ${rest} does not exist`)
        this.#world.removeContact(id, rest)
        return { removed: 1 }
      case 'POST groups': {
        const group = valid(NewGroup, body)
        return this.#world.addGroup(group.name, [...new Set([id, ...group.members])])
      }
      case 'POST moments': {
        const moment = valid(NewMoment, body)
        return this.#world.post({ ...moment, images: [], visibility: 'ALL' })
      }
      case 'POST messages': {
        const message = valid(NewMessage, body)
        return this.#world.send(message.from, { to: id }, { kind: 'TEXT', text: message.text })
      }
      default:
        throw new ControlError(404, `${method} ${what} is not known; there are contacts, groups, moments, messages`)
    }
  }
}

function valid<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body ?? {})
  if (result.success) return result.data
  throw new ControlError(400, z.prettifyError(result.error))
}
