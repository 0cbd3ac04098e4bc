import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Phone } from './phone/phone.ts'

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1'])

/**
 * The phones' network: an HTTP CONNECT proxy on which each phone's agent reaches the plane. A phone that is offline
 * loses its tunnels and gets no new ones. Only this machine can be reached.
 */
export class PhoneNetwork {
  readonly #phones: ReadonlyMap<string, Phone>
  readonly #tunnels = new Map<string, Set<Duplex>>()

  constructor(phones: ReadonlyMap<string, Phone>) {
    this.#phones = phones
  }

  /** Handles `CONNECT host:port`; the user name of the proxy's credentials is the phone's id. */
  tunnel(request: IncomingMessage, client: Duplex, head: Buffer): void {
    client.on('error', () => client.destroy())
    const phone = this.#phones.get(userOf(request.headers['proxy-authorization']))
    if (!phone) return refuse(client, '407 Proxy Authentication Required')
    if (!phone.online) return refuse(client, '503 Service Unavailable')
    const [, host = '', port = ''] = /^\[?([^\]]*)\]?:(\d+)$/.exec(request.url ?? '') ?? []
    if (!LOOPBACK.has(host)) return refuse(client, '403 Forbidden')
    const target = connect(Number(port), host)
    target.once('error', () => refuse(client, '502 Bad Gateway'))
    target.once('connect', () => this.#join(phone, { client, target, head }))
  }

  /** Breaks every connection of a phone at once, without a goodbye. */
  cut(phone: Phone): void {
    for (const end of this.#tunnels.get(phone.id) ?? []) end.destroy()
    this.#tunnels.delete(phone.id)
  }

  close(): void {
    for (const phone of this.#phones.values()) this.cut(phone)
  }

  #join(phone: Phone, ends: { client: Duplex; target: Socket; head: Buffer }): void {
    const { client, target, head } = ends
    // The phone may have lost its network while the target was being reached.
    if (!phone.online) {
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

function userOf(header: string | undefined): string {
  const encoded = /^Basic (.+)$/i.exec(header ?? '')?.[1] ?? ''
  return Buffer.from(encoded, 'base64').toString('utf8').split(':')[0] ?? ''
}

function refuse(client: Duplex, status: string): void {
  client.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
}
