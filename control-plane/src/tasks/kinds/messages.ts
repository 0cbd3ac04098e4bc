import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { ids, type WorkspaceTime } from '../../http/schemas.ts'
import { row } from '../../database/table.ts'
import type { Database } from '../../database/database.ts'
import { invalid, notFound } from '../../errors.ts'
import { BUILT_IN_VARIABLES, longestText, variablesOf } from '../../templates/render.ts'
import type { TaskCreation } from '../creation.ts'
import { RECEIVER_TYPES, type MessageParams } from '../params.ts'
import { commonFields, CreatedOrDryRun, DryRunQuery } from './common.ts'
import { MessageReceivers } from './message-receivers.ts'

const DEFAULT_PAUSE_SECONDS = 60
/** With its variables filled in, in characters. */
const LONGEST_TEXT = 16_000

const body = (time: WorkspaceTime) =>
  z.strictObject({
    ...commonFields(time),
    templateId: z.number().int().positive(),
    receivers: z.strictObject({
      type: z.enum(RECEIVER_TYPES),
      tagIds: ids.default([]),
      groupIds: ids.default([]),
      customerIds: ids.default([]),
    }),
    variables: z.record(z.string(), z.string().max(500)).default({}),
    intervalSeconds: z.number().min(0).max(3600).default(5),
    batchSize: z.number().int().min(1).max(500).default(50),
    batchPauseSeconds: z
      .number()
      .int()
      .min(0)
      .max(24 * 3600)
      .default(DEFAULT_PAUSE_SECONDS),
  })
type MessageBody = z.output<ReturnType<typeof body>>

export interface MessageDeps {
  readonly db: Database
  readonly time: WorkspaceTime
  readonly creation: TaskCreation
  now(): number
}

/** `POST /message/tasks`. */
export function createMessageRoute(deps: MessageDeps): Route {
  const receivers = new MessageReceivers(deps)
  return defineRoute({
    method: 'post',
    path: '/message/tasks',
    summary: 'Send a template to many customers or groups',
    tag: 'messages',
    role: 'operator',
    createsTask: true,
    query: DryRunQuery,
    body: body(deps.time),
    data: CreatedOrDryRun,
    handle: async ({ body: request, query, caller }) => {
      const { creation } = deps
      creation.checkTime(request.scheduledTime)
      const devices = await creation.devices(request.devices)
      const params = await paramsOf(
        deps,
        request,
        devices.map((device) => device.id),
      )
      const task = {
        name: request.name ?? `template ${request.templateId}`,
        params,
        scheduledTime: request.scheduledTime,
        deliverWithinSeconds: request.deliverWithinSeconds,
        createdBy: caller.userId,
        ...(await receivers.items(params, devices, deps.now())),
      }
      return await creation.create(task, devices, { dryRun: query.dryRun === 'true' })
    },
  })
}

async function paramsOf(
  { db, creation }: MessageDeps,
  request: MessageBody,
  devices: readonly number[],
): Promise<MessageParams> {
  const template = await row(db.models.templates, { where: { id: request.templateId, deletedAt: null } })
  if (!template) throw notFound('templateId: template', request.templateId)
  if (template.type === 'VIDEO' || template.type === 'LINK') {
    throw invalid(
      `templateId: template ${template.id} is a ${template.type}, which cannot be sent yet; use TEXT, IMAGE or TEXT_WITH_IMAGE`,
    )
  }
  const undeclared = Object.keys(request.variables).filter((name) => !template.variables.includes(name))
  if (undeclared.length > 0)
    throw invalid(
      `variables: ${undeclared.join(', ')} is not a variable of template ${template.id}; it has ${template.variables.join(', ') || 'none'}`,
    )
  const builtIn: readonly string[] = BUILT_IN_VARIABLES
  const missing = variablesOf(template.content).filter((name) => !builtIn.includes(name) && !request.variables[name])
  if (missing.length > 0)
    throw invalid(`variables: ${missing.join(', ')} has no value; template ${template.id} needs it`)
  const longest = longestText(template.content, request.variables)
  if (longest > LONGEST_TEXT)
    throw invalid(
      `variables: make a text of up to ${longest} characters of template ${template.id}; at most ${LONGEST_TEXT} can be sent`,
    )
  const { receivers } = request
  const named = {
    ALL: 1,
    TAG: receivers.tagIds.length,
    GROUP: receivers.groupIds.length,
    CUSTOMERS: receivers.customerIds.length,
  }[receivers.type]
  if (named === 0) throw invalid(`receivers: type ${receivers.type} needs at least one id in its list`)
  return {
    kind: 'MESSAGE',
    template: {
      id: template.id,
      type: template.type,
      content: template.type === 'IMAGE' ? '' : template.content,
      materials: await creation.materials(template.materialIds, 'IMAGE', 'templateId'),
    },
    receivers,
    variables: request.variables,
    devices,
    intervalSeconds: request.intervalSeconds,
    batchSize: request.batchSize,
    batchPauseSeconds: request.batchPauseSeconds,
  }
}
