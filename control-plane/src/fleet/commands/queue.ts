import { Op, type Transaction } from 'sequelize'
import type { Logger } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import type { Clock } from '../../infra/clock.ts'
import { unawaited } from '../../infra/bus/unawaited.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { insertRows, pick } from '../../infra/database/statements.ts'
import { rows } from '../../infra/database/table.ts'
import type { DispatchBell } from '../../ports.ts'
import type { TaskRow } from '../../infra/database/tables/tasks.ts'
import type { ItemLedger } from './items.ts'
import { encodeCommand, LEASE_MS, type NewCommand } from './new-command.ts'

const ROWS_PER_STATEMENT = 500

const NEW_COMMAND = [
  'id',
  'taskId',
  'deviceId',
  'accountId',
  'kind',
  'effectClass',
  'status',
  'provisional',
  'attempt',
  'payload',
  'notBefore',
  'deliverBy',
  'deliverWithinMs',
  'leaseMs',
  'maxRunMs',
  'afterCommandId',
  'pauseMs',
  'createdAt',
] as const

export interface CommandQueueDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'commands'>
  readonly clock: Clock
  readonly log: Logger
  readonly items: ItemLedger
  readonly bus: DispatchBell
}

/** Commands that wait for their phones. */
export class CommandQueue {
  readonly #deps: CommandQueueDeps

  constructor(deps: CommandQueueDeps) {
    this.#deps = deps
  }

  /** Inserts planned commands of a task and gives their items to them; the devices are rung for after the commit. */
  async insert(
    tx: Transaction,
    task: Pick<TaskRow, 'id' | 'deliverWithinSeconds'>,
    planned: readonly NewCommand[],
  ): Promise<void> {
    const { tables, items } = this.#deps
    const made = chained(planned)
    const nowMs = this.#now()
    // A piece at a time: the payloads of all would be in memory at once.
    for (let first = 0; first < made.length; first += ROWS_PER_STATEMENT) {
      const some = made.slice(first, first + ROWS_PER_STATEMENT)
      const added = some.map((one) => newRow(task, one, nowMs))
      await insertRows(tables.commands, { columns: NEW_COMMAND, rows: added }, tx)
    }
    await items.tie(
      tx,
      made.flatMap(({ id, command }) => command.itemIds.map((itemId) => ({ itemId, commandId: id }))),
    )
    this.#ring(
      tx,
      planned.map(({ deviceId }) => deviceId),
    )
  }

  /** The commands have ended: those that follow them may begin after their pause. Their devices are rung for. */
  async releaseFollowers(tx: Transaction, commandIds: readonly string[]): Promise<void> {
    const { db, tables } = this.#deps
    const { commands } = tables
    const followers = await pick(
      db,
      commands,
      ['id', 'deviceId', 'afterCommandId', 'pauseMs', 'deliverWithinMs'],
      { where: "after_command_id IN (:commandIds) AND status = 'QUEUED' AND cancel_code IS NULL", commandIds },
      tx,
    )
    if (followers.length === 0) return
    const columns = ['id', 'status', 'deliverBy'] as const
    const ended = await pick(db, commands, columns, { where: 'id IN (:commandIds)', commandIds }, tx)
    const nowMs = this.#now()
    for (const follower of followers) {
      const previous = ended.find((command) => command.id === follower.afterCommandId)
      const notBefore = nowMs + follower.pauseMs
      // A phone that stayed away for one batch is not waited for again with each that follows.
      const deliverBy = previous?.status === 'EXPIRED' ? previous.deliverBy : notBefore + follower.deliverWithinMs
      await commands.update(
        { afterCommandId: null, notBefore, deliverBy },
        { where: { id: follower.id }, transaction: tx },
      )
    }
    this.#ring(
      tx,
      followers.map(({ deviceId }) => deviceId),
    )
  }

  /**
   * Ends the wait of the device's held commands, so that the rules are asked again at once. The device is rung for after
   * the commit.
   * @param holdMs how long a hold lasts that waits for a person; commands that wait longer wait for something else
   */
  async wakeHeld(tx: Transaction, deviceId: number, holdMs: number): Promise<void> {
    const nowMs = this.#now()
    const notBefore = { [Op.between]: [nowMs, nowMs + holdMs] as [number, number] }
    const where = { deviceId, status: 'QUEUED' as const, notBefore }
    await this.#deps.tables.commands.update({ notBefore: nowMs }, { where, transaction: tx })
    this.#ring(tx, [deviceId])
  }

  /** Returns those of the devices that have something due. */
  async dueDevices(deviceIds: readonly number[]): Promise<number[]> {
    const due = await rows(this.#deps.db.models.commands, {
      where: {
        deviceId: [...deviceIds],
        status: 'QUEUED',
        afterCommandId: null,
        cancelCode: null,
        notBefore: { [Op.lte]: this.#now() },
      },
      attributes: ['deviceId'],
      group: ['deviceId'],
    })
    return due.map((command) => command.deviceId)
  }

  #ring(tx: Transaction, deviceIds: readonly number[]): void {
    const { bus, log } = this.#deps
    if (deviceIds.length > 0) tx.afterCommit(() => unawaited(bus.ring([...new Set(deviceIds)]), log, 'ring'))
  }

  #now(): number {
    return this.#deps.clock.now().getTime()
  }
}

interface MadeCommand {
  readonly id: string
  /** The command it follows. */
  readonly after: string | undefined
  readonly command: NewCommand
}

/** Gives each command its id, and the one that it follows on its device. */
function chained(planned: readonly NewCommand[]): MadeCommand[] {
  const lastOf = new Map<number, string>()
  return planned.map((command) => {
    const id = uuidv7()
    const after = command.position > 0 ? lastOf.get(command.deviceId) : undefined
    lastOf.set(command.deviceId, id)
    return { id, after, command }
  })
}

function newRow(
  task: Pick<TaskRow, 'id' | 'deliverWithinSeconds'>,
  { id, after, command }: MadeCommand,
  nowMs: number,
) {
  const deliverWithinMs = task.deliverWithinSeconds * 1000
  return {
    id,
    taskId: task.id,
    deviceId: command.deviceId,
    accountId: command.accountId,
    kind: command.kind,
    effectClass: command.effectClass,
    status: 'QUEUED' as const,
    provisional: false,
    attempt: 0,
    payload: encodeCommand(id, task.id, command),
    notBefore: nowMs,
    deliverBy: nowMs + deliverWithinMs,
    deliverWithinMs,
    leaseMs: LEASE_MS,
    maxRunMs: command.maxRunMs,
    afterCommandId: after ?? null,
    pauseMs: command.pauseMs,
    createdAt: nowMs,
  }
}
