import {
  computeJobState,
  InMemoryNotificationChannel,
  type AgendaBackend,
  type JobParameters,
  type JobRepository,
  type JobsOverview,
  type JobsQueryOptions,
  type JobsResult,
  type JobWithState,
  type RemoveJobsOptions,
} from 'agenda'
import { Op, type Transaction, type WhereOptions } from 'sequelize'
import type { Database } from '../database/database.ts'
import type { Tables } from '../database/tables/index.ts'
import { insert, row, rows } from '../database/table.ts'
import { toColumns, toJob, uniqueKeyOf } from './job-rows.ts'
import type { JobRow } from '../database/tables/jobs.ts'

export interface SqlJobBackendDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'jobs'>
}

/**
 * Agenda's store on the plane's own database. A job is claimed in one write, so it fires once however many ask. Times
 * are the system's, not the plane's clock: Agenda compares them with its own.
 */
export class SqlJobBackend implements AgendaBackend {
  readonly name = 'sql'
  readonly ownsConnection = false
  readonly repository: JobRepository
  /** Lets a job that is due now start at once instead of at the next scan. */
  readonly notificationChannel = new InMemoryNotificationChannel()

  constructor(deps: SqlJobBackendDeps) {
    this.repository = new SqlJobRepository(deps)
  }

  async connect(): Promise<void> {}

  async disconnect(): Promise<void> {}
}

class SqlJobRepository implements JobRepository {
  readonly #db: Database
  readonly #tables: Pick<Tables, 'jobs'>

  constructor(deps: SqlJobBackendDeps) {
    this.#db = deps.db
    this.#tables = deps.tables
  }

  async connect(): Promise<void> {}

  async saveJob<DATA = unknown>(job: JobParameters<DATA>): Promise<JobParameters<DATA>> {
    const saved = await this.#db.write(async (tx) => await this.#save(tx, job as JobParameters))
    return saved as JobParameters<DATA>
  }

  async saveJobState(job: JobParameters): Promise<void> {
    const known = await this.getJobById(String(job._id))
    if (!known) return
    const { nextRunAt, lockedAt, attributes } = toColumns({ ...known, ...job }, null)
    await this.#update({ id: Number(job._id) }, { nextRunAt, lockedAt: job.lockedAt ? lockedAt : null, attributes })
  }

