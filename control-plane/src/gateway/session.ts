import type { ServerDuplexStream } from '@grpc/grpc-js'
import type { Command, ConnectRequest, ConnectResponse, GatewayFrame } from '@muster/proto'

export type SessionStream = ServerDuplexStream<ConnectRequest, ConnectResponse>
type FrameBody = NonNullable<GatewayFrame['frame']>

/** How many frames go out in one message: enough to pay for the message, few enough to leave room for a cancel. */
const FRAMES_PER_MESSAGE = 64

export interface SessionFacts {
  readonly deviceId: number
  readonly accountId: number | null
  readonly epoch: number
  readonly bootId: string
  readonly serial: string
  /** Commands the agent takes before the first of them has its result. */
  readonly credits: number
}

/** One live stream of one agent. */
export class Session {
  readonly facts: SessionFacts
  /** Commands on the phone that have no result. */
  readonly outstanding = new Set<string>()
  /** The agent has the epoch on its disk: commands may be written. */
  ready = false
  credits: number
  heardAt: number
  readonly #stream: SessionStream
  readonly #urgent: GatewayFrame[] = []
  readonly #normal: GatewayFrame[] = []
  #writing = false
  #scheduled = false
  #ended = false

  constructor(stream: SessionStream, facts: SessionFacts, now: number) {
    this.#stream = stream
    this.facts = facts
    this.credits = facts.credits
    this.heardAt = now
  }

  get ended(): boolean {
    return this.#ended
  }

  /** How many more commands the agent takes now. */
  get room(): number {
    return this.ready && !this.#ended ? Math.max(0, this.credits - this.outstanding.size) : 0
  }

  command(command: Command): void {
    this.outstanding.add(command.commandId)
    this.#normal.push({ frame: { $case: 'command', value: command } })
    this.#schedule()
  }

  /** Takes a command back that still waits here. True when it did: then the phone never had a byte of it. */
  withdraw(commandId: string): boolean {
    const at = this.#normal.findIndex(({ frame }) => frame?.$case === 'command' && frame.value.commandId === commandId)
    if (at < 0 || this.#ended) return false
    this.#normal.splice(at, 1)
    return true
  }

  /** Cancels, acks and everything that is not a command: ahead of all commands, and without credits. */
  send(frame: FrameBody): void {
    this.#urgent.push({ frame })
    this.#schedule()
  }

  /** Says goodbye and ends the stream. */
  end(frame?: FrameBody): void {
    if (this.#ended) return
    this.#ended = true
    if (frame) this.#stream.write({ frames: [{ frame }] })
    this.#stream.end()
  }

  /** Frames of one turn of the event loop share messages; the first of an idle stream goes at once with them. */
  #schedule(): void {
    if (this.#scheduled || this.#writing || this.#ended) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#write()
    })
  }

  #write(): void {
    if (this.#ended || this.#writing) return
    const frames = this.#urgent.splice(0, FRAMES_PER_MESSAGE)
    frames.push(...this.#normal.splice(0, FRAMES_PER_MESSAGE - frames.length))
    if (frames.length === 0) return
    this.#writing = true
    // grpc-js holds one message in flight; writing the next when this one is out keeps a cancel from queueing behind.
    this.#stream.write({ frames }, () => {
      this.#writing = false
      this.#write()
    })
  }
}
