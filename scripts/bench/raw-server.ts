import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js'
import {
  AgentServiceService,
  Command,
  EffectClass,
  type AgentServiceServer,
  type ConnectRequest,
  type ConnectResponse,
} from '@muster/proto'
import { CertificateAuthority } from '../../control-plane/src/edge/gateway/ca.ts'
import { serve } from './child.ts'

// The raw limits: the same messages over the same TLS with nothing behind them, and a bare HTTP server.

type Stream = ServerDuplexStream<ConnectRequest, ConnectResponse>
const streams: Stream[] = []

const command = Command.fromPartial({
  commandId: '018f0000-0000-7000-8000-000000000000',
  taskId: 1,
  attempt: 1,
  deliverWithinMs: 7_200_000,
  leaseMs: 60_000,
  maxRunMs: 600_000,
  effectClass: EffectClass.ONCE,
  payload: {
    $case: 'publishMoment',
    value: { itemId: '1', text: 'a Moment of the bench', images: [], visibility: 'VISIBILITY_ALL', audience: [] },
  },
} as Partial<Command>)
const message: ConnectResponse = { frames: [{ frame: { $case: 'command', value: command } }] }

serve({
  listen: async (dir: string) => {
    const ca = await CertificateAuthority.open(dir)
    const service: AgentServiceServer = {
      enroll: (call, answer) =>
        void ca.signDevice(call.request.csrPem, 1).then(
          ({ certificatePem }) => answer(null, { deviceId: 1, certificatePem, caPem: ca.certificatePem }),
          (error: unknown) => answer(error as Error),
        ),
      connect: (stream) => {
        streams.push(stream)
        stream.on('error', () => undefined)
        stream.on('data', () => undefined)
      },
      fetchMaterial: (call) => void call.end(),
      uploadEvidence: (_call, answer) => answer(null, { evidenceId: '' }),
    }
    const server = new Server()
    server.addService(AgentServiceService, service)
    const pair = { private_key: Buffer.from(ca.server.key), cert_chain: Buffer.from(ca.server.chain) }
    const credentials = ServerCredentials.createSsl(null, [pair], false)
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
    )
    return { port, fingerprint: ca.fingerprint }
  },
  streams: () => streams.length,
  /** Sends `total` commands, `window` at a time on each stream, each answered by one message; answers the seconds. */
  pump: async ({ total, window }: { total: number; window: number }) => {
    let sent = 0
    let answered = 0
    const done = Promise.withResolvers<void>()
    const next = (stream: Stream): void => {
      if (sent >= total) return
      sent++
      stream.write(message)
    }
    const began = performance.now()
    for (const stream of streams) {
      stream.on('data', () => {
        if (++answered >= total) done.resolve()
        next(stream)
      })
      for (let index = 0; index < window; index++) next(stream)
    }
    await done.promise
    return (performance.now() - began) / 1000
  },
  /** A bare HTTP server that answers a body of so many bytes. */
  http: async (bytes: number) => {
    const body = Buffer.alloc(bytes, 'x')
    const server = createServer((_request, response) => response.end(body))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  },
})
