import type { AgentClock } from '@muster/sdk/agent'

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
