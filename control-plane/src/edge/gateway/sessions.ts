import { Metadata, status } from '@grpc/grpc-js'
import type { AgentFrame, ConnectRequest, Hello, SessionError } from '@muster/proto'
import type { Logger } from 'pino'
import type { Clock, Timer } from '../../infra/clock.ts'
import { MusterError } from '../../infra/errors.ts'
import type { AccountBudgets, CancelRequest } from '../../ports.ts'
import type { PeerIdentity } from './agent-service.ts'
import type { Dispatcher } from './dispatcher.ts'
import { checkedFrame, checkedHello } from '../../fleet/commands/frame-check.ts'
import type { Handshake } from '../../fleet/devices/handshake.ts'
import type { DevicePresence } from '../../fleet/devices/presence.ts'
import type { RecordedFrame } from '../../fleet/commands/frame-ledger.ts'
import type { Recorder } from '../../fleet/commands/recorder.ts'
import type { SessionRegistry } from './registry.ts'
import { endWithStatus, Session, type SessionStream } from './session.ts'
import { sessionError, STALE } from '../../fleet/commands/session-facts.ts'

const PROTOCOL = 1
const HELLO_LIMIT_MS = 10_000
/** How long a peer has for taking the end of its stream. */
const GOODBYE_MS = 5000
const MISSED_HEARTBEATS = 3
const MOST_CREDITS = 64
const CLONE_WAIT_MS = 60_000
/** Errors that an agent cannot correct by itself. */
const FATAL: readonly string[] = ['UNAUTHENTICATED', 'INVALID_REQUEST', 'FORBIDDEN']
const FATAL_RETRY_MS = 30_000

type Up = NonNullable<AgentFrame['frame']>

export interface SessionsDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly budgets: Pick<AccountBudgets, 'budget'>
  readonly handshake: Handshake
  readonly presence: DevicePresence
  readonly registry: SessionRegistry
  readonly recorder: Recorder
  readonly dispatcher: Dispatcher
  readonly heartbeatMs: number
  /** Destroys the connection from this address. */
  cut(peer: string): void
}

/** Takes streams in, listens to them, and notices when they are gone. */
export class Sessions {
  readonly #deps: SessionsDeps
  readonly #closing = new Set<Promise<void>>()

  constructor(deps: SessionsDeps) {
    this.#deps = deps
  }

