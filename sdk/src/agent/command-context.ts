import {
  EffectClass,
  type AgentServiceClient,
  type Budget,
  type ErrorCode,
  type ItemOutcome,
  type MaterialRef,
  type SyncPage,
} from '@muster/proto'
import type { Logger } from 'pino'
import { localTime, refusedByBudget } from './budget.ts'
import { sleep, type AgentClock } from './clock.ts'
import { AgentError } from './agent-error.ts'
import type { EffectPace } from './effect-pace.ts'
import type { FaultPoints } from './fault-points.ts'
import type { CommandContext, ItemMemory, Outcome, Refused, SpendKind } from './handlers.ts'
import type { Journal } from './journal.ts'
import type { JournalEntry } from './journal-state.ts'
import { uploadEvidence } from './media.ts'
import { begunItem, outcomeOf } from './results.ts'
import type { FrameBody } from './session.ts'

/** What a running command needs of the agent around it. */
export interface RunEnvironment {
  readonly journal: Journal
  readonly clock: AgentClock
  readonly log: Logger
  readonly faults: FaultPoints
  readonly pace: EffectPace
  budget(): Budget | undefined
  /** Resolves when an effect of the command may begin; rejects when the signal aborts first. */
  mayBegin(commandId: string, signal: AbortSignal): Promise<void>
  client(): AgentServiceClient | undefined
  send(frame: FrameBody): void
  fetchMaterial(material: MaterialRef, signal: AbortSignal): Promise<string>
}

/** The context of one command that runs. */
export class RunningCommand implements CommandContext {
  readonly commandId: string
  readonly accountWechatId: string
  readonly effectClass: EffectClass
  readonly signal: AbortSignal
  readonly log: Logger
  readonly faults: FaultPoints
  readonly clock: AgentClock
  /** Kept until the result is acknowledged: a stream that broke may have lost some. */
  readonly pages: SyncPage[] = []
  readonly #entry: JournalEntry
  readonly #env: RunEnvironment
  readonly #cancels = new Map<string, AbortController>()
  #wake = new AbortController()

  constructor(entry: JournalEntry, env: RunEnvironment, signal: AbortSignal) {
    this.commandId = entry.commandId
    this.accountWechatId = entry.command?.accountWechatId ?? ''
    this.effectClass = entry.command?.effectClass ?? EffectClass.UNSPECIFIED
    this.signal = signal
    this.log = env.log
    this.faults = env.faults
    this.clock = env.clock
    this.#entry = entry
    this.#env = env
  }

