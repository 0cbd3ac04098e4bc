import { literal, Op, where, type Transaction } from 'sequelize'
import type { Logger } from 'pino'
import { unawaited } from '../../infra/bus/unawaited.ts'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { updateRows } from '../../infra/database/statements.ts'
import { rows } from '../../infra/database/table.ts'
import type { FaultPoints } from '../../infra/fault-points.ts'
import type { Lease } from '../../infra/lease.ts'
import type { CancelSignal, DeviceDirectory, TaskProgress } from '../../ports.ts'
import type { CommandRow, CommandStatus } from '../../infra/database/tables/commands.ts'
import { isOverdue, OVERTIME_MS, reap, type ReaperVerdict } from './state.ts'
import type { CommandWriter } from './writer.ts'

const PER_TURN = 500
const ON_PHONE: readonly CommandStatus[] = ['RECEIVED', 'ACCEPTED', 'RUNNING']

export interface ReaperDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'commands'>
  readonly clock: Clock
  readonly faults: FaultPoints
  readonly log: Logger
  readonly bus: CancelSignal
  readonly directory: Pick<DeviceDirectory, 'isOnline'>
  readonly lease: Lease
  readonly progress: TaskProgress
  readonly writer: CommandWriter
}

interface Ended {
  readonly command: CommandRow
  readonly verdict: ReaperVerdict
}

/** Ends what is stuck: commands whose delivery deadline, lease or time to run is over. */
export class Reaper {
  readonly #deps: ReaperDeps

  constructor(deps: ReaperDeps) {
    this.#deps = deps
  }

  /**
   * Gives each lease its full time from now, as no lease could be renewed while the plane was down. The time to run
   * starts again too: a phone without the plane begins nothing, and a night without it would end what is half done.
   */
  async grantGrace(): Promise<void> {
    const { db, tables, clock } = this.#deps
    const now = clock.now().getTime()
    const { commands } = tables
    await db.write(async (tx) => {
      const begun = 'status IN (:onPhone) AND started_at IS NOT NULL'
      await updateRows(commands, { set: 'started_at = :now', where: begun, onPhone: ON_PHONE, now }, tx)
      const short = 'status IN (:onPhone) AND lease_until < :now + lease_ms'
      await updateRows(commands, { set: 'lease_until = :now + lease_ms', where: short, onPhone: ON_PHONE, now }, tx)
    })
  }

  /** Returns how many tasks it changed; 0 while another node reaps. */
  async sweep(): Promise<number> {
    const { db, faults, lease } = this.#deps
    if (!(await lease.owns('commands.reap'))) return 0
    const late = await this.#late()
    if (late.length === 0) return 0
    const online = await this.#online(late)
    faults.hit('reap.commit.before')
    const ended = await db.write((tx) => this.#end(tx, late, online))
    faults.hit('reap.commit.after')
    for (const { command, verdict } of ended) {
      // Only a command that still runs is cancelled; of any other the phone has to say first whether it has it.
      if (isOverdue({ ...verdict, resultCode: verdict.code })) this.#cancel(command, verdict.reason)
    }
    return new Set(ended.map(({ command }) => command.taskId)).size
  }

  /** Asked before the write: nobody waits for the bus inside one. */
  async #online(late: readonly CommandRow[]): Promise<ReadonlySet<number>> {
    const deviceIds = [...new Set(late.map(({ deviceId }) => deviceId))]
    const online = await Promise.all(deviceIds.map((deviceId) => this.#deps.directory.isOnline(deviceId)))
    return new Set(deviceIds.filter((_, at) => online[at]))
  }

  async #end(tx: Transaction, late: readonly CommandRow[], online: ReadonlySet<number>): Promise<Ended[]> {
    const { db, clock, writer, progress } = this.#deps
    // Read again inside the write: an agent may have spoken in between.
    const fresh = await rows(db.models.commands, { where: { id: late.map((command) => command.id) }, transaction: tx })
    const ended: Ended[] = []
    for (const command of fresh) {
      const verdict = reap(command, online.has(command.deviceId), clock.now().getTime())
      if (!verdict) continue
      await writer.close(tx, command, verdict)
      ended.push({ command, verdict })
    }
    await progress.itemsChanged(tx, [...new Set(ended.map(({ command }) => command.taskId))])
    return ended
  }

  #cancel({ id: commandId, deviceId }: CommandRow, reason: string): void {
    const { bus, log } = this.#deps
    unawaited(bus.cancel({ deviceId, commandId, itemIds: [], code: 'CANCELLED', reason }), log, 'cancel')
  }

  async #late(): Promise<CommandRow[]> {
    const { commands } = this.#deps.db.models
    const now = this.#deps.clock.now().getTime()
    const some = { limit: PER_TURN, attributes: { exclude: ['payload'] } }
    const undelivered = await rows(commands, {
      where: { status: ['QUEUED', 'DISPATCHED'], afterCommandId: null, deliverBy: { [Op.lte]: now } },
      ...some,
    })
    const silent = await rows(commands, {
      where: { status: [...ON_PHONE], leaseUntil: { [Op.lte]: now } },
      ...some,
    })
    const overdue = await rows(commands, {
      where: {
        [Op.and]: [
          { status: [...ON_PHONE], startedAt: { [Op.ne]: null } },
          where(literal('started_at + max_run_ms'), { [Op.lte]: now - OVERTIME_MS }),
        ],
      },
      ...some,
    })
    return [...undelivered, ...silent, ...overdue]
  }
}
