import type { Cancel } from '@muster/proto'
import { Op, type Transaction } from 'sequelize'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { rows } from '../../infra/database/table.ts'
import type { CommandRow } from '../../infra/database/tables/commands.ts'
import type { TaskProgress } from '../../ports.ts'
import { activeSwitches, stopBy } from '../policy/kill-switches.ts'
import {
  JOURNAL_LOST,
  knowsWhatItSaid,
  planResume,
  type AgentLevel,
  type Disowned,
  type HeldCommand,
  type ResumePlan,
  type Returning,
  type RowVerdict,
  type ToldItem,
} from './resume-rules.ts'
import { isSettled, itemTakesOutcome, reachedLevel } from './state.ts'
import type { CommandWriter } from './writer.ts'

const DEVICE_GONE = 'the device was deleted, so nobody can know what it did'

export interface ResumeLedgerDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'commands'>
  readonly clock: Clock
  readonly progress: TaskProgress
  readonly writer: CommandWriter
}

/** The answer to an agent that says Hello. */
export interface Settled {
  readonly answers: ResumePlan['answers']
  /** Commands the agent holds and will send a result for. */
  readonly outstanding: readonly string[]
  /** Items of those commands that must not be done any more. */
  readonly cancels: readonly Cancel[]
}

/** Settles open commands with an agent that returns. Every method is part of the caller's write. */
export class ResumeLedger {
  readonly #deps: ResumeLedgerDeps

  constructor(deps: ResumeLedgerDeps) {
    this.#deps = deps
  }

  /** Whether the journal still knows what was said from it; see `knowsWhatItSaid`. */
  async isComplete(tx: Transaction, deviceId: number, held: readonly HeldCommand[]): Promise<boolean> {
    return knowsWhatItSaid(held, await this.#told(tx, held, deviceId))
  }

  /** Reopens, ends or requeues the commands of the device, by what its agent holds. */
  async settle(tx: Transaction, deviceId: number, held: readonly HeldCommand[], agent: Returning): Promise<Settled> {
    const plan = await this.#resume(tx, held, deviceId, agent, JOURNAL_LOST)
    const outstanding = plan.held.map((command) => command.commandId)
    return { answers: plan.answers, outstanding, cancels: await this.#itemCancels(tx, outstanding) }
  }

  /** Ends the commands of a device that was deleted, as if it had come back without its journal. */
  async abandon(tx: Transaction, deviceId: number): Promise<void> {
    await this.#resume(tx, [], deviceId, { trusted: false, accountId: null }, DEVICE_GONE)
  }

  /** The agent's reports on items of commands it holds and must not do twice. */
  async #told(tx: Transaction, held: readonly HeldCommand[], deviceId: number): Promise<ToldItem[]> {
    const { commands, items } = this.#deps.db.models
    if (held.length === 0) return []
    const once = await rows(commands, {
      where: { id: held.map(({ commandId }) => commandId), deviceId, effectClass: 'ONCE' },
      attributes: ['id'],
      transaction: tx,
    })
    const begun = await rows(items, {
      where: {
        commandId: once.map(({ id }) => id),
        // The plane itself says UNKNOWN_EFFECT too.
        [Op.or]: [
          { status: ['SUCCEEDED', 'FAILED'] },
          { startedAt: { [Op.ne]: null }, [Op.or]: [{ status: { [Op.ne]: 'UNKNOWN_EFFECT' } }, { provisional: true }] },
        ],
      },
      transaction: tx,
    })
    return begun.map(({ id, commandId, status }) => ({
      commandId: commandId ?? '',
      itemId: String(id),
      ended: status === 'SUCCEEDED' || status === 'FAILED',
    }))
  }

  /** @param reason why nobody can know what became of a command that the journal would have known about */
  async #resume(
    tx: Transaction,
    held: readonly HeldCommand[],
    deviceId: number,
    agent: Returning,
    reason: string,
  ): Promise<ResumePlan> {
    const commands = await this.#concerned(tx, held, deviceId)
    await this.#stopKilled(tx, commands, agent)
    const plan = planResume(held, [...commands.values()], agent)
    const touched = new Set<number>()
    for (const { commandId, level } of plan.held) {
      const command = commands.get(commandId)
      if (command) await this.#reopen(tx, command, level)
      if (command?.provisional) touched.add(command.taskId)
    }
    for (const one of plan.disowned) {
      const command = commands.get(one.commandId)
      const begun = held.find(({ commandId }) => commandId === one.commandId)?.items
      if (command && begun) touched.add(await this.#disown(tx, command, one, begun))
    }
    for (const { commandId, verdict } of plan.rows) {
      const command = commands.get(commandId)
      if (!command) continue
      touched.add(command.taskId)
      await this.#carryOut(tx, command, verdict, reason)
    }
    await this.#deps.progress.itemsChanged(tx, [...touched])
    return plan
  }

  /** Commands of the device that are on the phone or may be, and those the agent names, by id. */
  async #concerned(tx: Transaction, held: readonly HeldCommand[], deviceId: number): Promise<Map<string, CommandRow>> {
    const { commands } = this.#deps.db.models
    const head = { attributes: { exclude: ['payload'] }, transaction: tx }
    const open = await rows(commands, {
      where: { deviceId, status: ['DISPATCHED', 'RECEIVED', 'ACCEPTED', 'RUNNING'] },
      ...head,
    })
    const provisional = await rows(commands, { where: { deviceId, provisional: true }, ...head })
    const named = await rows(commands, { where: { id: held.map(({ commandId }) => commandId), deviceId }, ...head })
    return new Map([...open, ...provisional, ...named].map((command) => [command.id, command]))
  }

