import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { Empty, IdAnswer, IdParams, nonBlankText, pageOf, paging, Timestamp } from '../../http/schemas.ts'
import { KILL_SCOPES, type KillSwitches } from './service.ts'

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

/** Stops everything in a scope at once, and holds everything new in it until it is lifted. */
export function killSwitchRoutes(switches: KillSwitches): Route[] {
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
      handle: async ({ body, caller }) => ({ id: await switches.pull({ ...body, createdBy: caller.userId }) }),
    }),
    defineRoute({
      method: 'get',
      path: '/kill-switches',
      summary: 'List kill switches, newest first',
      tag: 'safety',
      role: 'viewer',
      query: z.strictObject({ ...paging, active: z.enum(['true', 'false']).optional() }),
      data: pageOf(KillSwitch),
      handle: ({ query }) => switches.list(query.active === undefined ? undefined : query.active === 'true', query),
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
        await switches.lift(params.id)
        return null
      },
    }),
  ]
}
