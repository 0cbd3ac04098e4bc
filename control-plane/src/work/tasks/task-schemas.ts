import { z } from 'zod'
import { Timestamp } from '../../http/schemas.ts'
import { ITEM_STATUSES, TASK_STATUSES } from '../../infra/database/tables/tasks.ts'
import { TASK_KINDS } from './kinds/index.ts'
import { ParamsView } from './kinds/schemas.ts'

// What the API says of tasks and their items.

/** The states a list is filtered by. */
export const TaskStatus = z.enum(TASK_STATUSES)
export const ItemStatus = z.enum(ITEM_STATUSES)

const Counts = z
  .record(z.string(), z.number().int())
  .meta({ description: '`total`, and the number of items in each state there are any in' })
/** As a list shows it. */
export const Task = z
  .strictObject({
    id: z.number().int(),
    kind: z.enum(TASK_KINDS),
    name: z.string(),
    status: TaskStatus,
    scheduledTime: Timestamp.nullable(),
    createTime: Timestamp,
    startedAt: Timestamp.nullable(),
    finishedAt: Timestamp.nullable(),
    counts: Counts,
    reason: z.string().nullable(),
  })
  .meta({ id: 'Task' })
/** With all that somebody who is to approve it has to know. */
export const TaskDetail = Task.extend({
  deliverWithinSeconds: z.number().int(),
  revision: z.number().int().meta({ description: 'How often what it is to do was changed; 0 for as it was created' }),
  params: ParamsView,
  devices: z.array(
    z.strictObject({
      id: z.number().int(),
      name: z.string(),
      status: z.enum(['ONLINE', 'OFFLINE', 'DISABLED']),
      deleted: z.boolean(),
    }),
  ),
}).meta({ id: 'TaskDetail' })
export const ChangedTask = TaskDetail.extend({ warnings: z.array(z.string()) }).meta({ id: 'ChangedTask' })
export const Item = z
  .strictObject({
    id: z.number().int(),
    taskId: z.number().int(),
    deviceId: z.number().int(),
    accountId: z.number().int().nullable(),
    customerId: z.number().int().nullable(),
    groupId: z.number().int().nullable(),
    action: z.string(),
    receiver: z.string(),
    status: ItemStatus,
    code: z.string().nullable(),
    reason: z.string().nullable(),
    provisional: z.boolean().meta({ description: 'A silent phone may still replace this state' }),
    commandId: z.string().nullable(),
    attempts: z.number().int().meta({ description: 'How often it was given to a phone, which does it at most once' }),
    startedAt: Timestamp.nullable(),
    finishedAt: Timestamp.nullable(),
    evidenceUrl: z.string().nullable(),
    result: z.unknown().meta({ description: 'What the handler of a custom command answered; null for nothing' }),
  })
  .meta({ id: 'Item' })
export const Retried = Task.extend({
  retried: z.number().int().meta({ description: 'Items that are tried again' }),
  unsure: z.number().int().meta({ description: 'Failed items left alone: a silent phone may still say it did them' }),
  deviceDeleted: z.number().int().meta({ description: 'Failed items left alone: their device was deleted' }),
}).meta({ id: 'RetriedTask' })
