import type { CommandPayload, ErrorCode } from '@muster/proto'
import type { z } from 'zod'
import type { NewCommand } from '../../../fleet/commands/new-command.ts'
import type { Database } from '../../../infra/database/database.ts'
import type { EffectClass } from '../../../infra/database/tables/commands.ts'
import type { DeviceRow } from '../../../infra/database/tables/devices.ts'
import type { ItemStatus } from '../../../infra/database/tables/tasks.ts'
import type { ActionEffect, References } from '../../../ports.ts'
import type { DraftWithId, ItemDraft } from './item-draft.ts'

// The contract of one kind of task. Everything the plane knows of a kind stands in its folder and is one row of the table
// in `index.ts`; the rest of the plane knows no kind.

/** What an item with this action does, and how long it takes on a phone. */
export interface ActionRule extends ActionEffect {
  readonly effectClass: EffectClass
  /** As a rule; for forecasts. */
  readonly expectedMs: number
  /** A command of it alone is ended after this time. */
  readonly longestMs: number
}

/** Why an item is not done. */
export interface SkipReason {
  readonly code: ErrorCode
  readonly reason: string
}

/** An item that waits for its command. */
export interface PlannableItem<Payload = unknown> {
  readonly id: number
  readonly deviceId: number
  readonly accountId: number | null
  readonly status: ItemStatus
  readonly action: string
  readonly payload: Payload
}

export interface PlannedCommand extends NewCommand {
  /** Mean pause between its items. */
  readonly itemPauseMs: number
}

/** What a request is checked against. */
export interface PrepareContext {
  readonly db: Database
  /** Those of the request, without repetition. */
  readonly devices: readonly DeviceRow[]
  readonly nowMs: number
}

/** A request for a task, checked: what is to be done, and by what items. */
export interface Prepared<Params> {
  /** For a task that is given none. */
  readonly name: string
  readonly params: Params
  readonly items: readonly ItemDraft[]
  /** Items that need the rows of the first ones. */
  dependents?(items: readonly DraftWithId[]): ItemDraft[]
  readonly warnings?: readonly string[]
}

/** Schemas of a request's fields, with their defaults. */
export type FieldsOf<Request> = {
  readonly [F in keyof Request as undefined extends Request[F] ? never : F]: z.ZodType<Request[F]>
} & z.ZodRawShape

/**
 * One kind of task.
 * @template Request its fields of `POST path`, checked and with defaults
 * @template Params what a task row keeps: validated, and complete without looking anything up again. Rows of earlier
 * versions are read as well, so a field that is added is optional.
 * @template Payload what an item row keeps, by its action
 */
export interface TaskKindModule<
  K extends string,
  Request,
  Params extends { readonly kind: K },
  Payload extends { readonly action: string },
> {
  readonly kind: K
  /** `POST` creates a task. */
  readonly path: string
  /** Whether `path` also lists the tasks of this kind. */
  readonly listed: boolean
  /** Of its routes in the OpenAPI document. */
  readonly tag: string
  readonly summary: string
  /** Whether its commands act as the account that a phone shows. Any other kind needs no account. */
  readonly usesAccount: boolean
  /** What its commands are at most, where its actions do not say so. */
  effectClass?(params: Params): EffectClass
  /** Its own fields, beside those of every kind; a change takes the same ones, without defaults. */
  readonly fields: FieldsOf<Request>
  /** Throws INVALID_REQUEST or NOT_FOUND that names the field. */
  prepare(request: Request, context: PrepareContext): Promise<Prepared<Params>>
  /** The request that would make the task as it is after a change. */
  changed(params: Params, change: Partial<Request>): Request
  /** `params` of `GET /tasks/{id}`. */
  readonly View: z.ZodObject
  view(params: Params): Record<string, unknown>
  /** The records that an unfinished task keeps from being deleted. */
  uses(params: Params): References
  /**
   * What its Moments show of themselves in a list of somebody's: equal for those that nobody can tell apart there. Null
   * for a task that publishes none.
   */
  look(params: Params): string | null
  readonly actions: { readonly [A in Payload['action']]: ActionRule }
  /**
   * Commands for items of one device, in their order.
   * @param floorMs least pause between two effects of the account
   */
  plan(params: Params, items: readonly PlannableItem<Payload>[], floorMs: number): PlannedCommand[]
  /** Why no command can be built for an item; undefined when one can. */
  unplannable(params: Params, item: Pick<PlannableItem<Payload>, 'accountId' | 'payload'>): SkipReason | undefined
  /** The item of a copy of the task: made again from the params, or skipped. */
  renewed(params: Params, payload: Payload): { readonly payload: Payload; readonly skip?: SkipReason | undefined }
}

/** Parts of a kind that publishes no Moment, and whose items can always be planned and are copied as they are. */
export const plainItems = {
  look: () => null,
  unplannable: () => undefined,
  renewed: <Payload>(_params: unknown, payload: Payload) => ({ payload }),
}

/** A task that needs no record. */
export const usesNothing: References = { materials: [], templates: [], tags: [], customers: [] }

/** A command for one item, which waits for no other command. */
export const singleCommand = (
  { id, deviceId, accountId }: PlannableItem,
  { effectClass, longestMs }: ActionRule,
  payload: CommandPayload,
): PlannedCommand => ({
  deviceId,
  accountId,
  kind: payload.$case,
  effectClass,
  itemIds: [id],
  payload,
  maxRunMs: longestMs,
  position: 0,
  pauseMs: 0,
  itemPauseMs: 0,
})
