import type { AgentClock } from './clock.ts'
import type { Journal } from './journal.ts'

export interface PermissionDeps {
  readonly journal: Journal
  readonly clock: AgentClock
  /** Whether the plane has taken the agent in. */
  connected(): boolean
  /** When the plane was last heard, on the monotonic clock. */
  heardAt(): number
}

/** Whether an effect may begin: cancel and kill switch have to be able to reach it. */
export class Permission {
  readonly #deps: PermissionDeps
  /** Held commands the plane has said to go on with, or gave in this life. */
  readonly #confirmed = new Set<string>()
  #changed = Promise.withResolvers<void>()

  constructor(deps: PermissionDeps) {
    this.#deps = deps
  }

  confirm(commandId: string): void {
    this.#confirmed.add(commandId)
  }

  forget(commandId: string): void {
    this.#confirmed.delete(commandId)
  }

  /** Something changed that a waiting command may depend on. */
  lookAgain(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }

  /** Resolves once there is a session, or the lease still runs; rejects when the signal aborts first. */
  async toBegin(commandId: string, signal: AbortSignal): Promise<void> {
    const { journal, clock } = this.#deps
    const leaseMs = journal.entry(commandId)?.command?.leaseMs ?? 0
    for (;;) {
      signal.throwIfAborted()
      const live = this.#deps.connected() || clock.monotonicMs() < this.#deps.heardAt() + leaseMs
      if (live && this.#confirmed.has(commandId)) return
      await Promise.race([this.#changed.promise, aborted(signal)])
    }
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
