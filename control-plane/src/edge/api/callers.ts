import type { Context } from 'koa'
import type { Role } from '../../infra/database/tables/users.ts'
import type { Authenticator } from '../../records/auth/service.ts'
import { MusterError } from '../../infra/errors.ts'
import { requestIdOf } from '../../http/envelope.ts'
import type { Caller, Route } from '../../http/route.ts'

const RANK: Readonly<Record<Role, number>> = { viewer: 1, operator: 2, admin: 3 }

/** The caller of a request before the sign-in. */
export const anonymous = (ctx: Context): Caller => ({
  userId: 0,
  username: '',
  role: 'viewer',
  ip: ctx.ip,
  requestId: requestIdOf(ctx),
  authorization: ctx.get('authorization'),
})

/** Signs an anonymous caller in; a public route needs no sign-in. Throws UNAUTHENTICATED. The role is not checked. */
export async function callerOf(route: Route, caller: Caller, auth: Authenticator): Promise<Caller> {
  if (route.role === 'public') return caller
  return { ...caller, ...(await auth.verify(caller.authorization)) }
}

/** Throws FORBIDDEN when the caller's role is too low for the route. */
export function mayCall(route: Route, caller: Caller): void {
  if (route.role === 'public' || RANK[caller.role] >= RANK[route.role]) return
  throw new MusterError('FORBIDDEN', `this needs the role ${route.role}; ${caller.username} is ${caller.role}`)
}
