import { Op } from 'sequelize'
import { z } from 'zod'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { insert, row, rows } from '../../infra/database/table.ts'
import { conflict, invalid, notFound } from '../../infra/errors.ts'
import type { FaultPoints } from '../../infra/fault-points.ts'
import { defineRoute, type Route } from '../../http/route.ts'
import { Empty, IdAnswer, IdParams, pageOf, paging, Timestamp, limitOffset, nonBlankText } from '../../http/schemas.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'
import type { DispatchBell } from '../../ports.ts'
import type { TaskStops } from '../tasks/stops.ts'
import { scopeOf, stopBy } from '../../fleet/policy/kill-switches.ts'
import { KILL_SCOPES, type KillScope } from '../../infra/database/tables/kill-switches.ts'

const KillSwitch = z
  .strictObject({
    id: z.number().int(),
    scope: z.enum(KILL_SCOPES),
    targetId: z.number().int().nullable(),
    reason: z.string(),
    createTime: Timestamp,
    liftedAt: Timestamp.nullable(),
  })
  .meta({ id: 'KillSwitch' })

export interface KillSwitchDeps {
  readonly db: Database
  readonly clock: Clock
  readonly time: WorkspaceTime
  readonly faults: FaultPoints
  readonly stops: TaskStops
  readonly bell: DispatchBell
}

/** Stops everything in a scope at once, and holds everything new in it until it is lifted. */
export function killSwitchRoutes(deps: KillSwitchDeps): Route[] {
  const { db, clock, time } = deps
  const { killSwitches, devices } = db.models
  return [
    defineRoute({
      method: 'post',
      path: '/kill-switches',
      summary: 'Stop the fleet, a device, an account or a task now',
      tag: 'safety',
      role: 'operator',
      body: z.strictObject({
        scope: z.enum(KILL_SCOPES),
        id: z.number().int().positive().optional(),
        reason: nonBlankText(500),
      }),
      data: IdAnswer,
      handle: async ({ body, caller }) => {
        if (body.scope !== 'FLEET' && body.id === undefined)
          throw invalid(`id: is missing; scope ${body.scope} needs the id of one`)
        if (body.scope === 'FLEET' && body.id !== undefined) throw invalid('id: scope FLEET takes none; leave it out')
        await requireTarget(db, body.scope, body.id)
        return { id: await pullKillSwitch(deps, { ...body, createdBy: caller.userId }) }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/kill-switches',
      summary: 'List kill switches, newest first',
      tag: 'safety',
      role: 'viewer',
      query: z.strictObject({ ...paging, active: z.enum(['true', 'false']).optional() }),
      data: pageOf(KillSwitch),
      handle: async ({ query }) => {
        const liftedAt = query.active === 'true' ? null : { [Op.ne]: null }
        const where = query.active === undefined ? {} : { liftedAt }
        const found = await rows(killSwitches, { where, ...limitOffset(query), order: [['id', 'DESC']] })
        const items = found.map(({ id, scope, targetId, reason, createdAt, liftedAt }) => {
          return { id, scope, targetId, reason, createTime: time.format(createdAt), liftedAt: time.format(liftedAt) }
        })
        return { items, page: query.page, size: query.size, total: await killSwitches.count({ where }) }
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/kill-switches/{id}',
      summary: 'Lift a kill switch; what it cancelled stays cancelled',
      tag: 'safety',
      role: 'operator',
      params: IdParams,
      data: Empty,
      handle: async ({ params }) => {
        const known = await row(killSwitches, { where: { id: params.id } })
        if (!known) throw notFound('kill switch', params.id)
        if (known.liftedAt !== null) throw conflict(`kill switch ${params.id} is lifted already`)
        await db.write(
          async (tx) =>
            await killSwitches.update(
              { liftedAt: clock.now().getTime() },
              { where: { id: params.id }, transaction: tx },
            ),
        )
        const online = await rows(devices, { where: { online: true }, attributes: ['id'] })
        deps.bell.ring(online.map((device) => device.id))
        return null
      },
    }),
  ]
}

/** Answers the id of the switch, once all it stops is stopped. */
export async function pullKillSwitch(
  deps: Pick<KillSwitchDeps, 'db' | 'clock' | 'faults' | 'stops'>,
  wanted: { scope: KillScope; id?: number | undefined; reason: string; createdBy: number },
): Promise<number> {
  const { db, clock, faults, stops } = deps
  const { scope, id: targetId = null, reason, createdBy } = wanted
  faults.hit('cancel.commit.before')
  const id = await db.write(async (tx) => {
    const values = { scope, targetId, reason, createdBy, createdAt: clock.now().getTime() }
    const made = await insert(db.models.killSwitches, values, tx)
    await stops.ask(tx, scopeOf({ scope, targetId }), stopBy({ id: made, reason }))
    return made
  })
  faults.hit('cancel.commit.after')
  await stops.finish()
  return id
}

async function requireTarget(db: Database, scope: KillScope, id: number | undefined): Promise<void> {
  if (id === undefined || scope === 'FLEET') return
  const { devices, accounts, tasks } = db.models
  const found = {
    DEVICE: async () => await devices.count({ where: { id } }),
    ACCOUNT: async () => await accounts.count({ where: { id } }),
    TASK: async () => await tasks.count({ where: { id } }),
  }[scope]
  if ((await found()) === 0) throw notFound(scope.toLowerCase(), id)
}
