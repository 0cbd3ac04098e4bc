import type { Context } from 'koa'
import type { Role } from '../../infra/database/tables/users.ts'
import type { Authenticator } from '../../records/auth/service.ts'
import { MusterError } from '../../infra/errors.ts'
import { requestIdOf } from '../../http/envelope.ts'
import type { Caller, Route } from '../../http/route.ts'

const RANK: Readonly<Record<Role, number>> = { viewer: 1, operator: 2, admin: 3 }

/** Whoever it is, before anything is known of them. */
export const stranger = (ctx: Context): Caller => ({
  userId: 0,
  username: '',
  role: 'viewer',
  ip: ctx.ip,
  requestId: requestIdOf(ctx),
  authorization: ctx.get('authorization'),
})

/** Signs the caller in. Throws UNAUTHENTICATED; what the caller may do is asked of `mayCall`. */
export async function callerOf(route: Route, ctx: Context, auth: Authenticator): Promise<Caller> {
  if (route.role === 'public') return stranger(ctx)
  return { ...stranger(ctx), ...(await auth.verify(ctx.get('authorization'))) }
}

/** Throws FORBIDDEN when the caller's role is too low for the route. */
export function mayCall(route: Route, caller: Caller): void {
  if (route.role === 'public' || RANK[caller.role] >= RANK[route.role]) return
  throw new MusterError('FORBIDDEN', `this needs the role ${route.role}; ${caller.username} is ${caller.role}`)
}
