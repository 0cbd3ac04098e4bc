import { setImmediate as endOfTurn } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Clock, Timer } from '../infra/clock.ts'
import type { Chore } from '../infra/database/retention.ts'
import type { Lease } from '../infra/lease.ts'

const EVERY_MS = 60_000

export interface HousekeepingDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly lease: Lease
  readonly chores: readonly Chore[]
}

/** Keeps tables that only grow from growing for ever. */
export class Housekeeping {
  readonly #deps: HousekeepingDeps
  #timer: Timer | undefined
  #running: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(deps: HousekeepingDeps) {
    this.#deps = deps
  }

  start(): void {
    if (this.#stopped) return
    this.#timer = this.#deps.clock.setTimeout(() => {
      this.#running = this.sweep().finally(() => this.start())
    }, EVERY_MS)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#running
  }

  /** Does every chore until nothing is left to drop, while this node owns them; others write in between. */
  async sweep(): Promise<void> {
    for (const chore of this.#deps.chores) {
      try {
        while (!this.#stopped && (await this.#deps.lease.owns('housekeeping')) && (await chore())) await endOfTurn()
      } catch (error) {
        this.#deps.log.error({ err: error }, 'housekeeping failed; it is tried again')
      }
    }
  }
}
