import type { Transaction } from 'sequelize'
import type { Caller, Route, RouteInput } from '../../http/route.ts'
import type { MusterError } from '../../infra/errors.ts'

/** A request that was read and checked against its route's schemas. */
export type Input = RouteInput<unknown, unknown, unknown>

/**
 * One concern of a mutation, around `next`: the remaining concerns and the route's handler. Returns the route's data.
 * Throws a refusal instead of calling `next`.
 */
export type CallMiddleware = (call: MutationCall, next: () => Promise<unknown>) => Promise<unknown>

/** What calls of a route count against. */
export interface CallLimit {
  /** Runs a call while there is room. Throws RATE_LIMITED with the seconds to wait. */
  run(input: Input, work: () => Promise<unknown>): Promise<unknown>
}

export type CallEnd = { readonly data: unknown } | { readonly error: MusterError }

/** Rows about a call that are committed together with what the call did. */
export interface CallRecord {
  /** Part of the transaction of the call's first effect. Not called when nothing was changed. */
  withEffect(tx: Transaction): Promise<void>
  /** Part of one write after the call. */
  atEnd(tx: Transaction, end: CallEnd): Promise<void>
}

export interface MutationRequest {
  readonly route: Route
  /** The path below `/api/v1`, as it was called. */
  readonly target: string
  /** The caller before the sign-in: address, request id and Authorization header are known, the user is not. */
  readonly caller: Caller
  /** The `Idempotency-Key` header; empty when there was none. */
  readonly idempotencyKey: string
  /** Reads and checks the request. Called once, when the caller is known and may call the route. */
  readonly read: (caller: Caller) => Promise<Input>
}

/** One mutation on its way through the middleware: what is known of it so far. */
export class MutationCall {
  readonly route: Route
  readonly target: string
  readonly idempotencyKey: string
  /** Without a user (id 0) until the sign-in. */
  caller: Caller
  /** The state of what the call changes, null where there is none; undefined until it was read. */
  before: unknown
  /** In the order in which they are written. */
  records: CallRecord[] = []
  readonly #read: MutationRequest['read']
  #input: Input | undefined

  constructor(request: MutationRequest) {
    this.route = request.route
    this.target = request.target
    this.idempotencyKey = request.idempotencyKey
    this.caller = request.caller
    this.#read = request.read
  }

  /** The checked request. Throws when `readInput` has not run: a mistake in the order of the middleware. */
  get input(): Input {
    if (!this.#input) throw new Error('the request is used before it is read')
    return this.#input
  }

  async readInput(): Promise<void> {
    this.#input = await this.#read(this.caller)
  }
}
