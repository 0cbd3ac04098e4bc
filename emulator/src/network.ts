import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Phone } from './phone/phone.ts'

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1'])
const HIGHEST_PORT = 65_535

/**
 * The phones' network: an HTTP CONNECT proxy on which each phone's agent reaches the plane. A phone that is offline
 * loses its tunnels and gets no new ones. Only this machine can be reached.
 */
export class PhoneNetwork {
  readonly #phones: ReadonlyMap<string, Phone>
  readonly #tunnels = new Map<string, Set<Duplex>>()
  /** Every connection that asked for a tunnel and is still open, whatever came of it. */
  readonly #clients = new Set<Duplex>()

  constructor(phones: ReadonlyMap<string, Phone>) {
    this.#phones = phones
  }

  /** Handles `CONNECT host:port`; the user name of the proxy's credentials is the phone's id. */
  tunnel(request: IncomingMessage, client: Duplex, head: Buffer): void {
    this.#clients.add(client)
    client.once('close', () => this.#clients.delete(client))
    client.on('error', () => client.destroy())
    const phone = this.#phones.get(userOf(request.headers['proxy-authorization']))
    if (!phone) return refuse(client, '407 Proxy Authentication Required')
    if (!phone.online) return refuse(client, '503 Service Unavailable')
    const target = targetOf(request.url ?? '')
    if (!target) return refuse(client, '400 Bad Request')
    if (!LOOPBACK.has(target.host)) return refuse(client, '403 Forbidden')
    const socket = connect(target.port, target.host)
    const failed = (): void => refuse(client, '502 Bad Gateway')
    socket.once('error', failed)
    socket.once('connect', () => {
      socket.off('error', failed)
      this.#join(phone, { client, target: socket, head })
    })
  }

  /** Breaks every connection of a phone at once, without a goodbye. */
  cut(phoneId: string): void {
    for (const end of this.#tunnels.get(phoneId) ?? []) end.destroy()
    this.#tunnels.delete(phoneId)
  }

  close(): void {
    for (const id of this.#phones.keys()) this.cut(id)
    for (const client of this.#clients) client.destroy()
  }

  #join(phone: Phone, ends: { client: Duplex; target: Socket; head: Buffer }): void {
    const { client, target, head } = ends
    // Either may have gone while the target was being reached: the phone its network, the client altogether.
    if (!phone.online || client.destroyed) {
      target.destroy()
      return refuse(client, '503 Service Unavailable')
    }
    const open = this.#tunnels.get(phone.id) ?? new Set<Duplex>()
    this.#tunnels.set(phone.id, open)
    for (const [end, other] of [
      [client, target],
      [target, client],
    ] as const) {
      open.add(end)
      end.on('error', () => end.destroy())
      end.once('close', () => {
        open.delete(end)
        other.destroy()
      })
    }
    client.write('HTTP/1.1 200 Connection established\r\n\r\n')
    if (head.length > 0) target.write(head)
    client.pipe(target).pipe(client)
  }
}

function targetOf(authority: string): { host: string; port: number } | undefined {
  const [, host, port] = /^\[?([^\]]*)\]?:(\d{1,5})$/.exec(authority) ?? []
  const number = Number(port)
  return host === undefined || number < 1 || number > HIGHEST_PORT ? undefined : { host, port: number }
}

function userOf(header: string | undefined): string {
  const encoded = /^Basic (.+)$/i.exec(header ?? '')?.[1] ?? ''
  return Buffer.from(encoded, 'base64').toString('utf8').split(':')[0] ?? ''
}

/** A refused client that does not hang up must not hold the emulator when it closes. */
function refuse(client: Duplex, status: string): void {
  if (client.destroyed || client.writableEnded) return
  client.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`, () => client.destroy())
}