  async getNextJobToRun(
    name: string,
    nextScanAt: Date,
    lockDeadline: Date,
    now = new Date(),
  ): Promise<JobParameters | undefined> {
    return await this.#db.write(async (tx) => {
      const due = { lockedAt: null, nextRunAt: { [Op.lte]: nextScanAt.getTime() } }
      const abandoned = { lockedAt: { [Op.lte]: lockDeadline.getTime() } }
      const where: WhereOptions<JobRow> = { name, disabled: false, [Op.or]: [due, abandoned] }
      const order: [string, string][] = [
        ['nextRunAt', 'ASC'],
        ['priority', 'DESC'],
      ]
      const found = await row(this.#db.models.jobs, { where, order, transaction: tx })
      if (!found) return undefined
      await this.#tables.jobs.update({ lockedAt: now.getTime() }, { where: { id: found.id }, transaction: tx })
      return toJob({ ...found, lockedAt: now.getTime() })
    })
  }

  async lockJob(job: JobParameters): Promise<JobParameters | undefined> {
    const lockedAt = new Date().getTime()
    const where = {
      id: Number(job._id),
      name: job.name,
      lockedAt: null,
      nextRunAt: job.nextRunAt?.getTime() ?? null,
      disabled: false,
    }
    const [claimed] = await this.#update(where, { lockedAt })
    return claimed === 0 ? undefined : ((await this.getJobById(String(job._id))) ?? undefined)
  }

  async unlockJob(job: JobParameters): Promise<void> {
    await this.#update({ id: Number(job._id) }, { lockedAt: null })
  }

  async unlockJobs(jobIds: string[]): Promise<void> {
    await this.#update({ id: jobIds.map(Number) }, { lockedAt: null })
  }

  async getJobById(id: string): Promise<JobParameters | null> {
    const found = await row(this.#db.models.jobs, { where: { id: Number(id) } })
    return found ? toJob(found) : null
  }

  async queryJobs(options: JobsQueryOptions = {}): Promise<JobsResult> {
    const names = options.names ?? (options.name === undefined ? undefined : [options.name])
    const wanted = options.ids ?? (options.id === undefined ? undefined : [options.id])
    const where = {
      ...(names ? { name: names } : {}),
      ...(wanted ? { id: wanted.map(Number) } : {}),
      ...(options.includeDisabled === false ? { disabled: false } : {}),
      ...(options.search ? { name: { [Op.like]: `%${options.search}%` } } : {}),
    }
    const now = new Date()
    const found = (await rows(this.#db.models.jobs, { where })).map(toJob)
    const jobs = found
      .map((job) => ({ ...job, state: computeJobState(job, now) }) as JobWithState)
      .filter((job) => options.state === undefined || job.state === options.state)
      .filter((job) => options.data === undefined || contains(job.data, options.data))
    const sorted = sortJobs(jobs, options)
    const first = options.skip ?? 0
    return { jobs: sorted.slice(first, options.limit ? first + options.limit : undefined), total: jobs.length }
  }

  async getJobsOverview(): Promise<JobsOverview[]> {
    const { jobs } = await this.queryJobs()
    return [...Map.groupBy(jobs, (job) => job.name)].map(([name, some]) => {
      const counts = { running: 0, scheduled: 0, queued: 0, completed: 0, failed: 0, repeating: 0, paused: 0 }
      for (const job of some) counts[job.state]++
      return { name, total: some.length, ...counts }
    })
  }

  async getDistinctJobNames(): Promise<string[]> {
    const found = await rows(this.#db.models.jobs, { attributes: ['name'], group: ['name'] })
    return found.map((job) => job.name)
  }

  async getQueueSize(): Promise<number> {
    return await this.#db.models.jobs.count({ where: { nextRunAt: { [Op.lt]: new Date().getTime() } } })
  }

  async removeJobs(options: RemoveJobsOptions): Promise<number> {
    const ids = await this.#matching(options)
    return await this.#db.write(async (tx) => await this.#tables.jobs.destroy({ where: { id: ids }, transaction: tx }))
  }

  async disableJobs(options: RemoveJobsOptions): Promise<number> {
    const [changed] = await this.#update({ id: await this.#matching(options) }, { disabled: true })
    return changed
  }

  async enableJobs(options: RemoveJobsOptions): Promise<number> {
    const [changed] = await this.#update({ id: await this.#matching(options) }, { disabled: false })
    return changed
  }

  async purgeAllJobs(): Promise<number> {
    return await this.#db.write(async (tx) => await this.#tables.jobs.destroy({ where: {}, transaction: tx }))
  }

  async #save(tx: Transaction, job: JobParameters): Promise<JobParameters> {
    const { jobs } = this.#tables
    if (job._id !== undefined) {
      const known = await row(jobs, { where: { id: Number(job._id) }, transaction: tx })
      if (!known) return job
      const columns = toColumns(job, known.uniqueKey)
      await jobs.update(columns, { where: { id: known.id }, transaction: tx })
      return toJob({ ...columns, id: known.id })
    }
    const uniqueKey = job.unique ? uniqueKeyOf(job.unique) : null
    const same =
      job.type === 'single' ? { name: job.name, type: 'single' } : uniqueKey ? { name: job.name, uniqueKey } : undefined
    const known = same && (await row(jobs, { where: same, transaction: tx }))
    const columns = toColumns(job, uniqueKey)
    if (!known) return toJob({ ...columns, id: await insert(jobs, columns, tx) })
    if (job.type !== 'single' && job.uniqueOpts?.insertOnly) return toJob(known)
    const merged = { ...columns, lockedAt: known.lockedAt, nextRunAt: this.#keptTime(job, known, columns.nextRunAt) }
    await jobs.update(merged, { where: { id: known.id }, transaction: tx })
    return toJob({ ...merged, id: known.id })
  }

  /** A single job that is due keeps its time, so that saving it anew does not skip a run; a debounced one moves. */
  #keptTime(job: JobParameters, known: JobRow, wanted: number | null): number | null {
    const now = new Date().getTime()
    if (job.type === 'single') return known.nextRunAt !== null && known.nextRunAt <= now ? known.nextRunAt : wanted
    const debounce = job.uniqueOpts?.debounce
    if (!debounce) return wanted
    return debounce.strategy === 'leading' ? known.nextRunAt : now + debounce.delay
  }

  async #update(where: WhereOptions<JobRow>, values: Partial<JobRow>): Promise<[affected: number]> {
    return await this.#db.write(async (tx) => await this.#tables.jobs.update(values, { where, transaction: tx }))
  }

  async #matching(options: RemoveJobsOptions): Promise<number[]> {
    const wanted = options.ids ?? (options.id === undefined ? undefined : [options.id])
    const names = options.names ?? (options.name === undefined ? undefined : [options.name])
    const where = {
      ...(wanted ? { id: wanted.map(Number) } : {}),
      ...(names ? { name: names } : options.notNames ? { name: { [Op.notIn]: options.notNames } } : {}),
    }
    const found = await rows(this.#db.models.jobs, { where })
    return found
      .filter((one) => options.data === undefined || contains(toJob(one).data, options.data))
      .map((one) => one.id)
  }
}

/** Whether `value` has every member of `part`. */
function contains(value: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return Object.is(value, part)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(part).every(([name, inner]) => contains((value as Record<string, unknown>)[name], inner))
}

function sortJobs(jobs: JobWithState[], { sort }: JobsQueryOptions): JobWithState[] {
  const [key, direction] = Object.entries(sort ?? { nextRunAt: 'desc' })[0] ?? ['nextRunAt', 'desc']
  const sign = direction === 'asc' || String(direction) === '1' ? 1 : -1
  const value = (job: JobWithState): number | string => {
    const found = job[key as keyof JobWithState]
    return found instanceof Date ? found.getTime() : typeof found === 'number' || typeof found === 'string' ? found : ''
  }
  return [...jobs].sort((a, b) => (value(a) === value(b) ? 0 : value(a) < value(b) ? -sign : sign))
}
