import type { Authenticator } from '../../records/auth/service.ts'
import { callerOf, mayCall } from './callers.ts'
import type { CallMiddleware } from './mutation-call.ts'

/** Finds out who calls. Throws UNAUTHENTICATED, or FORBIDDEN when the role is too low for the route. */
export function signedIn(auth: Authenticator): CallMiddleware {
  return async (call, next) => {
    call.caller = await callerOf(call.route, call.caller, auth)
    mayCall(call.route, call.caller)
    return await next()
  }
}
