import type { ClientDuplexStream } from '@grpc/grpc-js'
import type {
  AccountState,
  AgentFrame,
  AgentServiceClient,
  Budget,
  Command,
  ConnectRequest,
  ConnectResponse,
  CustomCapability,
  DeviceInfo,
  GatewayFrame,
  InFlight,
  Resume,
} from '@muster/proto'
import type { Logger } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import { Backoff, type BackoffOptions } from './backoff.ts'
import { sleep, type AgentClock, type AgentTimer } from './clock.ts'
import type { Journal } from './journal.ts'

export type FrameBody = NonNullable<AgentFrame['frame']>
type GatewayBody = NonNullable<GatewayFrame['frame']>
type Stream = ClientDuplexStream<ConnectRequest, ConnectResponse>

const PROTOCOL = 1
const WELCOME_LIMIT_MS = 10_000
const MISSED_HEARTBEATS = 3

/** What the session tells the rest of the agent. */
export interface SessionListener {
  /** Resolves when every command that came so far is taken in or refused. */
  takenIn(): Promise<void>
  /** Everything in flight, for Hello. */
  inFlight(): InFlight[]
  /** The plane took the agent in; the epoch is on disk. */
  welcomed(resume: readonly Resume[], budget: Budget | undefined): void
  commands(commands: readonly Command[]): void
  cancel(commandId: string, itemIds: readonly string[], code: string, reason: string): void
  acked(commandIds: readonly string[], error: string): void
  budget(budget: Budget): void
  /** At each heartbeat: a chance to renew leases. */
  beat(): void
  closed(): void
}

export interface SessionDeps {
  /** A fresh client for each connection: one that failed keeps its own backoff. */
  connect(): AgentServiceClient
  readonly deviceId: number
  readonly journal: Journal
  readonly clock: AgentClock
  readonly log: Logger
  readonly agentVersion: string
  readonly capabilities: readonly string[]
  readonly custom: readonly CustomCapability[]
  /** Commands the agent takes before the first of them has its result. */
  readonly credits: number
  readonly device: DeviceInfo
  describe(): Promise<AccountState | undefined>
  readonly backoff?: BackoffOptions
}

/** Keeps one stream to the plane open, and opens it again, with jitter, when it breaks. */
export class Session {
  readonly #deps: SessionDeps
  readonly #listener: SessionListener
  readonly #backoff: Backoff
  readonly #bootId = uuidv7()
  readonly #stopping = new AbortController()
  #stream: Stream | undefined
  #client: AgentServiceClient | undefined
  #epoch = 0
  #heartbeatMs = 0
  #timer: AgentTimer | undefined
  #seq = 0
  #heardAt: number
  #retryAfterMs = 0
  #outbox: AgentFrame[] = []
  #writing = false
  #scheduled = false
  #account: AccountState | undefined

  constructor(deps: SessionDeps, listener: SessionListener) {
    this.#deps = deps
    this.#listener = listener
    this.#backoff = new Backoff(deps.backoff)
    this.#heardAt = Number.NEGATIVE_INFINITY
  }

  /** Whether the plane has taken this agent in and is still there. */
  get connected(): boolean {
    return this.#epoch !== 0
  }

  /** When the plane was last heard, on the monotonic clock. */
  get heardAt(): number {
    return this.#heardAt
  }

  /** Rises with every session; 0 while there is none. */
  get epoch(): number {
    return this.#epoch
  }

  /** For calls beside the stream; undefined while there is no session. */
  get client(): AgentServiceClient | undefined {
    return this.connected ? this.#client : undefined
  }

