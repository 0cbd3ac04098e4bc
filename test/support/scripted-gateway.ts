import { join } from 'node:path'
import { Server, ServerCredentials, status, type ServerDuplexStream } from '@grpc/grpc-js'
import {
  AgentServiceService,
  Budget,
  type Cancel,
  Command,
  EffectClass,
  type AgentFrame,
  type AgentServiceServer,
  type ConnectRequest,
  type ConnectResponse,
  type GatewayFrame,
  type Hello,
  type Resume,
} from '@muster/proto'
import { enrol, type Identity } from '@muster/sdk/agent'
import { CertificateAuthority } from '../../control-plane/src/edge/gateway/ca.ts'
import { within } from './within.ts'

type Up = NonNullable<AgentFrame['frame']>
type Down = NonNullable<GatewayFrame['frame']>
type UpOf<K extends Up['$case']> = Extract<Up, { $case: K }>['value']

/** One stream of an agent, answered by a test. */
export class ScriptedSession {
  readonly hello: Hello
  readonly epoch: number
  readonly seen: Up[] = []
  readonly ended: Promise<void>
  readonly #stream: ServerDuplexStream<ConnectRequest, ConnectResponse>
  readonly #waiting: Up[] = []
  #wake: () => void = () => undefined

  constructor(stream: ServerDuplexStream<ConnectRequest, ConnectResponse>, hello: Hello, epoch: number) {
    this.#stream = stream
    this.hello = hello
    this.epoch = epoch
    this.ended = new Promise((resolve) => stream.once('close', () => resolve()))
  }

  hear(frames: readonly AgentFrame[]): void {
    const some = frames.flatMap(({ frame }) => frame ?? [])
    for (const frame of some)
      if (frame.$case === 'heartbeat') this.say({ $case: 'heartbeatAck', value: { seq: frame.value.seq } })
    this.seen.push(...some)
    this.#waiting.push(...some)
    this.#wake()
  }

  say(...frames: Down[]): void {
    this.#stream.write({ frames: frames.map((frame) => ({ frame })) })
  }

  /** @param budget fields that differ from those of an account that may do a thousand of everything */
  welcome(resume: readonly Resume[] = [], budget: Partial<Budget> = {}, cancels: Cancel[] = []): void {
    const value = { sessionEpoch: this.epoch, heartbeatMs: 3000, credits: 16, capabilities: [], protocol: 1, cancels }
    const plenty = { posts: 1000, messages: 1000, likes: 1000, comments: 1000, timeZone: 'Asia/Shanghai' }
    this.say({
      $case: 'welcome',
      value: { ...value, resume: [...resume], budget: Budget.fromPartial({ ...plenty, ...budget }) },
    })
  }

  /** The next frame of a kind that was not asked for yet. */
  async next<K extends Up['$case']>(kind: K, limitMs = 60_000): Promise<UpOf<K>> {
    const found = new Promise<Up>((resolve) => {
      this.#wake = () => {
        const at = this.#waiting.findIndex((frame) => frame.$case === kind)
        const [frame] = at < 0 ? [] : this.#waiting.splice(at, 1)
        if (frame) resolve(frame)
      }
      this.#wake()
    })
    const seen = () => `${kind}; seen ${JSON.stringify(this.seen.map((one) => one.$case))}`
    return (await within(found, limitMs, seen)).value as UpOf<K>
  }

  /** Breaks the stream without a word. */
  cut(): void {
    this.#stream.emit('error', Object.assign(new Error('cut'), { code: status.UNAVAILABLE }))
  }
}

/** A gateway whose every frame a test writes, on real TLS. */
export class ScriptedGateway {
  readonly address: string
  readonly #server: Server
  readonly #ca: CertificateAuthority
  readonly #dir: string
  readonly #hellos: ScriptedSession[] = []
  #epoch = 0
  #wake: () => void = () => undefined

  private constructor(server: Server, ca: CertificateAuthority, dir: string, port: number) {
    this.#server = server
    this.#ca = ca
    this.#dir = dir
    this.address = `127.0.0.1:${port}`
  }

  /** @param dir where its keys are kept */
  static async start(dir: string): Promise<ScriptedGateway> {
    const ca = await CertificateAuthority.open(join(dir, 'ca'))
    const server = new Server()
    const pair = { private_key: Buffer.from(ca.server.key), cert_chain: Buffer.from(ca.server.chain) }
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createSsl(null, [pair], false), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    )
    const gateway = new ScriptedGateway(server, ca, dir, port)
    server.addService(AgentServiceService, gateway.#service())
    return gateway
  }

  async identity(): Promise<Identity> {
    const device = { name: 'scripted', type: 'ANDROID', model: 'raw', osVersion: '14', emulated: true }
    const code = `secret.${this.#ca.fingerprint}`
    return await enrol({ directory: join(this.#dir, 'identity'), code, address: this.address, device })
  }

  /** The next stream on which an agent said Hello; the test has to welcome it. */
  async session(limitMs = 60_000): Promise<ScriptedSession> {
    const found = new Promise<ScriptedSession>((resolve) => {
      this.#wake = () => {
        const next = this.#hellos.shift()
        if (next) resolve(next)
      }
      this.#wake()
    })
    return await within(found, limitMs, () => 'an agent to say Hello')
  }

  close(): void {
    this.#server.forceShutdown()
  }

  #service(): AgentServiceServer {
    return {
      enroll: (call, answer) => {
        this.#ca.signDevice(call.request.csrPem, 1).then(
          ({ certificatePem }) => answer(null, { deviceId: 1, certificatePem, caPem: this.#ca.certificatePem }),
          (error: unknown) => answer(error as Error),
        )
      },
      connect: (stream) => {
        let session: ScriptedSession | undefined
        stream.on('error', () => undefined)
        stream.on('end', () => stream.end())
        stream.on('data', (request: ConnectRequest) => {
          const [first, ...rest] = request.frames
          if (session) return session.hear(request.frames)
          if (first?.frame?.$case !== 'hello') return stream.destroy()
          session = new ScriptedSession(stream, first.frame.value, ++this.#epoch)
          session.hear(rest)
          this.#hellos.push(session)
          this.#wake()
        })
      },
      fetchMaterial: (call) => void call.destroy(),
      uploadEvidence: (_call, answer) => answer(null, { evidenceId: '' }),
    }
  }
}

/** A Moment to publish. @param id the command's; its item has the id `item of <id>` */
export const momentCommand = (id: string, more: Partial<Command> = {}): Command =>
  Command.fromPartial({
    commandId: id,
    taskId: 1,
    attempt: 1,
    deliverWithinMs: 60_000,
    leaseMs: 60_000,
    maxRunMs: 600_000,
    effectClass: EffectClass.ONCE,
    payload: {
      $case: 'publishMoment',
      value: { itemId: `item of ${id}`, text: 'hello', images: [], visibility: 'VISIBILITY_ALL', audience: [] },
    },
    ...more,
  } as Partial<Command>)
