import { MusterError } from '../../infra/errors.ts'
import type { Route } from '../../http/route.ts'
import { validate } from '../../http/validate.ts'
import type { CallMiddleware, MutationCall } from './mutation-call.ts'

/**
 * Reads what a call is about to change, for the audit log: the answer of the GET route that the route names in
 * `stateOf`, and null where it names none or the thing does not exist. Throws at the start for a path without such a
 * route.
 */
export function stateBefore(routes: readonly Route[]): CallMiddleware {
  const getRoutes = new Map(routes.filter(({ method, data }) => method === 'get' && data).map((get) => [get.path, get]))
  for (const { method, path, stateOf } of routes)
    if (stateOf !== undefined && !getRoutes.has(stateOf))
      throw new Error(`${method} ${path}: stateOf is ${stateOf}, and no GET route with data has this path`)
  return async (call, next) => {
    const getRoute = getRoutes.get(call.route.stateOf ?? '')
    call.before = getRoute ? await stateOf(getRoute, call) : null
    return await next()
  }
}

async function stateOf(getRoute: Route, { input, caller }: MutationCall): Promise<unknown> {
  try {
    const params = validate(getRoute.params, input.params, 'path')
    const query = validate(getRoute.query, {}, 'query')
    return await getRoute.handle({ params, query, body: {}, file: undefined, caller })
  } catch (error) {
    if (error instanceof MusterError) return null
    throw error
  }
}
