import { Op } from 'sequelize'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { rows } from '../database/table.ts'
import type { FaultPoints } from '../fault-points.ts'
import type { TaskProgress } from '../ports.ts'
import type { CommandRow } from '../tasks/command-model.ts'
import { reap } from './command-state.ts'
import type { CommandWriter } from './command-writer.ts'
import type { SessionRegistry } from './registry.ts'

const PER_TURN = 500

export interface ReaperDeps {
  readonly db: Database
  readonly clock: Clock
  readonly faults: FaultPoints
  readonly registry: SessionRegistry
  readonly progress: TaskProgress
  readonly writer: CommandWriter
}

/** Ends what is stuck: commands whose delivery deadline or lease is over. */
export class Reaper {
  readonly #deps: ReaperDeps

  constructor(deps: ReaperDeps) {
    this.#deps = deps
  }

  /** While the plane was down no lease could be renewed: each gets one lease's time from now. */
  async grantGrace(): Promise<void> {
    const { db, clock } = this.#deps
    const now = clock.now().getTime()
    await db.write(async (tx) => {
      await db.sequelize.query(
        "UPDATE commands SET lease_until = :now + lease_ms WHERE status IN ('RECEIVED', 'ACCEPTED', 'RUNNING') AND lease_until < :now + lease_ms",
        { replacements: { now }, transaction: tx },
      )
    })
  }

  /** Answers how many commands were ended. */
  async sweep(): Promise<number> {
    const { db, faults } = this.#deps
    const late = await this.#late()
    if (late.length === 0) return 0
    faults.hit('reap.commit.before')
    const ended = await db.write(async (tx) => {
      // Read again inside the write: an agent may have spoken in between.
      const fresh = await rows(db.models.commands, {
        where: { id: late.map((command) => command.id) },
        transaction: tx,
      })
      const touched = new Set<number>()
      for (const command of fresh) {
        const verdict = reap(
          command,
          this.#deps.registry.get(command.deviceId) !== undefined,
          this.#deps.clock.now().getTime(),
        )
        if (!verdict) continue
        await this.#deps.writer.close(tx, command, verdict)
        touched.add(command.taskId)
      }
      await this.#deps.progress.itemsChanged(tx, [...touched])
      return touched.size
    })
    faults.hit('reap.commit.after')
    return ended
  }

  async #late(): Promise<CommandRow[]> {
    const { commands } = this.#deps.db.models
    const now = this.#deps.clock.now().getTime()
    const limit = PER_TURN
    const undelivered = await rows(commands, {
      where: { status: ['QUEUED', 'DISPATCHED'], afterCommandId: null, deliverBy: { [Op.lte]: now } },
      limit,
    })
    const silent = await rows(commands, {
      where: { status: ['RECEIVED', 'ACCEPTED', 'RUNNING'], leaseUntil: { [Op.lte]: now } },
      limit,
    })
    return [...undelivered, ...silent]
  }
}
