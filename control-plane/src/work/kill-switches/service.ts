import type { Logger } from 'pino'
import { Op } from 'sequelize'
import { scopeOf, stopBy } from '../../fleet/policy/kill-switches.ts'
import { unawaited } from '../../infra/bus/unawaited.ts'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { pageOfRows, type Page, type PageNumber } from '../../infra/database/page.ts'
import { insert, row, rows } from '../../infra/database/table.ts'
import type { KillScope, KillSwitchRow } from '../../infra/database/tables/kill-switches.ts'
import { conflict, invalid, notFound } from '../../infra/errors.ts'
import type { FaultPoints } from '../../infra/fault-points.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'
import type { DispatchBell, WorkStops } from '../../ports.ts'

export { KILL_SCOPES } from '../../infra/database/tables/kill-switches.ts'

export interface KillSwitchesDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'killSwitches'>
  readonly clock: Clock
  readonly time: WorkspaceTime
  readonly faults: FaultPoints
  readonly stops: Pick<WorkStops, 'ask' | 'finish'>
  readonly log: Logger
  readonly bus: DispatchBell
}

export interface NewKillSwitch {
  readonly scope: KillScope
  /** Of the device, account or task; none for the fleet. */
  readonly id?: number | undefined
  readonly reason: string
  /** Id of a user. */
  readonly createdBy: number
}

/** A kill switch as the API shows it. */
export type KillSwitchView = Pick<KillSwitchRow, 'id' | 'scope' | 'targetId' | 'reason'> & {
  readonly createTime: string
  readonly liftedAt: string | null
}

/** Stops everything in a scope at once, and holds everything new in it until it is lifted. */
export class KillSwitches {
  readonly #deps: KillSwitchesDeps

  constructor(deps: KillSwitchesDeps) {
    this.#deps = deps
  }

  /**
   * Returns the id of the switch, once all it stops is stopped. Throws INVALID_REQUEST for an id that does not fit the
   * scope, and NOT_FOUND for what is to be stopped.
   */
  async pull({ scope, id: target, reason, createdBy }: NewKillSwitch): Promise<number> {
    const { db, tables, clock, faults, stops } = this.#deps
    await this.#requireTarget(scope, target)
    const targetId = target ?? null
    faults.hit('cancel.commit.before')
    const id = await db.write(async (tx) => {
      const values = { scope, targetId, reason, createdBy, createdAt: clock.now().getTime() }
      const made = await insert(tables.killSwitches, values, tx)
      await stops.ask(tx, scopeOf({ scope, targetId }), stopBy({ id: made, reason }))
      return made
    })
    faults.hit('cancel.commit.after')
    await stops.finish()
    return id
  }

  /** Newest first. @param active those that are not lifted, or are; undefined is all */
  async list(active: boolean | undefined, page: PageNumber): Promise<Page<KillSwitchView>> {
    const { db, time } = this.#deps
    const where = active === undefined ? {} : { liftedAt: active ? null : { [Op.ne]: null } }
    const found = await pageOfRows(db.models.killSwitches, { where, order: [['id', 'DESC']] }, page)
    const items = found.items.map(({ id, scope, targetId, reason, createdAt, liftedAt }) => {
      return { id, scope, targetId, reason, createTime: time.format(createdAt), liftedAt: time.format(liftedAt) }
    })
    return { ...found, items }
  }

  /** What it cancelled stays cancelled; what it held begins. Throws NOT_FOUND, and CONFLICT for one that is lifted. */
  async lift(id: number): Promise<void> {
    const { db, tables, clock, bus, log } = this.#deps
    const { killSwitches } = tables
    const known = await row(killSwitches, { where: { id } })
    if (!known) throw notFound('kill switch', id)
    if (known.liftedAt !== null) throw conflict(`kill switch ${id} is lifted already`)
    const liftedAt = clock.now().getTime()
    await db.write((tx) => killSwitches.update({ liftedAt }, { where: { id }, transaction: tx }))
    const online = await rows(db.models.devices, { where: { online: true }, attributes: ['id'] })
    unawaited(bus.ring(online.map((device) => device.id)), log, 'ring')
  }

  async #requireTarget(scope: KillScope, id: number | undefined): Promise<void> {
    if (scope === 'FLEET') {
      if (id !== undefined) throw invalid('id: scope FLEET takes none; leave it out')
      return
    }
    if (id === undefined) throw invalid(`id: is missing; scope ${scope} needs the id of one`)
    const { devices, accounts, tasks } = this.#deps.db.models
    const counts = {
      DEVICE: () => devices.count({ where: { id } }),
      ACCOUNT: () => accounts.count({ where: { id } }),
      TASK: () => tasks.count({ where: { id } }),
    }
    if ((await counts[scope]()) === 0) throw notFound(scope.toLowerCase(), id)
  }
}
