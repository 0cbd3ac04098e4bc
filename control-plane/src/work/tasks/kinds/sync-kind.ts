import type { CommandPayload } from '@muster/proto'
import { z } from 'zod'
import { draftItem } from './item-draft.ts'
import { plainItems, singleCommand, usesNothing, type ActionRule, type TaskKindModule } from './kind.ts'

const MINUTE_MS = 60_000

const READS: ActionRule = {
  cap: undefined,
  toPeople: false,
  showsLook: false,
  effectClass: 'READ',
  expectedMs: MINUTE_MS,
  longestMs: 60 * MINUTE_MS,
}

export interface SyncParams<K extends string> {
  readonly kind: K
  readonly devices: readonly number[]
}

const View = z.strictObject({ kind: z.enum(['FRIENDS_SYNC', 'GROUPS_SYNC']) }).meta({ id: 'SyncTaskParams' })

/** A kind that reads a list on each phone, with one item for each device and no fields of its own. */
export const syncKind = <K extends z.input<typeof View>['kind'], A extends string>(
  sync: Pick<TaskKindModule<K, object, SyncParams<K>, { readonly action: A }>, 'kind' | 'path' | 'summary'> & {
    readonly name: string
    readonly action: A
    command(itemId: string): CommandPayload
  },
): TaskKindModule<K, object, SyncParams<K>, { readonly action: A }> => ({
  ...plainItems,
  kind: sync.kind,
  path: sync.path,
  listed: false,
  tag: 'people',
  summary: sync.summary,
  usesAccount: true,
  fields: {},
  prepare: async (_request, { devices }) => ({
    name: sync.name,
    params: { kind: sync.kind, devices: devices.map((device) => device.id) },
    items: devices.map(({ id: deviceId, accountId, name: receiver }) =>
      draftItem({ deviceId, accountId, receiver, payload: { action: sync.action } }),
    ),
  }),
  changed: () => ({}),
  View,
  view: ({ kind }) => ({ kind }),
  uses: () => usesNothing,
  actions: { [sync.action]: READS } as { readonly [Name in A]: ActionRule },
  plan: (_params, items) => items.map((item) => singleCommand(item, READS, sync.command(String(item.id)))),
})
