import { literal, Op, where, type Transaction } from 'sequelize'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { rows } from '../../infra/database/table.ts'
import type { FaultPoints } from '../../infra/fault-points.ts'
import type { TaskProgress } from '../../ports.ts'
import type { CommandRow, CommandStatus } from '../../infra/database/tables/commands.ts'
import { isOverdue, OVERTIME_MS, reap, type ReaperVerdict } from './state.ts'
import type { CommandWriter } from './writer.ts'
import type { SessionRegistry } from '../../edge/gateway/registry.ts'

const PER_TURN = 500
const ON_PHONE: readonly CommandStatus[] = ['RECEIVED', 'ACCEPTED', 'RUNNING']

export interface ReaperDeps {
  readonly db: Database
  readonly clock: Clock
  readonly faults: FaultPoints
  readonly registry: SessionRegistry
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
   * While the plane was down no lease could be renewed: each gets one lease's time from now. And whoever cannot ask the
   * plane begins nothing: the time to run begins anew too, or a night without the plane would end what is half done.
   */
  async grantGrace(): Promise<void> {
    const { db, clock } = this.#deps
    const now = clock.now().getTime()
    await db.write(async (tx) => {
      await db.sequelize.query(
        "UPDATE commands SET started_at = :now WHERE status IN ('RECEIVED', 'ACCEPTED', 'RUNNING') AND started_at IS NOT NULL",
        { replacements: { now }, transaction: tx },
      )
      await db.sequelize.query(
        "UPDATE commands SET lease_until = :now + lease_ms WHERE status IN ('RECEIVED', 'ACCEPTED', 'RUNNING') AND lease_until < :now + lease_ms",
        { replacements: { now }, transaction: tx },
      )
    })
  }

  /** Answers how many tasks it changed. */
  async sweep(): Promise<number> {
    const { db, faults } = this.#deps
    const late = await this.#late()
    if (late.length === 0) return 0
    faults.hit('reap.commit.before')
    const ended = await db.write(async (tx) => await this.#end(tx, late))
    faults.hit('reap.commit.after')
    for (const { command, verdict } of ended) {
      // Only what runs on is told: of anything else the phone has to say first what it has.
      if (isOverdue({ ...verdict, resultCode: verdict.code })) this.#cancel(command, verdict.reason)
    }
    return new Set(ended.map(({ command }) => command.taskId)).size
  }

  async #end(tx: Transaction, late: readonly CommandRow[]): Promise<Ended[]> {
    const { db, clock, registry, writer, progress } = this.#deps
    // Read again inside the write: an agent may have spoken in between.
    const fresh = await rows(db.models.commands, { where: { id: late.map((command) => command.id) }, transaction: tx })
    const ended: Ended[] = []
    for (const command of fresh) {
      const verdict = reap(command, registry.get(command.deviceId) !== undefined, clock.now().getTime())
      if (!verdict) continue
      await writer.close(tx, command, verdict)
      ended.push({ command, verdict })
    }
    await progress.itemsChanged(tx, [...new Set(ended.map(({ command }) => command.taskId))])
    return ended
  }

  #cancel({ id: commandId, deviceId }: CommandRow, reason: string): void {
    const value = { commandId, itemIds: [], code: 'CANCELLED', reason }
    this.#deps.registry.get(deviceId)?.send({ $case: 'cancel', value })
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
