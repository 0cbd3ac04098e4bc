import type { AgentClock } from '@muster/sdk/agent'
import type { Clock } from '../../control-plane/src/infra/clock.ts'

interface Entry {
  readonly due: number
  readonly work: () => void
}

/** Time that stands still until a test moves it. Serves the plane and, through `forAgent`, the kit. */
export class FakeClock implements Clock {
  readonly #timers = new Set<Entry>()
  #now: number

  constructor(now = Date.now()) {
    this.#now = now
  }

  now(): Date {
    return new Date(this.#now)
  }

  monotonicMs(): number {
    return this.#now
  }

  setTimeout(work: () => void, ms: number): { cancel(): void } {
    const entry = { due: this.#now + ms, work }
    this.#timers.add(entry)
    return { cancel: () => void this.#timers.delete(entry) }
  }

  forAgent(): AgentClock {
    return {
      now: () => this.#now,
      monotonicMs: () => this.#now,
      setTimeout: (work, ms) => this.setTimeout(work, ms),
    }
  }

  /** Moves time on and fires what became due, in order; what those set is due in its turn. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0]
      if (!next) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.due)
      next.work()
    }
    this.#now = end
  }

  /** Lets time pass, a second at each turn of the event loop, until the promise settles. */
  async passUntil<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const watched = promise.finally(() => {
      settled = true
    })
    watched.catch(() => undefined)
    while (!settled) {
      this.advance(1000)
      await new Promise((resolve) => setImmediate(resolve))
    }
    return await watched
  }
}

const START = Date.UTC(2026, 2, 2, 12)

/** A timer this long is the limit of a command, and no wait: it is never due. */
const LIMIT_MS = 24 * 3_600_000

/**
 * Time in which waiting costs nothing: a timer is due at the next turn of the event loop, and only timers move it.
 *
 * `FakeClock` cannot do this. It has to be told how far to go, so whoever calls into the agent would have to move it
 * meanwhile; and where the driver talks over a socket, each turn of the event loop would take a second from the waits
 * that are bounded, so that the machine's load decided which of them run out.
 */
export class LeapingClock implements AgentClock {
  #now = START

  now(): number {
    return this.#now
  }

  monotonicMs(): number {
    return this.#now
  }

  setTimeout(work: () => void, ms: number): { cancel(): void } {
    if (ms >= LIMIT_MS) return { cancel: () => undefined }
    const timer = setImmediate(() => {
      this.leap(ms)
      work()
    })
    return { cancel: () => clearImmediate(timer) }
  }

  leap(ms: number): void {
    this.#now += ms
  }
}
