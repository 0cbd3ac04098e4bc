import { MutationCall, type Input } from '../../control-plane/src/edge/api/mutation-call.ts'
import {
  defineRoute,
  type Caller,
  type Nothing,
  type Route,
  type RouteOptions,
} from '../../control-plane/src/http/route.ts'

type Options = RouteOptions<typeof Nothing, typeof Nothing, typeof Nothing, typeof Nothing>

/** A public caller, as a request comes in. */
export const nobody: Caller = { userId: 0, username: '', role: 'viewer', ip: '::1', authorization: '', requestId: 'r' }
export const operator: Caller = { ...nobody, userId: 7, username: 'ann', role: 'operator' }

/** A route that does nothing, `PATCH /things` where nothing else is said. */
export const routeOf = (options: Partial<Options> = {}): Route =>
  defineRoute({
    method: 'patch',
    path: '/things',
    summary: '',
    tag: '',
    role: 'operator',
    handle: () => Promise.resolve({}),
    ...options,
  })

export interface CallOptions {
  readonly route?: Route
  readonly caller?: Caller
  readonly input?: Partial<Input>
  readonly idempotencyKey?: string
}

/** A mutation whose request was read already. */
export async function callOf(options: CallOptions = {}): Promise<MutationCall> {
  const { route = routeOf(), caller = operator, idempotencyKey = '' } = options
  const input = { params: {}, query: {}, body: {}, file: undefined, caller, ...options.input }
  const read = () => Promise.resolve(input)
  const call = new MutationCall({ route, target: route.path, caller, idempotencyKey, read })
  await call.readInput()
  return call
}
