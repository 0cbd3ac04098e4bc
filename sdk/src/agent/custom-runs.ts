import { resultProblem } from '@muster/proto'
import type { CustomContext, Found, Json, OnceCommand, RepeatableCommand } from './custom-definition.ts'
import type { Effect, Settled } from './effect.ts'
import { step } from './fault-points.ts'
import type { CommandContext, Outcome } from './handlers.ts'
import { failed, runItems } from './run-items.ts'

/** Runs a command that reads or is idempotent, unless an earlier life of the agent has ended it. */
export async function runRepeatable<P>(
  definition: RepeatableCommand<P>,
  payload: P,
  itemId: string,
  context: CommandContext,
): Promise<void> {
  if (context.recall(itemId).finished) return
  const cancelled = context.cancelled(itemId)
  if (cancelled) return await context.finish(itemId, cancelled)
  await step(context.faults, 'item.started', async () => await context.started(itemId))
  let outcome: Outcome
  try {
    const result = await definition.run(payload, contextOf(itemId, context, context.cancelSignal(itemId)))
    outcome = { status: 'SUCCEEDED', resultJson: jsonOf('the result', result) }
  } catch (error) {
    // What the stopping of the agent or of the command broke off is not the handler's failure.
    context.signal.throwIfAborted()
    outcome = context.cancelled(itemId) ?? failed(error)
  }
  await step(context.faults, 'item.finish', async () => await context.finish(itemId, outcome))
}

/** Runs a command that takes effect at most once. */
export async function runOnce<P, B extends Json>(
  definition: OnceCommand<P, B>,
  payload: P,
  itemId: string,
  context: CommandContext,
): Promise<void> {
  const contextFor = (signal: AbortSignal): CustomContext => contextOf(itemId, context, signal)
  const effect = (): Effect<B> => new OnceEffect(definition, payload, { contextFor, signal: context.signal })
  await runItems(context, [{ itemId, effect }])
}

interface OnceDeps {
  contextFor(signal: AbortSignal): CustomContext
  /** Aborts when the command has to stop, never by a cancel. */
  readonly signal: AbortSignal
}

/** A command of an agent author in the hands of the kit. */
class OnceEffect<P, B extends Json> implements Effect<B> {
  readonly parts = 1
  readonly #definition: OnceCommand<P, B>
  readonly #payload: P
  readonly #deps: OnceDeps
  #answer: string | undefined
  #note: string | undefined

  constructor(definition: OnceCommand<P, B>, payload: P, deps: OnceDeps) {
    this.#definition = definition
    this.#payload = payload
    this.#deps = deps
  }

  /** A copy by way of JSON, so that this life sees what a later one would. */
  async prepare(_part: number, signal: AbortSignal): Promise<B> {
    const before = await this.#definition.prepare?.(this.#payload, this.#deps.contextFor(signal))
    return JSON.parse(jsonOf('what prepare answers', before) ?? 'null') as B
  }

  async commit(_part: number, before: B): Promise<void> {
    this.#keep(await this.#definition.commit(this.#payload, before, this.#context()))
  }

  async confirm(_part: number, before: B): Promise<Settled> {
    const found = await this.#definition.confirm?.(this.#payload, before, this.#context())
    return this.#settled(found ?? 'done')
  }

  async probe(_part: number, before: B): Promise<Settled> {
    const found = await this.#definition.probe?.(this.#payload, before, this.#context())
    return this.#settled(found ?? 'unknown')
  }

  readBaseline(json: unknown): B {
    return json as B
  }

  answer(): string | undefined {
    return this.#answer
  }

  note(): string | undefined {
    return this.#note
  }

  #context(): CustomContext {
    return this.#deps.contextFor(this.#deps.signal)
  }

  #settled(found: Found): Settled {
    if (typeof found === 'string') return found
    this.#keep(found.done)
    return 'done'
  }

  /** A result that cannot be kept is left out: the command took effect all the same. */
  #keep(result: Json | void): void {
    try {
      this.#answer = jsonOf('the result', result)
    } catch (error) {
      this.#note = `it took effect; its result is left out: ${error instanceof Error ? error.message : String(error)}`
    }
  }
}

const contextOf = (itemId: string, context: CommandContext, signal: AbortSignal): CustomContext => ({
  commandId: context.commandId,
  itemId,
  signal,
  log: context.log,
  progress: (name) => context.progress(name),
})

/** A value as JSON; undefined when there is none. Throws when it cannot be said in JSON or is too large. */
function jsonOf(what: string, value: Json | void): string | undefined {
  const json = JSON.stringify(value) as string | undefined
  const problem = json === undefined ? undefined : resultProblem(json)
  if (problem !== undefined) throw new Error(`${what}: ${problem}`)
  return json
}
