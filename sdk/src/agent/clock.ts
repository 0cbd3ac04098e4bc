/** A timer that was set. */
export interface AgentTimer {
  cancel(): void
}

/** Time as the agent sees it, so that tests can hold it still. */
export interface AgentClock {
  /** Milliseconds since 1970. */
  now(): number
  /** Milliseconds that never jump. */
  monotonicMs(): number
  setTimeout(work: () => void, ms: number): AgentTimer
}

export const systemClock: AgentClock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimeout: (work, ms) => {
    const timer = setTimeout(work, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Resolves after `ms`, or at once when the signal aborts; never throws. */
export async function sleep(clock: AgentClock, ms: number, signal?: AbortSignal): Promise<void> {
  if (ms <= 0 || signal?.aborted) return
  await new Promise<void>((resolve) => {
    const end = (): void => {
      timer.cancel()
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = clock.setTimeout(end, ms)
    signal?.addEventListener('abort', end, { once: true })
  })
}
