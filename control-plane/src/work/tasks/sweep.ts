import { Op } from 'sequelize'
import type { Logger } from 'pino'
import type { Clock, Timer } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { rows } from '../../infra/database/table.ts'
import type { Lease } from '../../infra/lease.ts'
import type { Scheduler } from '../../infra/scheduler/scheduler.ts'
import type { TaskStops } from './stops.ts'

const SWEEP_MS = 5000
/** An entry this late has lost its chance; a new one is made. */
const LATE_MS = 10_000

export interface SweepDeps {
  readonly db: Database
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly stops: Pick<TaskStops, 'finish'>
  readonly lease: Lease
  readonly log: Logger
}

/**
 * Rows are the truth: a scheduled task whose entry got lost, or comes after its time, is given a new one; a stop that was
 * cut short goes on.
 */
export class TaskSweep {
  readonly #deps: SweepDeps
  #timer: Timer | undefined
  #running: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(deps: SweepDeps) {
    this.#deps = deps
  }

  /** Begins with a sweep: a plane that was killed may have left a stop half done. */
  start(): void {
    this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#running
  }

  /** Returns how many tasks got a new entry; 0 while another node owns the sweep. */
  async sweep(): Promise<number> {
    const { db, clock, scheduler, stops, lease } = this.#deps
    if (!(await lease.owns('tasks.sweep'))) return 0
    await stops.finish()
    const waiting = await rows(db.models.tasks, { where: { status: 'SCHEDULED', scheduledTime: { [Op.ne]: null } } })
    if (waiting.length === 0) return 0
    const woken = await scheduler.wokenTasks()
    const now = clock.now().getTime()
    const lost = waiting.flatMap(({ id, scheduledTime }) => {
      const due = scheduledTime ?? now
      const at = Math.max(now, due)
      // One that wakes too late is from before the task was moved: the plane died before it could move that, too.
      const inTime = (woken.get(id) ?? Infinity) <= at && due >= now - LATE_MS
      return inTime ? [] : [{ id, at }]
    })
    for (const { id, at } of lost) await scheduler.wakeTask(id, at)
    return lost.length
  }

  #run(): void {
    this.#running = this.sweep()
      .then(() => undefined)
      .catch((error: unknown) => this.#deps.log.error({ err: error }, 'task sweep failed'))
      .finally(() => {
        if (!this.#stopped) this.#timer = this.#deps.clock.setTimeout(() => this.#run(), SWEEP_MS)
      })
  }
}
