import { Agenda, type AgendaBackend } from 'agenda'
import type { Logger } from 'pino'

/** The alarm clock: it wakes what is due and decides nothing. */
export interface Scheduler {
  /** Wakes `taskId` at a time; asking again moves the time. */
  wakeTask(taskId: number, at: number): Promise<void>
  /** When each task that has an entry is to be woken; in the past for one that is being woken now. */
  wokenTasks(): Promise<ReadonlyMap<number, number>>
  start(onTask: (taskId: number) => Promise<void>): Promise<void>
  stop(): Promise<void>
}

const JOB = 'task.start'
const SCAN_MS = 1000
/** What a killed plane had locked fires again after this; a start that is still running is claimed and does nothing. */
const LOCK_LIFETIME_MS = 5000
const CONCURRENCY = 10

interface TaskEntry {
  readonly taskId: number
}

/** Agenda 6 behind the port. One entry fires one task, never one message. */
export class AgendaScheduler implements Scheduler {
  readonly #agenda: Agenda

  constructor(deps: { backend: AgendaBackend; log: Logger }) {
    this.#agenda = new Agenda({
      backend: deps.backend,
      processEvery: SCAN_MS,
      defaultLockLifetime: LOCK_LIFETIME_MS,
      // 0 takes every due entry at once; a limit would be a ceiling of limit per scan.
      defaultLockLimit: 0,
      defaultConcurrency: CONCURRENCY,
      removeOnComplete: true,
    })
    this.#agenda.on('error', (error: unknown) => deps.log.error({ err: error }, 'scheduler error'))
    this.#agenda.on('fail', (error: unknown) =>
      deps.log.error({ err: error }, 'a job failed; the sweep brings it back'),
    )
  }

  async wakeTask(taskId: number, at: number): Promise<void> {
    const job = this.#agenda.create<TaskEntry>(JOB, { taskId })
    job.unique({ taskId })
    job.schedule(new Date(at))
    await job.save()
  }

  async wokenTasks(): Promise<ReadonlyMap<number, number>> {
    const { jobs } = await this.#agenda.queryJobs({ name: JOB })
    const live = jobs.filter((job) => job.nextRunAt !== null || job.lockedAt)
    return new Map(
      live.map((job) => [(job.data as TaskEntry).taskId, job.lockedAt ? 0 : (job.nextRunAt?.getTime() ?? 0)]),
    )
  }

  async start(onTask: (taskId: number) => Promise<void>): Promise<void> {
    // Agenda tells the two kinds of processors apart by their arity.
    // oxlint-disable-next-line typescript/no-misused-promises
    this.#agenda.define<TaskEntry>(JOB, (job): Promise<void> => onTask(job.attrs.data.taskId))
    await this.#agenda.start()
  }

  async stop(): Promise<void> {
    await this.#agenda.drain(2000)
  }
}