  /** Serves one stream until it ends. */
  serve(stream: SessionStream, identity: PeerIdentity): void {
    const { clock, log } = this.#deps
    let session: Session | undefined
    let late = clock.setTimeout(() => {
      late = this.#noHello(stream)
    }, HELLO_LIMIT_MS)
    let order: Promise<void> = Promise.resolve()
    stream.on('data', (request: ConnectRequest) => {
      if (session) return this.#hear(session, request)
      // Frames that arrive while a Hello is being accepted wait for it.
      order = order
        .then(async () => {
          if (session) return this.#hear(session, request)
          session = await this.#hello(stream, identity, request)
          if (session) late.cancel()
        })
        .catch((error: unknown) => this.#refuse(stream, error))
    })
    const gone = (): void => {
      late.cancel()
      const closing = order
        .then(async () => (session ? await this.#gone(session) : undefined))
        .catch((error: unknown) => log.error({ err: error }, 'session end failed'))
      this.#closing.add(closing)
      void closing.finally(() => this.#closing.delete(closing))
    }
    stream.once('close', gone)
    stream.on('end', () => stream.end())
    stream.on('error', (error: unknown) => log.debug({ err: error, deviceId: identity.deviceId }, 'agent stream error'))
  }

  /** Ends sessions that have been silent too long: half-open connections look alive to the socket. */
  sweep(): void {
    const limit = this.#deps.clock.monotonicMs() - this.#deps.heartbeatMs * MISSED_HEARTBEATS
    for (const session of this.#deps.registry.all()) if (session.heardAt < limit) this.drop(session, 'no heartbeat')
  }

  /** Sends a cancel to the device, if its session is here. */
  cancel({ deviceId, commandId, itemIds, code, reason }: CancelRequest): void {
    const session = this.#deps.registry.get(deviceId)
    if (!session) return
    const withdrawn = { $case: 'notNow' as const, value: { commandId, retryAfterMs: 0, code: '', reason: '' } }
    // A command that was not sent yet goes back like one the phone did not keep: it ends, or goes out without these items.
    if (session.withdraw(commandId)) this.#deps.recorder.record(session, withdrawn)
    else session.send({ $case: 'cancel', value: { commandId, itemIds: [...itemIds], code, reason } })
  }

  drop(session: Session, reason: string): void {
    this.#deps.log.info({ deviceId: session.facts.deviceId, reason }, 'session dropped')
    session.end({ $case: 'error', value: sessionError('DROPPED', reason, true, 0) })
    this.#deps.registry.forgetTakeovers(session.facts.deviceId)
    void this.#gone(session).catch((error: unknown) => this.#deps.log.error({ err: error }, 'session end failed'))
  }

  /** Tells every agent to come back later, and ends the streams. */
  async drain(retryAfterMs: number): Promise<void> {
    for (const session of Array.from(this.#deps.registry.all()))
      session.end({ $case: 'drain', value: { retryAfterMs } })
    await this.#deps.recorder.idle()
    await Promise.all(this.#closing)
  }

  async #hello(stream: SessionStream, identity: PeerIdentity, request: ConnectRequest): Promise<Session | undefined> {
    const [first, ...rest] = request.frames
    if (first?.frame?.$case !== 'hello') throw new MusterError('INVALID_REQUEST', 'the first frame has to be Hello')
    const hello = checkedHello(first.frame.value)
    this.#check(hello, identity)
    const { registry, clock, handshake, budgets, heartbeatMs, log } = this.#deps
    if (registry.isCloneLoop(identity.deviceId, hello.bootId, clock.monotonicMs()))
      return await this.#clone(stream, identity.deviceId)
    const accepted = await handshake.accept(hello, identity.serial)
    const credits = Math.min(Math.max(1, hello.credits), MOST_CREDITS)
    const { epoch, accountId, resume, cancels } = accepted
    const facts = {
      deviceId: identity.deviceId,
      accountId,
      wechatId: accountId === null ? '' : (hello.account?.wechatId ?? ''),
      epoch,
      bootId: hello.bootId,
      serial: identity.serial,
      credits,
    }
    const onRoom = (): void => this.#deps.dispatcher.ring([identity.deviceId])
    const session = new Session(stream, facts, clock.monotonicMs(), onRoom)
    for (const commandId of accepted.outstanding) session.outstanding.add(commandId)
    const older = registry.add(session)
    older?.end({ $case: 'error', value: STALE })
    const budget = accountId === null ? undefined : await budgets.budget(accountId)
    const agreed = { sessionEpoch: epoch, heartbeatMs, credits, capabilities: [], protocol: PROTOCOL }
    session.send({ $case: 'welcome', value: { ...agreed, resume, budget, cancels } })
    log.info({ deviceId: identity.deviceId, epoch }, 'agent connected')
    this.#hear(session, { sessionEpoch: epoch, frames: rest })
    return session
  }

  #check(hello: Hello, identity: PeerIdentity): void {
    if (hello.deviceId !== identity.deviceId)
      throw new MusterError('UNAUTHENTICATED', "deviceId: is not the certificate's device")
    if (hello.protocolMin > PROTOCOL || hello.protocolMax < PROTOCOL) {
      throw new MusterError(
        'INVALID_REQUEST',
        `protocol: this plane speaks ${PROTOCOL}, the agent ${hello.protocolMin} to ${hello.protocolMax}; update the older one`,
      )
    }
  }

  /** Nobody can tell which of the two is the phone: both are held off, and an operator is told. */
  async #clone(stream: SessionStream, deviceId: number): Promise<undefined> {
    await this.#deps.presence.cloneSuspected(deviceId)
    const error = sessionError(
      'CLONE_SUSPECTED',
      'two agents use this identity; delete the device and enrol both anew',
      true,
      CLONE_WAIT_MS,
    )
    stream.write({ frames: [{ frame: { $case: 'error', value: error } }] })
    stream.end()
    this.#deps.registry.get(deviceId)?.end({ $case: 'error', value: error })
    return undefined
  }

  #hear(session: Session, request: ConnectRequest): void {
    if (session.ended) return
    const { clock, registry } = this.#deps
    if (request.sessionEpoch !== session.facts.epoch || registry.get(session.facts.deviceId) !== session) {
      session.end({
        $case: 'error',
        value: sessionError('STALE_EPOCH', `the session's epoch is ${session.facts.epoch}`, true, 1000),
      })
      return
    }
    session.heardAt = clock.monotonicMs()
    for (const { frame } of request.frames) {
      if (session.ended) return
      if (frame) this.#take(session, frame)
    }
  }

  /** An invalid frame ends this session alone. */
  #take(session: Session, frame: Up): void {
    try {
      this.#frame(session, checkedFrame(frame))
    } catch (error) {
      this.#deps.log.warn({ err: error, deviceId: session.facts.deviceId }, 'invalid frame from agent')
      session.end({ $case: 'error', value: refusalOf(error) })
    }
  }

  #frame(session: Session, frame: Up): void {
    const { recorder, dispatcher, presence, log } = this.#deps
    switch (frame.$case) {
      case 'heartbeat':
        session.send({ $case: 'heartbeatAck', value: { seq: frame.value.seq } })
        return
      case 'ready':
        void this.#ready(session).catch((error: unknown) =>
          this.drop(session, `readiness could not be recorded: ${String(error)}`),
        )
        return
      case 'credits':
        session.credits = Math.min(Math.max(0, frame.value.window), MOST_CREDITS)
        dispatcher.ring([session.facts.deviceId])
        return
      case 'reportedState':
        if (frame.value.account?.uiTree)
          presence
            .reportedState(session.facts, frame.value.account.uiTree)
            .catch((error: unknown) => log.warn({ err: error }, 'device state could not be recorded'))
        return
      case 'bye':
        session.end()
        return
      case 'hello':
        session.end({ $case: 'error', value: sessionError('INVALID_REQUEST', 'Hello comes once', true, 1000) })
        return
      case 'received':
      case 'accepted':
      case 'rejected':
      case 'notNow':
      case 'started':
      case 'progress':
      case 'result':
        recorder.record(session, frame satisfies RecordedFrame)
        return
      default:
        frame satisfies never
    }
  }

  async #ready(session: Session): Promise<void> {
    const { presence, dispatcher } = this.#deps
    if (!(await presence.ready(session.facts))) return session.end({ $case: 'error', value: STALE })
    session.ready = true
    dispatcher.ring([session.facts.deviceId])
  }

