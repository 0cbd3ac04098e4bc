import type { Command } from '@muster/proto'
import { AgentError } from './agent-error.ts'
import type { AgentClock, AgentTimer } from './clock.ts'

/** How long a handler may go on after its signal was aborted. */
const HANG_GRACE_MS = 60_000
/** Longest wait a timer takes; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface RunLimitDeps {
  readonly clock: AgentClock
  /** The handler does not end though its time is over. */
  readonly onHung: (error: Error) => void
}

/**
 * The time a command may run. It stands still while the command waits for the plane's word: how long that takes is not
 * the command's doing, and what is left of it is to be done afterwards.
 */
export class RunLimit {
  readonly #command: Command
  readonly #deps: RunLimitDeps
  readonly #over = new AbortController()
  #leftMs: number
  #since: number
  #timer: AgentTimer
  #ended = false

  constructor(command: Command, deps: RunLimitDeps) {
    this.#command = command
    this.#deps = deps
    this.#leftMs = Math.min(command.maxRunMs || LONGEST_TIMER_MS, LONGEST_TIMER_MS)
    this.#since = deps.clock.monotonicMs()
    this.#timer = this.#start()
  }

  /** Aborts with TOO_LATE when the time is over. */
  get signal(): AbortSignal {
    return this.#over.signal
  }

  /** Waits for something without using up the time. */
  async outside<T>(wait: () => Promise<T>): Promise<T> {
    if (this.#over.signal.aborted) return await wait()
    this.#timer.cancel()
    this.#leftMs -= this.#deps.clock.monotonicMs() - this.#since
    try {
      return await wait()
    } finally {
      this.#since = this.#deps.clock.monotonicMs()
      // A handler may have left without waiting for this.
      if (!this.#ended) this.#timer = this.#start()
    }
  }

  /** The command has ended. */
  end(): void {
    this.#ended = true
    this.#timer.cancel()
  }

  #start(): AgentTimer {
    return this.#deps.clock.setTimeout(() => this.#abort(), Math.max(0, this.#leftMs))
  }

  #abort(): void {
    const { clock, onHung } = this.#deps
    this.#over.abort(new AgentError('TOO_LATE', 'the command ran longer than it may'))
    const hung = new Error(`the handler of command ${this.#command.commandId} does not end`)
    this.#timer = clock.setTimeout(() => onHung(hung), HANG_GRACE_MS)
  }
}
