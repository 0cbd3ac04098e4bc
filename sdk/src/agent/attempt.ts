import { AgentError, AgentStopping } from './agent-error.ts'
import { NotTapped, type Effect, type Settled } from './effect.ts'
import { step } from './fault-points.ts'
import type { CommandContext, Outcome } from './handlers.ts'

/** How often a part is prepared when its last tap proves to have had no effect. */
const MOST_TRIES = 3

/** What is known after a last tap, and what went wrong on the way to knowing it. */
interface Known {
  readonly word: Settled
  readonly error?: unknown
}

/** Goes from what the journal knows to an outcome. Throws for errors before any effect of this attempt. */
export async function attempt<B>(context: CommandContext, itemId: string, effect: Effect<B>): Promise<Outcome> {
  const memory = context.recall(itemId)
  let part = memory.doneParts
  if (memory.openIntent) {
    const { part: open, baseline } = memory.openIntent
    const { word, error } = await settle(context, effect, open, baseline)
    if (word === 'unknown') return unknownEffect(worseOf(error, context.stop))
    if (word === 'done') {
      await context.done(itemId, open, effect.answer?.())
      part = open + 1
      const end = afterDone(context.stop, part === effect.parts)
      if (end) return end
    } else await context.withdraw(itemId, open)
  }
  // An earlier life saw it and closed it; nothing shows it any more.
  if (context.stop) throw context.stop
  for (const first = part; part < effect.parts; part++) {
    const outcome = await runPart(context, itemId, effect, { part, begins: part === first })
    if (outcome) return outcome
  }
  return { status: 'SUCCEEDED' }
}

/** A part of an item, and whether this life of the agent begins the item with it. */
interface Turn {
  readonly part: number
  readonly begins: boolean
}

/** One part; answers the item's outcome when it ends here. */
async function runPart<B>(
  context: CommandContext,
  itemId: string,
  effect: Effect<B>,
  { part, begins }: Turn,
): Promise<Outcome | undefined> {
  const { faults } = context
  // Between the parts of one item nothing is asked: half a message is worse than a late one. A restart is another
  // matter: nobody knows what the plane has said to the dead.
  if (begins) {
    const refused = await step(faults, 'item.admit', async () => await context.admit(itemId, effect.spend))
    if (refused) return refused
    await step(faults, 'item.started', async () => await context.started(itemId))
  }
  for (let tries = 1; ; tries++) {
    const signal = begins ? context.cancelSignal(itemId) : context.signal
    const baseline = await step(faults, 'item.prepare', async () => await effect.prepare(part, signal))
    signal.throwIfAborted()
    await step(faults, 'item.intent', async () => await context.intent(itemId, part, baseline, effect.spend))
    const { word, error } = await tapAndConfirm(context, effect, part, baseline)
    if (word === 'unknown') return unknownEffect(error)
    if (word === 'done') {
      await step(faults, 'item.done', async () => await context.done(itemId, part, effect.answer?.()))
      return afterDone(error, part + 1 === effect.parts)
    }
    await context.withdraw(itemId, part)
    if (error instanceof AgentError) throw error
    if (tries === MOST_TRIES) {
      const why = error instanceof Error ? `: ${error.message}` : ''
      return { status: 'FAILED', code: 'APP_NOT_READY', reason: `the last tap had no effect${why}` }
    }
  }
}

/** An account that has to stop does so although the tap counted. */
function afterDone(error: unknown, wasLast: boolean): Outcome | undefined {
  if (!(error instanceof AgentError) || !error.stopsAccount) return undefined
  if (!wasLast) throw error
  const { code, message, evidence } = error
  return { status: 'SUCCEEDED', code, reason: `it took effect, and then: ${message}`, evidence }
}

/** After the intent nothing may be guessed: whatever goes wrong, the phone is read back. */
async function tapAndConfirm<B>(context: CommandContext, effect: Effect<B>, part: number, baseline: B): Promise<Known> {
  const { faults } = context
  try {
    await step(faults, 'item.commit', async () => await effect.commit(part, baseline))
    const word = await step(faults, 'item.confirm', async () => await effect.confirm(part, baseline))
    return word === 'unknown' ? await settle(context, effect, part, baseline) : { word }
  } catch (error) {
    if (isStopping(context, error)) throw error
    if (error instanceof NotTapped) return { word: 'not-done', error: error.cause }
    context.log.warn(
      { err: error, commandId: context.commandId },
      'the last tap could not be confirmed; reading the phone back',
    )
    const read = await settle(context, effect, part, baseline)
    return { word: read.word, error: worseOf(error, read.error) }
  }
}

/** What stops the account counts most, then what has a code, then what came first. */
function worseOf(first: unknown, second: unknown): unknown {
  const both = [first, second].filter((error) => error instanceof AgentError)
  return both.find((error) => error.stopsAccount) ?? both[0] ?? first
}

async function settle<B>(context: CommandContext, effect: Effect<B>, part: number, baseline: unknown): Promise<Known> {
  try {
    const word = await step(
      context.faults,
      'item.probe',
      async () => await effect.probe(part, effect.readBaseline(baseline)),
    )
    return { word }
  } catch (error) {
    if (isStopping(context, error)) throw error
    context.log.warn({ err: error, commandId: context.commandId }, 'the phone could not be read back')
    return { word: 'unknown', error }
  }
}

const UNKNOWN_REASON =
  'the agent was interrupted at the last tap and the phone does not show whether it counted; look before repeating it'

/** Nobody knows, but what has to stop the account does so all the same. */
function unknownEffect(error: unknown): Outcome {
  const known = error instanceof AgentError ? error : undefined
  return {
    status: 'UNKNOWN_EFFECT',
    code: known?.stopsAccount ? known.code : 'UNKNOWN_EFFECT',
    reason: known ? `${UNKNOWN_REASON}: ${known.message}` : UNKNOWN_REASON,
    evidence: known?.evidence,
  }
}

/** The agent shuts down: nothing may be concluded from what was broken off. */
export const isStopping = (context: CommandContext, error: unknown): boolean =>
  error instanceof AgentStopping || context.signal.reason instanceof AgentStopping
