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
