import { Server, ServerCredentials, type ServerOptions } from '@grpc/grpc-js'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server as TlsServer, type TLSSocket } from 'node:tls'
import type { Logger } from 'pino'
import { normalSerial, type CertificateAuthority } from './ca.ts'

/** Keeps dead phones from holding streams: half-open connections are found by pings as well as by heartbeats. */
const OPTIONS: ServerOptions = {
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.max_receive_message_length': 8 * 1024 * 1024,
}

/**
 * gRPC on one TLS 1.3 port for agents with a certificate and for those that want one. grpc-js itself can only require
 * a certificate of everybody or of nobody, so the sockets are accepted here and handed to it; that also lets a revoked
 * device's socket be destroyed at once.
 */
export class GatewayServer {
  readonly grpc = new Server(OPTIONS)
  readonly #tls: TlsServer
  readonly #sockets = new Map<string, Set<TLSSocket>>()
  readonly #all = new Set<TLSSocket>()

  constructor(deps: { ca: CertificateAuthority; log: Logger }) {
    const { ca, log } = deps
    const injector = this.grpc.createConnectionInjector(ServerCredentials.createInsecure())
    this.#tls = createServer({
      key: ca.server.key,
      cert: ca.server.chain,
      ca: ca.certificatePem,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['h2'],
    })
    this.#tls.on('secureConnection', (socket) => {
      const { serialNumber } = socket.getPeerCertificate()
      if (serialNumber !== undefined && !socket.authorized) {
        log.warn({ reason: socket.authorizationError }, 'a foreign certificate was refused')
        socket.destroy()
        return
      }
      this.#keep(socket, serialNumber)
      injector.injectConnection(socket)
    })
    this.#tls.on('tlsClientError', (error) => log.debug({ err: error }, 'tls handshake failed'))
  }

  /** Starts listening; answers the port. */
  async listen(port: number, host: string): Promise<number> {
    this.#tls.listen(port, host)
    await once(this.#tls, 'listening')
    return (this.#tls.address() as AddressInfo).port
  }

  /** Destroys every socket that showed this certificate. */
  cut(serial: string): void {
    for (const socket of this.#sockets.get(serial) ?? []) socket.destroy()
  }

  /** Destroys the socket from an address, as a call's `getPeer` names it. */
  cutPeer(peer: string): void {
    for (const socket of this.#all) if (`${socket.remoteAddress}:${socket.remotePort}` === peer) socket.destroy()
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#tls.close(() => resolve()))
    this.grpc.forceShutdown()
    for (const socket of this.#all) socket.destroy()
    await closed
  }

  #keep(socket: TLSSocket, serialNumber: string | undefined): void {
    this.#all.add(socket)
    socket.once('close', () => this.#all.delete(socket))
    socket.on('error', () => socket.destroy())
    if (serialNumber === undefined) return
    const serial = normalSerial(serialNumber)
    const same = this.#sockets.get(serial) ?? new Set()
    this.#sockets.set(serial, same.add(socket))
    socket.once('close', () => {
      same.delete(socket)
      if (same.size === 0) this.#sockets.delete(serial)
    })
  }
}
