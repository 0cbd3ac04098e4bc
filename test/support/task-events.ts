import WebSocket from 'ws'
import { within } from './within.ts'

const LONGEST_SILENCE_MS = 60_000

export interface TaskEvent {
  readonly seq: number
  readonly type: 'task.updated' | 'item.updated' | 'device.updated' | 'events.trimmed'
  readonly id: number
  readonly taskId?: number
  readonly status: string
  readonly at: string
}

/** A WebSocket client that keeps all it saw, and goes on from its last sequence number after a cut. */
export class TaskEvents {
  readonly seen: TaskEvent[] = []
  readonly #url: () => Promise<string>
  readonly #waiting = new Set<() => void>()
  #socket: WebSocket | undefined
  #closed = false

  /** @param url answers the address with a token and without `since` */
  constructor(url: () => Promise<string>) {
    this.#url = url
  }

  /** Connects, replaying everything after the last sequence number seen (from the beginning at first). */
  async connect(since = this.seen.at(-1)?.seq ?? 0): Promise<void> {
    this.#socket?.terminate()
    const socket = new WebSocket(`${await this.#url()}&since=${since}`)
    this.#socket = socket
    socket.on('message', (data) => {
      this.seen.push(JSON.parse((data as Buffer).toString('utf8')) as TaskEvent)
      for (const wake of this.#waiting) wake()
      this.#waiting.clear()
    })
    const opened = new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve())
      socket.once('error', reject)
    })
    await within(opened, 60_000, () => 'the WebSocket to open')
    socket.on('error', () => undefined)
  }

  /**
   * The first event that fits, seen already or still to come. Bounded by silence: a busy machine takes its time, and
   * one that hangs says nothing.
   */
  async find(what: string, fits: (event: TaskEvent) => boolean): Promise<TaskEvent> {
    const lastSeen = (): string => `${what}; last events ${JSON.stringify(this.seen.slice(-5))}`
    for (let looked = 0; ;) {
      const found = this.seen.slice(looked).find(fits)
      if (found) return found
      looked = this.seen.length
      await within(new Promise<void>((resolve) => this.#waiting.add(resolve)), LONGEST_SILENCE_MS, lastSeen)
    }
  }

  get closed(): boolean {
    return this.#closed
  }

  close(): void {
    this.#closed = true
    this.#socket?.terminate()
  }
}