  /** Runs until stopped. */
  async run(): Promise<void> {
    const { clock, log } = this.#deps
    while (!this.#stopping.signal.aborted) {
      this.#retryAfterMs = 0
      const reason = await this.#once().catch((error: unknown) =>
        error instanceof Error ? error.message : String(error),
      )
      if (this.#stopping.signal.aborted) return
      const waitMs = this.#backoff.next(this.#retryAfterMs)
      log.info({ reason, waitMs: Math.round(waitMs) }, 'no session; connecting again')
      await sleep(clock, waitMs, this.#stopping.signal)
    }
  }

  /** Ends the stream; the next one begins with a Hello that describes the phone anew. */
  introduce(): void {
    this.#stream?.destroy(new Error('the phone is to be described anew'))
  }

  /** Says goodbye and ends; frames said before it are written first. */
  async stop(reason: string): Promise<void> {
    if (this.connected) this.send({ $case: 'bye', value: { reason } })
    // The frames go out in a microtask; the stream's end is queued behind them.
    await Promise.resolve()
    this.#stopping.abort()
    this.#stream?.end()
  }

  /** Frames said while there is no session are dropped: all that matters is in the journal and is told in Hello. */
  send(frame: FrameBody): void {
    if (!this.connected) return
    this.#outbox.push({ frame })
    this.#schedule()
  }

  /** One stream, from Hello to its end. Answers why it ended. */
  async #once(): Promise<string> {
    const { clock } = this.#deps
    // Hello says all that is held: a command of the stream before must not become so after it.
    await this.#listener.takenIn()
    this.#account = await this.#deps.describe().catch(() => this.#account)
    if (this.#stopping.signal.aborted) return 'stopping'
    const client = this.#deps.connect()
    const stream = client.connect()
    this.#client = client
    this.#stream = stream
    const ended = Promise.withResolvers<string>()
    stream.on('error', (error: unknown) => ended.resolve(error instanceof Error ? error.message : String(error)))
    stream.on('end', () => ended.resolve('the stream ended'))
    stream.on('close', () => ended.resolve('the stream closed'))
    const late = clock.setTimeout(() => ended.resolve('no Welcome in time'), WELCOME_LIMIT_MS)
    let order: Promise<void> = Promise.resolve()
    stream.on('data', (response: ConnectResponse) => {
      this.#heardAt = clock.monotonicMs()
      order = order
        .then(async () => await this.#hear(response, late))
        .catch((error: unknown) => ended.resolve(String(error)))
    })
    const stop = (): void => ended.resolve('stopping')
    this.#stopping.signal.addEventListener('abort', stop, { once: true })
    stream.write({ sessionEpoch: 0, frames: [{ frame: { $case: 'hello', value: this.#hello() } }] })
    try {
      return await ended.promise
    } finally {
      this.#stopping.signal.removeEventListener('abort', stop)
      late.cancel()
      await order
      await this.#close(stream, client)
    }
  }

  #hello() {
    const { deviceId, journal, agentVersion, capabilities, custom, credits, device } = this.#deps
    return {
      deviceId,
      journalId: journal.id,
      lastEpoch: journal.epoch,
      bootId: this.#bootId,
      agentVersion,
      capabilities: [...capabilities],
      protocolMin: PROTOCOL,
      protocolMax: PROTOCOL,
      inFlight: this.#listener.inFlight(),
      device,
      account: this.#account,
      credits,
      custom: [...custom],
    }
  }

  async #hear(response: ConnectResponse, late: AgentTimer): Promise<void> {
    const commands: Command[] = []
    for (const { frame } of response.frames) {
      if (frame?.$case === 'command') commands.push(frame.value)
      else if (frame?.$case === 'welcome') {
        late.cancel()
        await this.#deps.journal.epochSeen(frame.value.sessionEpoch)
        this.#epoch = frame.value.sessionEpoch
        this.#heartbeatMs = frame.value.heartbeatMs
        this.#deps.log.info({ epoch: this.#epoch }, 'connected')
        // Before anything goes on: what was stopped while there was no session must not be done.
        for (const cancel of frame.value.cancels) this.#frame({ $case: 'cancel', value: cancel })
        this.#listener.welcomed(frame.value.resume, frame.value.budget)
        this.send({ $case: 'ready', value: {} })
        this.#scheduleBeat()
      } else if (frame) this.#frame(frame)
    }
    // Cancels of the same message were handled above: they overtake.
    if (commands.length > 0) this.#listener.commands(commands)
  }

  #frame(frame: Exclude<GatewayBody, { $case: 'command' | 'welcome' }>): void {
    switch (frame.$case) {
      case 'cancel':
        return this.#listener.cancel(frame.value.commandId, frame.value.itemIds, frame.value.code, frame.value.reason)
      case 'resultAck':
        this.#backoff.reset()
        return this.#listener.acked(frame.value.commandIds, frame.value.error)
      case 'budget':
        return this.#listener.budget(frame.value)
      case 'heartbeatAck':
        // A stream that always breaks right after its Welcome must not be opened again and again without a wait.
        return this.#backoff.reset()
      case 'desiredState':
        return this.send({
          $case: 'reportedState',
          value: { version: frame.value.version, account: this.#account, stateHash: '' },
        })
      case 'reportFullState':
        return this.send({ $case: 'reportedState', value: { version: 0, account: this.#account, stateHash: '' } })
      case 'drain':
        this.#retryAfterMs = frame.value.retryAfterMs
        return undefined
      case 'error':
        this.#retryAfterMs = frame.value.retryAfterMs
        this.#deps.log[frame.value.retryable ? 'warn' : 'error']({ code: frame.value.code }, frame.value.message)
        return undefined
      default:
        return frame satisfies never
    }
  }

  #scheduleBeat(): void {
    this.#timer?.cancel()
    this.#timer = this.#deps.clock.setTimeout(() => {
      if (!this.connected) return
      if (this.#deps.clock.monotonicMs() - this.#heardAt > this.#heartbeatMs * MISSED_HEARTBEATS) {
        // The socket may look open for a long time after the network is gone.
        this.#stream?.destroy(new Error('the plane is silent'))
        return
      }
      this.send({ $case: 'heartbeat', value: { seq: ++this.#seq, stateHash: '' } })
      this.#listener.beat()
      this.#scheduleBeat()
    }, this.#heartbeatMs)
  }

  #schedule(): void {
    if (this.#scheduled || this.#writing) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#write()
    })
  }

  /** Frames that gather while one message is on its way share the next one. */
  #write(): void {
    const stream = this.#stream
    if (!stream || this.#writing || this.#outbox.length === 0 || !this.connected) return
    const frames = this.#outbox
    this.#outbox = []
    this.#writing = true
    stream.write({ sessionEpoch: this.#epoch, frames }, () => {
      if (this.#stream !== stream) return
      this.#writing = false
      this.#write()
    })
  }

  async #close(stream: Stream, client: AgentServiceClient): Promise<void> {
    const was = this.connected
    this.#epoch = 0
    this.#stream = undefined
    this.#client = undefined
    this.#outbox = []
    this.#writing = false
    this.#timer?.cancel()
    stream.on('error', () => undefined)
    if (this.#stopping.signal.aborted) await flushed(stream, this.#deps.clock)
    stream.cancel()
    client.close()
    if (was) this.#listener.closed()
  }
}

const GOODBYE_MS = 500

/** The plane ends its side once it has read the goodbye. */
async function flushed(stream: Stream, clock: AgentClock): Promise<void> {
  const closed = new AbortController()
  stream.once('end', () => closed.abort())
  stream.once('close', () => closed.abort())
  await sleep(clock, GOODBYE_MS, closed.signal)
}
