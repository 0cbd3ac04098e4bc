import {
  CommandLevel,
  EffectClass,
  isErrorCode,
  type Budget,
  type Command,
  type CommandResult,
  type InFlight,
  type Resume,
} from '@muster/proto'
import { AgentError, AgentStopping } from './agent-error.ts'
import { RunningCommand, pageFrame, type RunEnvironment } from './command-context.ts'
import { step } from './fault-points.ts'
import { EffectPace } from './effect-pace.ts'
import type { CommandHandler } from './handlers.ts'
import { handlerOf, refusalOf, type Intake } from './intake.ts'
import type { CancelRequest, JournalEntry } from './journal-state.ts'
import { Permission } from './permission.ts'
import {
  begunItem,
  cancelledUnseen,
  itemIdsOf,
  outcomeOf,
  outcomesOf,
  resultOf,
  resultWithoutHandler,
  shortForm,
} from './results.ts'
import { RunLimit } from './run-limit.ts'

const LEVEL: Readonly<Record<JournalEntry['level'], CommandLevel>> = {
  RECEIVED: CommandLevel.RECEIVED,
  ACCEPTED: CommandLevel.ACCEPTED,
  STARTED: CommandLevel.STARTED,
  FINISHED: CommandLevel.FINISHED,
}
const LEASE_SHARE = 3

export interface DispatcherDeps extends Omit<RunEnvironment, 'mayBegin' | 'budget' | 'pace'>, Intake {
  /** Whether the plane has taken the agent in. */
  connected(): boolean
  /** When the plane was last heard, on the monotonic clock. */
  heardAt(): number
  /** The session's epoch. */
  epoch(): number
}

/** Takes commands in, runs one at a time in the order of arrival, and keeps each result until the plane has it. */
export class Dispatcher {
  readonly #deps: DispatcherDeps
  readonly #stopping = new AbortController()
  readonly #permission: Permission
  readonly #pace: EffectPace
  readonly #pages = new Map<string, { pages: RunningCommand['pages']; sentIn: number }>()
  readonly #renewedAt = new Map<string, number>()
  #running: RunningCommand | undefined
  #budget: Budget | undefined
  #arrivals: Promise<void> = Promise.resolve()
  #work: Promise<void> | undefined
  readonly #hung = Promise.withResolvers<Error>()

  constructor(deps: DispatcherDeps) {
    this.#deps = deps
    this.#permission = new Permission(deps)
    this.#pace = new EffectPace(deps.clock)
  }

  /** Goes on with what the journal holds. */
  start(): void {
    this.#wake()
  }

  /** Ends after the item in hand, or at once where it has not begun its last tap. */
  async stop(): Promise<void> {
    this.#stopping.abort(new AgentStopping())
    this.#permission.lookAgain()
    await this.#arrivals
    await this.#work
  }

