/** A timer that was set; `cancel` may be called at any time. */
export interface Timer {
  cancel(): void
}

/** Time as the plane sees it, so that tests can hold it still. */
export interface Clock {
  now(): Date
  /** Milliseconds that never jump. */
  monotonicMs(): number
  setTimeout(work: () => void, ms: number): Timer
}

/** Longest delay a Node timer takes; beyond it, it would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  setTimeout: (work, ms) => {
    const timer = setTimeout(work, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS))
    return { cancel: () => clearTimeout(timer) }
  },
}