  async #carryOut(tx: Transaction, command: CommandRow, verdict: RowVerdict, reason: string): Promise<void> {
    const { writer } = this.#deps
    if (verdict === 'REDELIVER') return await writer.requeue(tx, command)
    if (verdict === 'CONFIRM') return await writer.confirm(tx, command)
    const status = verdict satisfies 'UNKNOWN_EFFECT'
    await writer.close(tx, command, { status, code: status, reason, provisional: false })
  }

  /** Ends the items that nobody can know the outcome of; the phone reports the others. Returns the task's id. */
  async #disown(
    tx: Transaction,
    command: CommandRow,
    { unsure, code, reason }: Disowned,
    begun: ReadonlyMap<string, boolean>,
  ): Promise<number> {
    const { tables, clock, writer } = this.#deps
    const closing = { status: 'UNKNOWN_EFFECT', code: 'UNKNOWN_EFFECT', reason, provisional: false } as const
    await writer.closeItems(tx, command, closing, (item) => {
      const known = begun.get(String(item.id))
      if (unsure === 'NONE' || known === true) return false
      return unsure === 'OPEN' || known === false || item.startedAt !== null
    })
    const stop = { cancelRequestedAt: clock.now().getTime(), cancelCode: code, cancelReason: reason }
    await tables.commands.update(stop, { where: { id: command.id, cancelRequestedAt: null }, transaction: tx })
    return command.taskId
  }

  /** Asks again for a stop under an active kill switch, whatever became of the stop it asked for. */
  async #stopKilled(tx: Transaction, all: Map<string, CommandRow>, { accountId }: Returning): Promise<void> {
    const switchOver = await activeSwitches(this.#deps.db, tx)
    for (const command of all.values()) {
      const stopped = isSettled(command) || (command.cancelCode !== null && command.cancelCode !== 'PAUSED')
      const active = stopped ? undefined : switchOver({ ...command, accountId: command.accountId ?? accountId })
      if (active) all.set(command.id, await this.#deps.writer.askToStop(tx, command, stopBy(active)))
    }
  }

  async #itemCancels(tx: Transaction, commandIds: readonly string[]): Promise<Cancel[]> {
    const found = await rows(this.#deps.db.models.items, {
      where: { commandId: [...commandIds], cancelCode: { [Op.ne]: null } },
      transaction: tx,
    })
    const alike = Map.groupBy(found.filter(itemTakesOutcome), (item) => `${item.commandId} ${item.cancelCode}`)
    return [...alike.values()].map((items) => ({
      commandId: items[0]?.commandId ?? '',
      itemIds: items.map((item) => String(item.id)),
      code: items[0]?.cancelCode ?? '',
      reason: items[0]?.cancelReason ?? '',
    }))
  }

  async #reopen(tx: Transaction, command: CommandRow, level: AgentLevel): Promise<void> {
    const reached = level === 'STARTED' ? 'RUNNING' : level === 'FINISHED' ? 'RECEIVED' : level
    const next = reachedLevel(command, reached, this.#deps.clock.now().getTime())
    await this.#deps.writer.save(tx, [{ before: command, after: next }])
    if (command.provisional && !next.provisional) await this.#deps.writer.reopenItems(tx, command)
  }
}
