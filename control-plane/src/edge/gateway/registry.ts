import type { Session } from './session.ts'

const CLONE_WINDOW_MS = 60_000
const CLONE_TAKEOVERS = 3

/** The live sessions of this gateway. */
export class SessionRegistry {
  readonly #sessions = new Map<number, Session>()
  readonly #byAccount = new Map<number, Session>()
  readonly #takeovers = new Map<number, { readonly at: number; readonly bootId: string }[]>()

  get size(): number {
    return this.#sessions.size
  }

  get(deviceId: number): Session | undefined {
    return this.#sessions.get(deviceId)
  }

  ofAccount(accountId: number): Session | undefined {
    return this.#byAccount.get(accountId)
  }

  all(): IterableIterator<Session> {
    return this.#sessions.values()
  }

  /** The newest wins; answers the one it took the place of. */
  add(session: Session): Session | undefined {
    const { deviceId, accountId } = session.facts
    const older = this.#sessions.get(deviceId)
    this.#sessions.set(deviceId, session)
    if (accountId !== null) this.#byAccount.set(accountId, session)
    return older
  }

  /** True when it was the device's current one. */
  remove(session: Session): boolean {
    const { deviceId, accountId } = session.facts
    if (this.#sessions.get(deviceId) !== session) return false
    this.#sessions.delete(deviceId)
    if (accountId !== null && this.#byAccount.get(accountId) === session) this.#byAccount.delete(accountId)
    return true
  }

  /**
   * Two live agents with one identity take the device from each other again and again; one that merely reconnects has
   * the boot id it had. True when a takeover makes that pattern.
   */
  isCloneLoop(deviceId: number, bootId: string, now: number): boolean {
    const live = this.#sessions.get(deviceId)
    if (!live || live.ended || live.facts.bootId === bootId) return false
    const recent = (this.#takeovers.get(deviceId) ?? []).filter((takeover) => takeover.at > now - CLONE_WINDOW_MS)
    recent.push({ at: now, bootId })
    this.#takeovers.set(deviceId, recent)
    const returned = new Set(recent.map((takeover) => takeover.bootId)).size < recent.length
    return recent.length >= CLONE_TAKEOVERS && returned
  }

  forgetTakeovers(deviceId: number): void {
    this.#takeovers.delete(deviceId)
  }
}
