import type { Audit, AuditTrail } from '../../records/audit/service.ts'
import type { AnonymousAuditLimit } from './limits.ts'
import type { CallMiddleware, MutationCall } from './mutation-call.ts'

/**
 * Records a mutation in the audit log: an intent in the effect's own transaction, and an outcome, whatever becomes of
 * the call. Of refused calls without a sign-in, some are recorded.
 */
export function audited(audit: Audit, limit: AnonymousAuditLimit): CallMiddleware {
  return async (call, next) => {
    const { route, target, caller } = call
    const trail = audit.begin(caller, `${route.method.toUpperCase()} ${route.path}`, target)
    call.records.push({
      withEffect: async (tx) => {
        fill(trail, call)
        await trail.intent(tx)
      },
      atEnd: async (tx, end) => {
        fill(trail, call)
        if ('error' in end) await trail.outcome(tx, end.error.status, null)
        else await trail.outcome(tx, 200, end.data)
      },
    })
    try {
      return await next()
    } catch (error) {
      fill(trail, call)
      if (trail.isStrangers && !limit.admit(caller.ip, route)) call.records = []
      throw error
    }
  }
}

/** Copies to the trail what the call has learned since. */
function fill(trail: AuditTrail, call: MutationCall): void {
  trail.calledBy(call.caller)
  if (call.before !== undefined) trail.asks(call.input.body, call.before)
}
