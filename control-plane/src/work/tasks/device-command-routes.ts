import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { IdParams } from '../../http/schemas.ts'
import type { DeviceCommands } from './device-commands.ts'
import { customFields } from './kinds/custom/request.ts'
import { ItemStatus } from './task-schemas.ts'

const TYPES = ['CUSTOM'] as const
const LONGEST_WAIT_SECONDS = 120

const Body = z.strictObject({
  type: z.enum(TYPES, `has to be ${TYPES.join(' or ')}; no other type can be given by hand yet`),
  ...customFields,
  waitSeconds: z.number().int().min(1).max(LONGEST_WAIT_SECONDS).default(30),
})

const State = z
  .strictObject({
    taskId: z.number().int().meta({ description: 'The task that carries the command out' }),
    commandId: z.string().nullable(),
    status: ItemStatus,
    code: z.string().nullable(),
    reason: z.string().nullable(),
    result: z.unknown().meta({ description: 'What the handler answered; null for nothing' }),
    evidenceUrl: z.string().nullable(),
  })
  .meta({ id: 'DeviceCommandState' })

/** Commands that are given to one device by hand. */
export const deviceCommandRoutes = (commands: DeviceCommands): Route[] => [
  defineRoute({
    method: 'post',
    path: '/devices/{id}/commands',
    stateOf: '/devices/{id}',
    summary: 'Give a device a command now and wait for its end, or as long as the caller wants to',
    tag: 'devices',
    role: 'operator',
    limit: 'task-creation',
    params: IdParams,
    body: Body,
    data: State,
    handle: ({ params, body, caller }) => commands.run(params.id, body, caller.userId),
  }),
]
