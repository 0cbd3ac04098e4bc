import { z } from 'zod'
import { EFFECT_CLASSES } from '../../../../infra/database/tables/commands.ts'
import { plainItems, singleCommand, usesNothing, type ActionRule, type TaskKindModule } from '../kind.ts'
import type { CustomParams, CustomPayload } from './params.ts'
import { changedCustom, customFields, prepareCustom, type CustomRequest } from './request.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS

const CUSTOM: ActionRule = {
  cap: undefined,
  toPeople: false,
  showsLook: false,
  // The most it can be; the task's own says what it is.
  effectClass: 'ONCE',
  expectedMs: SECOND_MS,
  longestMs: 10 * MINUTE_MS,
}

const View = z
  .strictObject({
    kind: z.literal('CUSTOM'),
    command: z.string(),
    version: z.number().int(),
    effectClass: z.enum(EFFECT_CLASSES),
    payload: z.unknown(),
  })
  .meta({ id: 'CustomTaskParams' })

/** A command that the author of an agent defined, on each of some devices. */
export const custom: TaskKindModule<'CUSTOM', CustomRequest, CustomParams, CustomPayload> = {
  ...plainItems,
  kind: 'CUSTOM',
  path: '/custom/tasks',
  listed: true,
  tag: 'custom',
  summary: 'Run a command that the agents on devices have registered',
  usesAccount: false,
  effectClass: ({ effectClass }) => effectClass,
  fields: customFields,
  prepare: prepareCustom,
  changed: changedCustom,
  View,
  view: ({ kind, command, version, effectClass, payload }) => ({ kind, command, version, effectClass, payload }),
  uses: () => usesNothing,
  actions: { CUSTOM },
  plan: ({ command: name, version, effectClass, payload }, items) =>
    items.map((item) => {
      const value = { itemId: String(item.id), name, version, payloadJson: JSON.stringify(payload) }
      return singleCommand(item, { ...CUSTOM, effectClass }, { $case: 'custom', value })
    }),
}