  inFlight(): InFlight[] {
    return this.#deps.journal.open().map((entry) => ({
      commandId: entry.commandId,
      level: LEVEL[entry.level],
      items: [...entry.items].flatMap(
        ([itemId, item]) => item.outcome ?? (item.began ? begunItem(itemId, this.#deps.clock.now()) : []),
      ),
    }))
  }

  setBudget(budget: Budget | undefined): void {
    if (!budget) return
    this.#budget = budget
    this.#running?.interrupt()
  }

  resume(answers: readonly Resume[]): void {
    const words = new Map(answers.map((answer) => [answer.commandId, answer.action]))
    for (const entry of this.#deps.journal.open()) {
      const word = words.get(entry.commandId)
      if (word === 'RESUME_ACTION_FORGET') this.#forget(entry.commandId)
      else if (word === 'RESUME_ACTION_CANCEL')
        this.cancel(entry.commandId, [], 'CANCELLED', 'the plane had ended it while there was no session')
      this.#permission.confirm(entry.commandId)
      if (entry.result && entry.ackedAt === undefined) this.#sendResult(entry.result)
    }
    this.#permission.lookAgain()
    this.#wake()
  }

  /** Resolves when every command that came so far is in the journal or refused. */
  async takenIn(): Promise<void> {
    await this.#arrivals
  }

  /** Resolves when a handler does not end though its time is over: only a new process gets the phone back from it. */
  get hung(): Promise<Error> {
    return this.#hung.promise
  }

  /** Commands of one message, in order. */
  receive(commands: readonly Command[]): void {
    const arrivedAt = this.#deps.clock.monotonicMs()
    this.#arrivals = this.#arrivals
      .then(async () => await this.#receive(commands, arrivedAt))
      .catch((error: unknown) => this.#deps.log.error({ err: error }, 'commands could not be taken in'))
  }

  /** Overtakes everything: what has not begun ends now, what runs ends after the item in hand. */
  cancel(commandId: string, itemIds: readonly string[], code: string, reason: string): void {
    const request: CancelRequest = { code: isErrorCode(code) ? code : 'CANCELLED', reason: reason || 'cancelled' }
    this.#cancel(commandId, itemIds, request).catch((error: unknown) =>
      this.#deps.log.error({ err: error }, 'a cancel could not be taken in'),
    )
  }

  acked(commandIds: readonly string[], error: string): void {
    for (const commandId of commandIds) {
      const result = this.#deps.journal.entry(commandId)?.result
      if (error === '' || result?.shortForm) this.#forget(commandId)
      else if (result)
        this.#repeatShort(result, error).catch((failure: unknown) =>
          this.#deps.log.error({ err: failure }, 'a short result could not be kept'),
        )
    }
  }

  /** Renews the leases of everything held, as long as there is a session. */
  beat(): void {
    const now = this.#deps.clock.monotonicMs()
    for (const { commandId, command, level } of this.#deps.journal.open()) {
      if (!command || level === 'FINISHED') continue
      if (now - (this.#renewedAt.get(commandId) ?? 0) < command.leaseMs / LEASE_SHARE - 1000) continue
      this.#renewedAt.set(commandId, now)
      this.#deps.send({
        $case: 'progress',
        value: { commandId, itemId: '', step: 'held', checkpoint: '', outcome: undefined, page: undefined },
      })
    }
  }

  async #receive(commands: readonly Command[], arrivedAt: number): Promise<void> {
    const { journal, faults, clock } = this.#deps
    const fresh: Command[] = []
    for (const command of commands) {
      const known = journal.entry(command.commandId)
      // Of one whose cancel overtook it only the cancel is known.
      if (known?.command || known?.result || known?.ackedAt !== undefined) {
        this.#answer(known)
        continue
      }
      const held = journal.open().length + fresh.length
      const refusal = await refusalOf(command, { held, waitedMs: () => clock.monotonicMs() - arrivedAt }, this.#deps)
      if (refusal) this.#deps.send(refusal)
      else fresh.push(command)
    }
    if (fresh.length === 0) return
    await step(faults, 'command.received', async () => await journal.received(fresh))
    for (const { commandId } of fresh) {
      this.#permission.confirm(commandId)
      this.#renewedAt.set(commandId, this.#deps.clock.monotonicMs())
    }
    this.#deps.send({ $case: 'received', value: { commandIds: fresh.map((command) => command.commandId) } })
    this.#wake()
  }

  /** Says how far a command is that came before. */
  #answer(entry: JournalEntry): void {
    const { commandId } = entry
    if (entry.result) this.#sendResult(entry.result)
    else this.#deps.send({ $case: 'received', value: { commandIds: [commandId] } })
  }

  async #cancel(commandId: string, itemIds: readonly string[], request: CancelRequest): Promise<void> {
    const { journal } = this.#deps
    const ended = journal.entry(commandId)?.result
    if (ended) return this.#sendResult(ended)
    const kept = journal.cancelled(commandId, request, itemIds)
    // At once: what is prepared now must not get to its last tap while this is written.
    if (this.#running?.commandId === commandId) this.#running.interrupt()
    await kept
    // Meanwhile it can have come, begun or ended.
    const entry = journal.entry(commandId)
    if (!entry || entry.result || itemIds.length > 0 || this.#running?.commandId === commandId) return
    // One that has not come was sent, or never will be: if it comes, it is answered with this.
    if (!entry.command) await this.#end(cancelledUnseen(commandId, request))
    else if (entry.level !== 'STARTED') await this.#endUnbegun(entry, request)
  }

  async #endUnbegun(entry: JournalEntry, { code, reason }: CancelRequest): Promise<void> {
    const { clock } = this.#deps
    const payload = entry.command?.payload
    const items = payload
      ? itemIdsOf(payload).map((itemId) => outcomeOf(itemId, { status: 'CANCELLED', code, reason }, clock.now()))
      : []
    await this.#end(resultOf(entry.commandId, items))
  }

  #wake(): void {
    if (this.#work || this.#stopping.signal.aborted) return
    this.#work = this.#drain()
      .catch((error: unknown) => {
        if (!(error instanceof AgentStopping))
          this.#deps.log.error({ err: error }, 'the agent cannot go on with its commands')
      })
      .finally(() => {
        this.#work = undefined
      })
  }

  async #drain(): Promise<void> {
    for (let entry = this.#next(); entry && !this.#stopping.signal.aborted; entry = this.#next()) await this.#run(entry)
  }

  #next(): JournalEntry | undefined {
    return this.#deps.journal.open().find((entry) => entry.result === undefined && entry.command !== undefined)
  }

  async #run(entry: JournalEntry): Promise<void> {
    const { journal, clock, faults, log, send } = this.#deps
    const { command, commandId } = entry
    if (!command?.payload) return await this.#end(resultWithoutHandler(entry, clock.now()))
    const handler = handlerOf(command, this.#deps.handlers)
    const limit = new RunLimit(command, { clock, onHung: (error) => this.#hung.resolve(error) })
    const signal = AbortSignal.any([this.#stopping.signal, limit.signal])
    const running = new RunningCommand(entry, this.#environment(limit), signal)
    this.#running = running
    this.#pages.set(commandId, { pages: running.pages, sentIn: this.#deps.epoch() })
    try {
      if (entry.level === 'RECEIVED') {
        await step(faults, 'command.accepted', async () => journal.reached(commandId, 'ACCEPTED'))
        send({ $case: 'accepted', value: { commandId } })
      }
      await step(faults, 'command.started', async () => journal.reached(commandId, 'STARTED'))
      send({ $case: 'started', value: { commandId } })
      const error = await this.#handle(handler, command, running)
      if (this.#stopping.signal.aborted) throw new AgentStopping()
      const result = resultOf(commandId, outcomesOf(entry, command, error, clock.now()))
      await this.#end(result, command.effectClass === EffectClass.READ)
    } finally {
      limit.end()
      this.#running = undefined
      log.debug({ commandId }, 'command ended')
    }
  }

  /** Answers what the handler threw. */
  async #handle(
    handler: CommandHandler<unknown> | undefined,
    command: Command,
    running: RunningCommand,
  ): Promise<unknown> {
    try {
      if (!handler || !command.payload)
        return new AgentError('UNSUPPORTED', 'this agent has no handler for the command')
      await handler.run(command.payload.value, running)
      return undefined
    } catch (error) {
      if (!this.#stopping.signal.aborted)
        this.#deps.log.warn({ err: error, commandId: command.commandId }, 'a command failed')
      return running.signal.reason ?? error
    }
  }

  /** The result is on disk before it is said. A command that only reads is run again instead, so it needs no line. */
  async #end(result: CommandResult, read = false): Promise<void> {
    const { journal, faults } = this.#deps
    await step(faults, 'command.result', async () =>
      read ? journal.volatileResult(result) : await journal.result(result),
    )
    this.#sendResult(result)
  }

  /** Pages first, unless they went out in this very session: a stream that broke may have lost some. */
  #sendResult(result: CommandResult): void {
    const kept = this.#pages.get(result.commandId)
    const epoch = this.#deps.epoch()
    if (kept && kept.sentIn !== epoch) {
      for (const page of kept.pages) this.#deps.send(pageFrame(result.commandId, page))
      kept.sentIn = epoch
    }
    this.#deps.send({ $case: 'result', value: result })
  }

  async #repeatShort(result: CommandResult, error: string): Promise<void> {
    this.#deps.log.warn({ commandId: result.commandId, error }, 'the plane wants the result in short form')
    const short = shortForm(result)
    await this.#deps.journal.result(short)
    this.#sendResult(short)
  }

  #forget(commandId: string): void {
    const entry = this.#deps.journal.entry(commandId)
    if (!entry || entry.ackedAt !== undefined) return
    this.#deps.journal.acked(commandId)
    this.#permission.forget(commandId)
    this.#pages.delete(commandId)
    this.#renewedAt.delete(commandId)
  }

  #environment(limit: RunLimit): RunEnvironment {
    return {
      ...this.#deps,
      pace: this.#pace,
      budget: () => this.#budget,
      mayBegin: async (commandId, signal) =>
        await limit.outside(async () => await this.#permission.toBegin(commandId, signal)),
    }
  }
}
