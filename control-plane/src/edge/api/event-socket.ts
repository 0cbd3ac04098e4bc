import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Middleware } from 'koa'
import type { Logger } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Authenticator } from '../../records/auth/service.ts'
import { invalid, MusterError } from '../../infra/errors.ts'
import type { EventLog, PublishedEvent } from '../../ports.ts'
import { asMusterError, envelopeOf } from '../../http/envelope.ts'
import { readOnly } from '../../http/methods.ts'

const PATH = '/api/v1/ws'
/** With more than this waiting to be sent to a client, further events stay in the event log. */
const MOST_WAITING_BYTES = 256 * 1024
const PING_MS = 30_000
const LARGEST_MESSAGE_BYTES = 1024
/** Private codes begin at 4000; 4401 stands for HTTP's 401. */
const CLOSE = { goingAway: 1001, tryAgainLater: 1013, tokenEnded: 4401 } as const

export interface EventSocketDeps {
  readonly auth: Authenticator
  readonly events: EventLog
  readonly log: Logger
  /** How often a client is pinged, and how long it has to answer, in milliseconds. @default 30_000 */
  readonly pingMs?: number
}

/** The WebSocket at `GET /api/v1/ws?token=&since=`. A client gets each state change once, in order. */
export class EventSocket {
  readonly #deps: EventSocketDeps
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE_BYTES })
  /** Clients that have not answered the last ping yet. */
  readonly #silent = new WeakSet<WebSocket>()
  readonly #pings: NodeJS.Timeout

  constructor(deps: EventSocketDeps) {
    this.#deps = deps
    this.#pings = setInterval(() => this.#pingAll(), deps.pingMs ?? PING_MS)
    this.#pings.unref()
  }

  /** Serves the WebSocket upgrades of a server. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy())
      this.#upgrade(request, socket, head).catch((error: unknown) => refuse(socket, asMusterError(error)))
    })
  }

  /** Closes every client with 1001. */
  close(): void {
    clearInterval(this.#pings)
    for (const client of this.#sockets.clients) client.close(CLOSE.goingAway, 'the server is going away')
    this.#sockets.close()
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = URL.parse(request.url ?? '/', 'http://host')
    if (url?.pathname !== PATH) throw new MusterError('NOT_FOUND', `there is no WebSocket here; it is at ${PATH}`)
    const since = url.searchParams.get('since') || undefined
    if (since !== undefined && !/^\d{1,15}$/.test(since))
      throw invalid('since: is not a sequence number; send the seq of the last event you have')
    const token = url.searchParams.get('token')
    const authorization = token === null ? (request.headers.authorization ?? '') : `Bearer ${token}`
    await this.#deps.auth.verify(authorization)
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      this.#serve(client, authorization, since === undefined ? undefined : Number(since)).catch((error: unknown) => {
        this.#deps.log.info({ err: error }, 'event socket ended')
        client.close(CLOSE.tokenEnded, 'the token has ended; come back with a new one')
      })
    })
  }

  async #serve(client: WebSocket, authorization: string, since: number | undefined): Promise<void> {
    client.on('error', () => client.terminate())
    client.on('pong', () => this.#silent.delete(client))
    const watch = await this.#deps.auth.watch(authorization, () =>
      client.close(CLOSE.tokenEnded, 'the token has ended; come back with a new one and since'),
    )
    const subscription = this.#deps.events.subscribe(since, (events) => deliver(client, events))
    const end = (): void => {
      subscription.close()
      watch.stop()
    }
    if (client.readyState === client.OPEN) client.once('close', end)
    else end()
  }

  #pingAll(): void {
    for (const client of this.#sockets.clients) {
      if (this.#silent.has(client)) drop(client)
      else {
        this.#silent.add(client)
        client.ping()
      }
    }
  }
}

/** Refuses a plain request to the WebSocket's path with UPGRADE_REQUIRED. */
export function upgradeRequired(): Middleware {
  const refusePlain = (): never => {
    throw new MusterError('UPGRADE_REQUIRED', 'Upgrade: is missing; open this address as a WebSocket')
  }
  return readOnly(new Map([[PATH, refusePlain]]))
}

/** Sends the events. Returns a promise, settled when they are sent, for a client that reads too slowly. */
function deliver(client: WebSocket, events: readonly PublishedEvent[]): Promise<void> | undefined {
  const sent = Promise.withResolvers<void>()
  events.forEach((event, at) =>
    // The last event is sent once all before it are. An error also resolves: then the client is gone.
    client.send(JSON.stringify(event), at === events.length - 1 ? () => sent.resolve() : undefined),
  )
  return client.bufferedAmount > MOST_WAITING_BYTES ? sent.promise : undefined
}

/** Ends a client that did not answer: one with unread events is slow and told to come back, any other is dead. */
function drop(client: WebSocket): void {
  if (client.bufferedAmount === 0 || client.readyState !== client.OPEN) client.terminate()
  else client.close(CLOSE.tryAgainLater, 'too slow; come back with since')
}

function refuse(socket: Duplex, error: MusterError): void {
  const body = JSON.stringify(envelopeOf(error, uuidv7()))
  const head = [
    `HTTP/1.1 ${error.status} ${error.code}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
