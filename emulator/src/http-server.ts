import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

/** Other machines have no business with emulated phones. */
const LOOPBACK = '127.0.0.1'
const BODY_LIMIT = 64 * 1024 * 1024

/** A request that cannot be read. */
export class BadRequest extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface Answer {
  readonly status: number
  /** Sent as JSON. */
  readonly body: unknown
}

export interface HttpHandlers {
  /** Answers a request; `read` parses its body, and throws BadRequest. */
  answer(method: string, path: string, read: () => Promise<unknown>): Promise<Answer>
  /** Takes over the connection of a `CONNECT`. */
  tunnel(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

/** JSON over HTTP on the loopback. Whatever comes in ends at most its own connection. */
export class HttpServer {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /** Takes a port; 0 takes a free one. Nothing is answered before `serve`. */
  static async listen(port: number): Promise<HttpServer> {
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, LOOPBACK, () => resolve())
    })
    // A connection that could not be accepted is lost; the next one may come.
    server.on('error', () => undefined)
    return new HttpServer(server)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://${LOOPBACK}:${this.port}`
  }

  serve(handlers: HttpHandlers): void {
    this.#server.on('request', (request, response) => {
      respond(handlers, request, response).catch(() => response.destroy())
    })
    this.#server.on('connect', (request, socket, head) => {
      socket.on('error', () => socket.destroy())
      try {
        handlers.tunnel(request, socket, head)
      } catch {
        socket.destroy()
      }
    })
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }
}

async function respond(handlers: HttpHandlers, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await handlers.answer(request.method ?? '', pathOf(request), async () => await readJson(request))
  // Bytes and not a text, which the socket would encode far more slowly: page sources are long and Chinese.
  const body = Buffer.from(JSON.stringify(answer.body))
  response.writeHead(answer.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-cache',
  })
  response.end(body)
}

/** Clients may name the server in the path. What is no URL at all is a path that nobody knows. */
function pathOf({ url = '' }: IncomingMessage): string {
  return URL.parse(url, 'http://phones')?.pathname ?? url
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  // What is too much is left to Node, which throws it away: a client that is still sending could not read the answer.
  const body: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false })
  for await (const chunk of body) {
    size += chunk.length
    if (size > BODY_LIMIT) throw new BadRequest(413, `the body is over ${BODY_LIMIT} bytes; send less`)
    chunks.push(chunk)
  }
  if (size === 0) return undefined
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (error) {
    throw new BadRequest(400, `the body is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}
