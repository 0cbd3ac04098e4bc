import { z } from 'zod'
import { defineRoute, type Route } from '../../../http/route.ts'
import { ids } from '../../../http/schemas.ts'
import type { WorkspaceTime } from '../../../infra/workspace-time.ts'
import { row } from '../../../infra/database/table.ts'
import type { Database } from '../../../infra/database/database.ts'
import type { DeviceRow } from '../../../infra/database/tables/devices.ts'
import { invalid, notFound } from '../../../infra/errors.ts'
import { BUILT_IN_VARIABLES, longestText, variablesOf } from '../../../records/templates/render.ts'
import type { TaskCreation } from '../creation.ts'
import { RECEIVER_TYPES, type MessageParams, type TemplateSnapshot } from '../params.ts'
import { commonFields, CreatedOrDryRun, DryRunQuery, type Prepared } from './common.ts'
import { MessageReceivers } from './message-receivers.ts'

const DEFAULT_PAUSE_SECONDS = 60
/** With its variables filled in, in characters. */
const LONGEST_TEXT = 16_000

const LIST_OF = { ALL: undefined, TAG: 'tagIds', GROUP: 'groupIds', CUSTOMERS: 'customerIds' } as const
const RECEIVER_LISTS = ['tagIds', 'groupIds', 'customerIds'] as const

/** What is said of a message, at its creation and in a change. */
export const messageFields = {
  templateId: z.number().int().positive(),
  receivers: z
    .strictObject({
      type: z.enum(RECEIVER_TYPES),
      tagIds: ids.default([]),
      groupIds: ids.default([]),
      customerIds: ids.default([]),
    })
    .superRefine((receivers, context) => {
      // Passed over, a list that narrows ALL down would send to everybody.
      for (const list of RECEIVER_LISTS)
        if (receivers[list].length > 0 && list !== LIST_OF[receivers.type])
          context.addIssue({
            code: 'custom',
            path: [list],
            message: `type ${receivers.type} takes none; leave them out`,
          })
    }),
  variables: z.record(z.string(), z.string().max(500)),
  intervalSeconds: z.number().min(0).max(3600),
  batchSize: z.number().int().min(1).max(500),
  batchPauseSeconds: z
    .number()
    .int()
    .min(0)
    .max(24 * 3600),
}
const body = (time: WorkspaceTime) =>
  z.strictObject({
    ...commonFields(time),
    ...messageFields,
    variables: messageFields.variables.default({}),
    intervalSeconds: messageFields.intervalSeconds.default(5),
    batchSize: messageFields.batchSize.default(50),
    batchPauseSeconds: messageFields.batchPauseSeconds.default(DEFAULT_PAUSE_SECONDS),
  })
export type MessageRequest = z.output<z.ZodObject<typeof messageFields>>

export interface MessageDeps {
  readonly db: Database
  readonly time: WorkspaceTime
  readonly creation: TaskCreation
  now(): number
}

/** `POST /message/tasks`. */
export function createMessageRoute(deps: MessageDeps): Route {
  return defineRoute({
    method: 'post',
    path: '/message/tasks',
    summary: 'Send a template to many customers or groups',
    tag: 'messages',
    role: 'operator',
    limit: 'task-creation',
    query: DryRunQuery,
    body: body(deps.time),
    data: CreatedOrDryRun,
    handle: async ({ body: request, query, caller }) => {
      const { creation } = deps
      creation.checkTime(request.scheduledTime)
      const devices = await creation.devices(request.devices)
      const { scheduledTime, deliverWithinSeconds } = request
      const prepared = await prepareMessage(deps, request, devices)
      const name = request.name ?? prepared.name
      const task = { ...prepared, name, scheduledTime, deliverWithinSeconds, createdBy: caller.userId }
      return await creation.create(task, devices, { dryRun: query.dryRun === 'true' })
    },
  })
}

/**
 * Checks what is asked for, with all it refers to. Throws INVALID_REQUEST or NOT_FOUND that names the field.
 * @param kept the template as the task has it, when it keeps the one it has
 */
export async function prepareMessage(
  deps: Omit<MessageDeps, 'time'>,
  request: MessageRequest,
  devices: readonly DeviceRow[],
  kept?: TemplateSnapshot,
): Promise<Prepared> {
  const template = kept ?? (await templateOf(deps, request.templateId))
  const deviceIds = devices.map((device) => device.id)
  const params = paramsOf(request, template, deviceIds)
  const receivers = await new MessageReceivers(deps).items(params, devices, deps.now())
  return { name: `template ${request.templateId}`, params, ...receivers }
}

/** What a message is asked for after a change. */
export function changedMessage(params: MessageParams, change: Partial<MessageRequest>): MessageRequest {
  const { template, receivers, variables, intervalSeconds, batchSize, batchPauseSeconds } = params
  const was = { templateId: template.id, receivers, variables, intervalSeconds, batchSize, batchPauseSeconds }
  // Requests are the caller's to change, snapshots are not.
  return structuredClone({ ...was, ...change }) as MessageRequest
}

async function templateOf({ db, creation }: Omit<MessageDeps, 'time'>, templateId: number): Promise<TemplateSnapshot> {
  const template = await row(db.models.templates, { where: { id: templateId, deletedAt: null } })
  if (!template) throw notFound('templateId: template', templateId)
  const { id, type, content, variables } = template
  if (type === 'VIDEO' || type === 'LINK') {
    throw invalid(
      `templateId: template ${id} is a ${type}, which cannot be sent yet; use TEXT, IMAGE or TEXT_WITH_IMAGE`,
    )
  }
  const materials = await creation.materials(template.materialIds, 'IMAGE', 'templateId')
  return { id, type, content: type === 'IMAGE' ? '' : content, variables, materials }
}

function paramsOf(request: MessageRequest, template: TemplateSnapshot, devices: readonly number[]): MessageParams {
  // Tasks of earlier versions do not know what their template declares.
  const declared = template.variables ?? variablesOf(template.content)
  const undeclared = Object.keys(request.variables).filter((name) => !declared.includes(name))
  if (undeclared.length > 0)
    throw invalid(
      `variables: ${undeclared.join(', ')} is not a variable of template ${template.id}; it has ${declared.join(', ') || 'none'}`,
    )
  const builtIn: readonly string[] = BUILT_IN_VARIABLES
  const missing = variablesOf(template.content).filter(
    (name) => !builtIn.includes(name) && !request.variables[name]?.trim(),
  )
  if (missing.length > 0)
    throw invalid(`variables: ${missing.join(', ')} has no value; template ${template.id} needs it`)
  const longest = longestText(template.content, request.variables)
  if (longest > LONGEST_TEXT)
    throw invalid(
      `variables: make a text of up to ${longest} characters of template ${template.id}; at most ${LONGEST_TEXT} can be sent`,
    )
  const { receivers } = request
  const list = LIST_OF[receivers.type]
  if (list && receivers[list].length === 0)
    throw invalid(`receivers.${list}: is empty; type ${receivers.type} needs at least one id there`)
  return {
    kind: 'MESSAGE',
    template,
    receivers,
    variables: request.variables,
    devices,
    intervalSeconds: request.intervalSeconds,
    batchSize: request.batchSize,
    batchPauseSeconds: request.batchPauseSeconds,
  }
}
