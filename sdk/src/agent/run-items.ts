import type { ErrorCode } from '@muster/proto'
import { AgentError, AgentStopping } from './agent-error.ts'
import { step } from './fault-points.ts'
import type { CommandContext, Outcome, SpendKind } from './handlers.ts'

/** What the phone says about a last tap: it counted, it did not, or it cannot be told. */
export type Settled = 'done' | 'not-done' | 'unknown'

/**
 * Something that happens at most once. It has one or more parts, each with a last tap of its own (a text, then a
 * picture, to the same person).
 */
export interface Effect<B> {
  readonly spend: SpendKind
  readonly parts: number
  /** Drives the phone up to just before the last tap, and reads what it shows now. */
  prepare(part: number): Promise<B>
  /** The last tap, and nothing else. */
  commit(part: number, baseline: B): Promise<void>
  /** Reads the screen right after the tap. */
  confirm(part: number, baseline: B): Promise<Settled>
  /** Reads the phone back from any screen, long after the tap, and compares it with the baseline. */
  probe(part: number, baseline: B): Promise<Settled>
  /** Checks a baseline that was read from the journal. Throws when it is none of its own. */
  readBaseline(json: unknown): B
}

export interface EffectItem<B> {
  readonly itemId: string
  effect(): Effect<B>
}

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
  let first = true
  for (const [index, item] of items.entries()) {
    if (context.recall(item.itemId).finished) continue
    const resumed = context.recall(item.itemId).openIntent !== undefined
    const refused = context.cancelled(item.itemId)
    if (!first && !refused && !resumed) await context.pause(pace.intervalMs + Math.random() * pace.jitterMs)
    const stop = await runItem(context, item)
    first = first && refused !== undefined
    if (stop) {
      for (const { itemId } of items.slice(index + 1)) {
        if (!context.recall(itemId).finished && !context.recall(itemId).openIntent) {
          await context.finish(itemId, { status: 'FAILED', code: stop.code, reason: `not attempted: ${stop.message}` })
        }
      }
    }
  }
}

/** Runs work that has no effect on anybody. What it throws becomes the item's outcome. */
export async function runRead(context: CommandContext, itemId: string, work: () => Promise<void>): Promise<void> {
  const cancelled = context.cancelled(itemId)
  if (cancelled) return await context.finish(itemId, cancelled)
  await context.started(itemId)
  try {
    await work()
    await context.finish(itemId, context.cancelled(itemId) ?? { status: 'SUCCEEDED' })
  } catch (error) {
    if (isStopping(context, error)) throw new AgentStopping()
    await context.finish(itemId, failed(error))
  }
}

/** Answers the error when it stops the account. */
async function runItem<B>(context: CommandContext, item: EffectItem<B>): Promise<AgentError | undefined> {
  const { itemId } = item
  try {
    const outcome = await attempt(context, itemId, item.effect())
    await step(context.faults, 'item.finish', async () => await context.finish(itemId, outcome))
    return undefined
  } catch (error) {
    if (isStopping(context, error)) throw new AgentStopping()
    // What a cancel broke off before any of it happened did not fail.
    const cancelled = context.recall(itemId).doneParts === 0 ? context.cancelled(itemId) : undefined
    await context.finish(itemId, cancelled ?? failed(error))
    return error instanceof AgentError && error.stopsAccount ? error : undefined
  }
}

/** Goes from what the journal knows to an outcome. Throws for errors before any effect of this attempt. */
async function attempt<B>(context: CommandContext, itemId: string, effect: Effect<B>): Promise<Outcome> {
  const memory = context.recall(itemId)
  let part = memory.doneParts
  if (memory.openIntent) {
    const { part: open, baseline } = memory.openIntent
    const settled = await settle(context, effect, open, baseline)
    if (settled === 'unknown') return UNKNOWN
    if (settled === 'done') {
      await context.done(itemId, open)
      part = open + 1
    } else await context.withdraw(itemId, open)
  }
  for (; part < effect.parts; part++) {
    const outcome = await runPart(context, itemId, effect, part)
    if (outcome) return outcome
  }
  return { status: 'SUCCEEDED' }
}

/** One part; answers the item's outcome when it ends here. */
async function runPart<B>(
  context: CommandContext,
  itemId: string,
  effect: Effect<B>,
  part: number,
): Promise<Outcome | undefined> {
  const { faults } = context
  // Between the parts of one item nothing is asked: half a message is worse than a late one.
  if (part === 0) {
    const refused = await step(faults, 'item.admit', async () => await context.admit(itemId, effect.spend))
    if (refused) return refused
    await step(faults, 'item.started', async () => await context.started(itemId))
  }
  const baseline = await step(faults, 'item.prepare', async () => await effect.prepare(part))
  const late = part === 0 ? context.cancelled(itemId) : undefined
  if (late) return late
  context.signal.throwIfAborted()
  await step(faults, 'item.intent', async () => await context.intent(itemId, part, baseline, effect.spend))
  const settled = await tapAndConfirm(context, effect, part, baseline)
  if (settled.error instanceof AgentError && settled.word === 'not-done') {
    await context.withdraw(itemId, part)
    throw settled.error
  }
  if (settled.word === 'not-done')
    return { status: 'FAILED', code: 'APP_NOT_READY', reason: 'the last tap had no effect' }
  if (settled.word === 'unknown') return UNKNOWN
  await step(faults, 'item.done', async () => await context.done(itemId, part))
  return undefined
}

/** After the intent nothing may be guessed: whatever goes wrong, the phone is read back. */
async function tapAndConfirm<B>(
  context: CommandContext,
  effect: Effect<B>,
  part: number,
  baseline: B,
): Promise<{ word: Settled; error?: unknown }> {
  const { faults } = context
  try {
    await step(faults, 'item.commit', async () => await effect.commit(part, baseline))
    const word = await step(faults, 'item.confirm', async () => await effect.confirm(part, baseline))
    return word === 'unknown' ? { word: await settle(context, effect, part, baseline) } : { word }
  } catch (error) {
    if (isStopping(context, error)) throw error
    context.log.warn(
      { err: error, commandId: context.commandId },
      'the last tap could not be confirmed; reading the phone back',
    )
    if (error instanceof AgentError && error.code === 'RISK_CONTROL') return { word: 'not-done', error }
    return { word: await settle(context, effect, part, baseline), error }
  }
}

async function settle<B>(
  context: CommandContext,
  effect: Effect<B>,
  part: number,
  baseline: unknown,
): Promise<Settled> {
  try {
    return await step(context.faults, 'item.probe', async () => await effect.probe(part, effect.readBaseline(baseline)))
  } catch (error) {
    if (isStopping(context, error)) throw error
    context.log.warn({ err: error, commandId: context.commandId }, 'the phone could not be read back')
    return 'unknown'
  }
}

const UNKNOWN: Outcome = {
  status: 'UNKNOWN_EFFECT',
  code: 'UNKNOWN_EFFECT',
  reason:
    'the agent was interrupted at the last tap and the phone does not show whether it counted; look before repeating it',
}

const isStopping = (context: CommandContext, error: unknown): boolean =>
  error instanceof AgentStopping || context.signal.reason instanceof AgentStopping

function failed(error: unknown): Outcome {
  if (error instanceof AgentError)
    return { status: 'FAILED', code: error.code, reason: error.message, evidence: error.evidence }
  const code: ErrorCode = 'APP_NOT_READY'
  return { status: 'FAILED', code, reason: error instanceof Error ? error.message : String(error) }
}
