import { setImmediate as endOfTurn } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Clock } from '../../infra/clock.ts'
import type { FaultPoints } from '../../infra/fault-points.ts'
import type { CommandClaims } from '../../fleet/commands/claim.ts'
import type { CommandQueue } from '../../fleet/commands/queue.ts'
import type { SessionRegistry } from './registry.ts'
import { STALE } from '../../fleet/commands/session-facts.ts'

/** Devices served in one write: enough to share its cost, few enough to let acks in between. */
const DEVICES_PER_TURN = 200
const RETRY_MS = 1000

export interface DispatcherDeps {
  readonly clock: Clock
  readonly faults: FaultPoints
  readonly log: Logger
  readonly claims: CommandClaims
  readonly queue: Pick<CommandQueue, 'dueDevices'>
  readonly registry: SessionRegistry
}

/** Claims commands for devices that can take them, and writes them on their streams: in order for each device. */
export class Dispatcher {
  readonly #deps: DispatcherDeps
  readonly #waiting = new Set<number>()
  #running: Promise<void> | undefined
  #stopped = false

  constructor(deps: DispatcherDeps) {
    this.#deps = deps
  }

  ring(deviceIds: readonly number[]): void {
    for (const deviceId of deviceIds) {
      if ((this.#deps.registry.get(deviceId)?.room ?? 0) > 0) this.#waiting.add(deviceId)
    }
    if (this.#waiting.size > 0 && !this.#running && !this.#stopped) {
      this.#running = this.#drain().finally(() => {
        this.#running = undefined
        if (this.#waiting.size > 0) this.ring([])
      })
    }
  }

  /** Rings for every connected device that has something due. */
  async sweep(): Promise<void> {
    const ready = [...this.#deps.registry.all()].filter((session) => session.room > 0)
    if (ready.length === 0) return
    this.ring(await this.#deps.queue.dueDevices(ready.map((session) => session.facts.deviceId)))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #drain(): Promise<void> {
    while (this.#waiting.size > 0 && !this.#stopped) {
      // Rings of one turn of the event loop share a write.
      await endOfTurn()
      const some = [...this.#waiting].slice(0, DEVICES_PER_TURN)
      for (const deviceId of some) this.#waiting.delete(deviceId)
      try {
        await this.#serve(some)
      } catch (error) {
        this.#deps.log.error({ err: error }, 'dispatch failed; trying again')
        this.#deps.clock.setTimeout(() => this.ring(some), RETRY_MS)
        return
      }
    }
  }

  async #serve(deviceIds: readonly number[]): Promise<void> {
    const { claims, faults, registry } = this.#deps
    const sessions = deviceIds.flatMap((deviceId) => registry.get(deviceId) ?? []).filter((session) => session.room > 0)
    if (sessions.length === 0) return
    faults.hit('dispatch.claim.before')
    const { claimed, again, stale } = await claims.claim(sessions)
    faults.hit('dispatch.claim.after')
    for (const deviceId of again) this.#waiting.add(deviceId)
    for (const session of stale) session.end({ $case: 'error', value: STALE })
    // A session that ended meanwhile loses nothing: its device's next Hello puts the command back in the queue.
    for (const { session, command, bytes } of claimed) session.sendCommand(command, bytes)
    if (claimed.length > 0) faults.hit('dispatch.write.after')
    const more = new Set(claimed.filter(({ session }) => session.room > 0).map(({ session }) => session.facts.deviceId))
    for (const deviceId of more) this.#waiting.add(deviceId)
  }
}
