import type { ServerDuplexStream, ServiceError } from '@grpc/grpc-js'
import type { Command, ConnectRequest, ConnectResponse, GatewayFrame } from '@muster/proto'
import type { DownFrame, LedgerSession, SessionFacts } from '../../fleet/commands/session-facts.ts'

export type SessionStream = ServerDuplexStream<ConnectRequest, ConnectResponse>

/** How many frames go out in one message: enough to pay for the message, few enough to leave room for a cancel. */
const FRAMES_PER_MESSAGE = 64
/** Commands share a message up to this size; an agent takes 8 MiB, and no command comes near that. */
const BYTES_PER_MESSAGE = 1024 * 1024

interface WaitingCommand extends GatewayFrame {
  readonly bytes: number
}

/** One live stream of one agent. */
export class Session implements LedgerSession {
  readonly facts: SessionFacts
  /** Commands on the phone that have no result. */
  readonly outstanding = new Set<string>()
  readonly #onRoom: () => void
  /** The agent has the epoch on its disk: commands may be written. */
  ready = false
  credits: number
  heardAt: number
  readonly #stream: SessionStream
  readonly #urgent: GatewayFrame[] = []
  readonly #normal: WaitingCommand[] = []
  #writing = false
  #scheduled = false
  #ended = false

  /**
   * @param nowMs monotonic milliseconds
   * @param onRoom called when commands of the session have ended
   */
  constructor(stream: SessionStream, facts: SessionFacts, nowMs: number, onRoom: () => void = () => undefined) {
    this.#stream = stream
    this.facts = facts
    this.credits = facts.credits
    this.heardAt = nowMs
    this.#onRoom = onRoom
  }

  get ended(): boolean {
    return this.#ended
  }

  /** How many more commands the agent takes now. */
  get room(): number {
    return this.ready && !this.#ended ? Math.max(0, this.credits - this.outstanding.size) : 0
  }

  /** @param bytes how large it is on the wire, about */
  sendCommand(command: Command, bytes: number): void {
    this.outstanding.add(command.commandId)
    this.#normal.push({ frame: { $case: 'command', value: command }, bytes })
    this.#schedule()
  }

  release(commandIds: readonly string[]): void {
    for (const commandId of commandIds) this.outstanding.delete(commandId)
    this.#onRoom()
  }

  /** Takes a command back that still waits here. True when it did: then the phone never had a byte of it. */
  withdraw(commandId: string): boolean {
    const at = this.#normal.findIndex(({ frame }) => frame?.$case === 'command' && frame.value.commandId === commandId)
    if (at < 0 || this.#ended) return false
    this.#normal.splice(at, 1)
    return true
  }

  /** Cancels, acks and everything that is not a command: ahead of all commands, and without credits. */
  send(frame: DownFrame): void {
    this.#urgent.push({ frame })
    this.#schedule()
  }

  /** Says goodbye and ends the stream. */
  end(frame?: DownFrame): void {
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
    frames.push(...this.#commands(FRAMES_PER_MESSAGE - frames.length, frames.length === 0))
    if (frames.length === 0) return
    this.#writing = true
    // grpc-js holds one message in flight; writing the next when this one is out keeps a cancel from queueing behind.
    this.#stream.write({ frames }, () => {
      this.#writing = false
      this.#write()
    })
  }

  /** The next commands that fit into one message. @param alone one that fits into none goes by itself */
  #commands(most: number, alone: boolean): GatewayFrame[] {
    let bytes = 0
    let count = 0
    for (const next of this.#normal.slice(0, most)) {
      bytes += next.bytes
      if (bytes > BYTES_PER_MESSAGE && !(alone && count === 0)) break
      count++
    }
    return this.#normal.splice(0, count)
  }
}

/** Ends a stream with a status. A stream that is destroyed sends none, and its client would wait for ever. */
export const endWithStatus = (stream: NodeJS.EventEmitter, error: Partial<ServiceError>): void =>
  void stream.emit('error', error)