  /** A cancel or another budget came in: what waits looks again, and what was cancelled is broken off. */
  interrupt(): void {
    this.#wake.abort()
    this.#wake = new AbortController()
    for (const itemId of this.#cancels.keys()) this.#breakOff(itemId)
  }

  recall(itemId: string): ItemMemory {
    return this.#env.journal.recall(this.commandId, itemId)
  }

  get stop(): AgentError | undefined {
    const { stop } = this.#entry
    return stop && new AgentError(stop.code, stop.reason)
  }

  async stopSeen({ code, message }: AgentError): Promise<void> {
    await this.#env.journal.stopSeen(this.commandId, { code, reason: message })
  }

  cancelled(itemId: string): Refused | undefined {
    const request = this.#entry.cancel ?? this.#entry.cancelledItems.get(itemId)
    return request && { status: CANCEL_STATUS[request.code] ?? 'CANCELLED', code: request.code, reason: request.reason }
  }

  cancelSignal(itemId: string): AbortSignal {
    const own = this.#cancels.get(itemId) ?? new AbortController()
    this.#cancels.set(itemId, own)
    this.#breakOff(itemId)
    return AbortSignal.any([this.signal, own.signal])
  }

  async admit(itemId: string, spend: SpendKind | undefined): Promise<Refused | undefined> {
    for (;;) {
      const cancelled = this.cancelled(itemId)
      if (cancelled) return cancelled
      if (!(await this.#mayBegin())) continue
      const budget = this.#env.budget()
      const now = localTime(this.clock.now(), budget?.timeZone || 'UTC')
      const spent = spend === undefined ? 0 : this.#env.journal.spent(spend, now.day, itemId)
      const refused = refusedByBudget(budget, spend, spent, now)
      if (refused || spend === undefined) return refused
      const restMs = this.#env.pace.restMs(budget?.minIntervalMs ?? 0)
      if (restMs <= 0) return undefined
      await sleep(this.clock, restMs, AbortSignal.any([this.signal, this.#wake.signal]))
    }
  }

  /** False when something came in while waiting, which may be meant for another item. */
  async #mayBegin(): Promise<boolean> {
    const wake = this.#wake.signal
    try {
      await this.#env.mayBegin(this.commandId, AbortSignal.any([this.signal, wake]))
      return true
    } catch (error) {
      if (this.signal.aborted || !wake.aborted) throw error
      return false
    }
  }

  async started(itemId: string): Promise<void> {
    // The plane takes a journal that does not know what was said from it for one put back from a backup.
    if (this.effectClass === EffectClass.ONCE) await this.#env.journal.began(this.commandId, itemId)
    this.#tell(begunItem(itemId, this.clock.now()))
  }

  async intent(itemId: string, part: number, baseline: unknown, spend: SpendKind | undefined): Promise<void> {
    const { journal, pace } = this.#env
    if (spend === undefined) return await journal.intent(this.commandId, itemId, { part, baseline })
    const { day } = localTime(this.clock.now(), this.#env.budget()?.timeZone || 'UTC')
    pace.effect()
    await journal.intent(this.commandId, itemId, { part, baseline, spend, day })
  }

  async done(itemId: string, part: number, answer?: string): Promise<void> {
    if (this.#env.journal.hasSpent(itemId)) this.#env.pace.effect()
    await this.#env.journal.done(this.commandId, itemId, part, answer)
  }

  async withdraw(itemId: string, part: number): Promise<void> {
    await this.#env.journal.withdrawn(this.commandId, itemId, part)
  }

  async finish(itemId: string, outcome: Outcome): Promise<void> {
    if (this.recall(itemId).finished) return
    this.#cancels.delete(itemId)
    const evidenceId = outcome.evidence
      ? await uploadEvidence(this.#env.client(), this.commandId, itemId, outcome.evidence)
      : ''
    const wire: ItemOutcome = { ...outcomeOf(itemId, outcome, this.clock.now()), evidenceId }
    await this.#env.journal.outcome(this.commandId, wire)
    this.#tell(wire)
  }

  progress(step: string): void {
    this.#env.send({
      $case: 'progress',
      value: { commandId: this.commandId, itemId: '', step, checkpoint: '', outcome: undefined, page: undefined },
    })
  }

  async page(page: SyncPage): Promise<void> {
    this.pages.push(page)
    this.#env.send(pageFrame(this.commandId, page))
  }

  async fetchMaterial(material: MaterialRef, signal: AbortSignal = this.signal): Promise<string> {
    return await this.#env.fetchMaterial(material, signal)
  }

  async pause(itemId: string, ms: number): Promise<void> {
    await sleep(this.clock, ms, this.cancelSignal(itemId))
  }

  #breakOff(itemId: string): void {
    const refused = this.cancelled(itemId)
    if (refused) this.#cancels.get(itemId)?.abort(new AgentError(refused.code, refused.reason))
  }

  #tell(outcome: ItemOutcome): void {
    const { itemId } = outcome
    this.#env.send({
      $case: 'progress',
      value: { commandId: this.commandId, itemId, step: '', checkpoint: '', outcome, page: undefined },
    })
  }
}

/** An item that is stopped because of its receiver was skipped, not cancelled by a person. */
const CANCEL_STATUS: Partial<Record<ErrorCode, Refused['status']>> = { OPTED_OUT: 'SKIPPED' }

export const pageFrame = (commandId: string, page: SyncPage): FrameBody => ({
  $case: 'progress',
  value: { commandId, itemId: '', step: '', checkpoint: '', outcome: undefined, page },
})
