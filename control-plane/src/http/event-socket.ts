import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Authenticator } from '../auth/service.ts'
import type { EventLog, PublishedEvent } from '../ports.ts'

const PATH = '/api/v1/ws'
/** A reader this far behind is cut off; it comes back with its last `seq` and misses nothing. */
const LARGEST_BACKLOG_BYTES = 8 * 1024 * 1024
const PING_MS = 30_000

/** Serves `GET /api/v1/ws?token=&since=`: each state change once, in order. */
export class EventSocket {
  readonly #deps: { readonly auth: Authenticator; readonly events: EventLog; readonly log: Logger }
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 })
  readonly #pings: NodeJS.Timeout

  constructor(deps: { auth: Authenticator; events: EventLog; log: Logger }) {
    this.#deps = deps
    this.#pings = setInterval(() => this.#pingAll(), PING_MS)
    this.#pings.unref()
  }

  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => {
      this.#upgrade(request, socket, head).catch((error: unknown) => {
        this.#deps.log.info({ err: error }, 'event socket refused')
        socket.destroy()
      })
    })
  }

  close(): void {
    clearInterval(this.#pings)
    for (const socket of this.#sockets.clients) socket.close(1001, 'the server is going away')
    this.#sockets.close()
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://host')
    if (url.pathname !== PATH) return refuse(socket, 404, 'Not Found')
    const sinceText = url.searchParams.get('since')
    const since = sinceText === null ? undefined : Number(sinceText)
    if (since !== undefined && (!Number.isSafeInteger(since) || since < 0)) return refuse(socket, 400, 'Bad Request')
    const token = url.searchParams.get('token')
    const authorization = token === null ? (request.headers.authorization ?? '') : `Bearer ${token}`
    const user = await this.#deps.auth.verify(authorization).catch(() => undefined)
    if (!user) return refuse(socket, 401, 'Unauthorized')
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      this.#serve(client, since).catch((error: unknown) => {
        this.#deps.log.warn({ err: error }, 'event socket failed')
        client.terminate()
      })
    })
  }

  async #serve(client: WebSocket, since: number | undefined): Promise<void> {
    client.on('error', () => client.terminate())
    const send = (events: readonly PublishedEvent[]): void => {
      if (client.bufferedAmount > LARGEST_BACKLOG_BYTES) return client.terminate()
      for (const event of events) client.send(JSON.stringify(event))
    }
    const subscription = await this.#deps.events.subscribe(since, send)
    if (client.readyState === client.OPEN) client.on('close', () => subscription.close())
    else subscription.close()
  }

  #pingAll(): void {
    for (const client of this.#sockets.clients) client.ping()
  }
}

function refuse(socket: Duplex, status: number, text: string): void {
  socket.end(`HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