  async #gone(session: Session): Promise<void> {
    const { presence, registry, log } = this.#deps
    session.end()
    if (!registry.remove(session)) return
    const { deviceId, epoch } = session.facts
    await presence.gone(session.facts)
    log.info({ deviceId, epoch }, 'agent gone')
  }

  /** Returns the timer that cuts the connection of a peer that does not take the end of its stream either. */
  #noHello(stream: SessionStream): Timer {
    const peer = stream.getPeer()
    const details = `no Hello within ${HELLO_LIMIT_MS / 1000} s`
    // A stream that was refused before has its status.
    if (!stream.writableEnded)
      endWithStatus(stream, { code: status.DEADLINE_EXCEEDED, details, metadata: new Metadata() })
    return this.#deps.clock.setTimeout(() => this.#deps.cut(peer), GOODBYE_MS)
  }

  #refuse(stream: SessionStream, error: unknown): void {
    if (!(error instanceof MusterError)) this.#deps.log.error({ err: error }, 'hello failed')
    stream.write({ frames: [{ frame: { $case: 'error', value: refusalOf(error) } }] })
    stream.end()
  }
}

function refusalOf(error: unknown): SessionError {
  if (!(error instanceof MusterError)) return sessionError('UNAVAILABLE', 'the plane could not take it in', true, 1000)
  const fatal = FATAL.includes(error.code)
  return sessionError(error.code, error.message, !fatal, fatal ? FATAL_RETRY_MS : 1000)
}
