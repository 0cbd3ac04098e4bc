import { errorInfo, type ErrorCode } from '@muster/proto'
import { AgentError, AgentStopping } from './agent-error.ts'
import { attempt, isStopping } from './attempt.ts'
import type { Effect, EffectItem } from './effect.ts'
import { step } from './fault-points.ts'
import type { CommandContext, ItemMemory, Outcome } from './handlers.ts'

export interface RunPace {
  /** Between the end of one item and the start of the next, in milliseconds. */
  readonly intervalMs: number
  /** Up to this much more, at random. */
  readonly jitterMs: number
}

/** Runs items one after the other. One that fails does not stop the others unless its error stops the account. */
export async function runItems<B>(
  context: CommandContext,
  items: readonly EffectItem<B>[],
  pace: RunPace = { intervalMs: 0, jitterMs: 0 },
): Promise<void> {
  let notBefore = Number.NEGATIVE_INFINITY
  for (const [index, item] of items.entries()) {
    const memory = context.recall(item.itemId)
    if (memory.finished) continue
    // What was begun in an earlier life has waited long enough.
    if (!memory.openIntent) await context.pause(item.itemId, notBefore - context.clock.monotonicMs())
    const outcome = await runItem(context, item)
    // Who was passed over needs no rest behind him.
    if (outcome.status !== 'CANCELLED' && outcome.status !== 'SKIPPED')
      notBefore = context.clock.monotonicMs() + pace.intervalMs + Math.random() * pace.jitterMs
    if (stopsAccount(outcome)) await leaveOut(context, items.slice(index + 1), outcome)
  }
}

/** Runs work that has no effect on anybody. What it throws becomes the item's outcome. */
export async function runRead(context: CommandContext, itemId: string, work: () => Promise<void>): Promise<void> {
  const cancelled = context.cancelled(itemId)
  if (cancelled) return await context.finish(itemId, cancelled)
  await context.started(itemId)
  try {
    if (context.stop) throw context.stop
    await work()
    await context.finish(itemId, context.cancelled(itemId) ?? { status: 'SUCCEEDED' })
  } catch (error) {
    if (isStopping(context, error)) throw new AgentStopping()
    await context.finish(itemId, failed(error))
  }
}

async function runItem<B>(context: CommandContext, item: EffectItem<B>): Promise<Outcome> {
  const { itemId } = item
  let effect: Effect<B> | undefined
  let outcome: Outcome
  try {
    effect = item.effect()
    outcome = await attempt(context, itemId, effect)
  } catch (error) {
    if (isStopping(context, error)) throw new AgentStopping()
    // What a cancel broke off before any of it happened did not fail.
    const cancelled = context.recall(itemId).doneParts === 0 ? context.cancelled(itemId) : undefined
    outcome = cancelled ?? failed(error)
  }
  const end = effect ? endOf(context.recall(itemId), effect, outcome) : outcome
  await step(context.faults, 'item.finish', async () => await context.finish(itemId, end))
  return end
}

/** Repeating an item of which a part took effect would repeat that part: nobody may take it for simply failed. */
function endOf<B>({ doneParts: done, answer }: ItemMemory, effect: Effect<B>, outcome: Outcome): Outcome {
  if (outcome.status === 'SUCCEEDED') return { reason: effect.note?.() ?? '', ...outcome, resultJson: answer }
  if (done === 0 || done === effect.parts || outcome.status === 'UNKNOWN_EFFECT') return outcome
  const what = effect.soFar?.(done) ?? `${done} of ${effect.parts} parts took effect, the next did not`
  return {
    ...outcome,
    status: 'UNKNOWN_EFFECT',
    reason: `${what}: ${outcome.reason ?? ''}; look before repeating it`,
  }
}

const stopsAccount = ({ code }: Outcome): boolean => code !== undefined && errorInfo(code).stops === 'account'

async function leaveOut<B>(context: CommandContext, items: readonly EffectItem<B>[], why: Outcome): Promise<void> {
  // Its own reason, where it is known: an item's also tells how far that item came.
  const reason = `not attempted: ${context.stop?.message ?? why.reason ?? ''}`
  for (const { itemId } of items) {
    const { finished, openIntent } = context.recall(itemId)
    if (finished || openIntent) continue
    await context.finish(itemId, context.cancelled(itemId) ?? { status: 'FAILED', code: why.code, reason })
  }
}

/** What an error before any effect makes of an item. */
export function failed(error: unknown): Outcome {
  if (error instanceof AgentError)
    return { status: 'FAILED', code: error.code, reason: error.message, evidence: error.evidence }
  const code: ErrorCode = 'APP_NOT_READY'
  return { status: 'FAILED', code, reason: error instanceof Error ? error.message : String(error) }
}
