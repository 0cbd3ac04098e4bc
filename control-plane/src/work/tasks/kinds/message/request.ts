import { z } from 'zod'
import { ids } from '../../../../http/schemas.ts'
import { row } from '../../../../infra/database/table.ts'
import type { Database } from '../../../../infra/database/database.ts'
import { invalid, notFound } from '../../../../infra/errors.ts'
import { BUILT_IN_VARIABLES, longestText, variablesOf } from '../../../../records/templates/render.ts'
import type { PrepareContext, Prepared } from '../kind.ts'
import { pictureSnapshots } from '../pictures.ts'
import { RECEIVER_TYPES, type MessageParams, type TemplateSnapshot } from './params.ts'
import { MessageReceivers } from './receivers.ts'

/** With its variables filled in, in characters. */
const LONGEST_TEXT = 16_000

const LIST_OF = { ALL: undefined, TAG: 'tagIds', GROUP: 'groupIds', CUSTOMERS: 'customerIds' } as const
const RECEIVER_LISTS = ['tagIds', 'groupIds', 'customerIds'] as const

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
      // If it were ignored, a list that narrows ALL down would send to everybody.
      for (const list of RECEIVER_LISTS)
        if (receivers[list].length > 0 && list !== LIST_OF[receivers.type])
          context.addIssue({
            code: 'custom',
            path: [list],
            message: `type ${receivers.type} takes none; leave them out`,
          })
    }),
  variables: z.record(z.string(), z.string().max(500)).default({}),
  intervalSeconds: z.number().min(0).max(3600).default(5),
  batchSize: z.number().int().min(1).max(500).default(50),
  batchPauseSeconds: z
    .number()
    .int()
    .min(0)
    .max(24 * 3600)
    .default(60),
}

export interface MessageRequest extends z.output<z.ZodObject<typeof messageFields>> {
  /** The template as the task has it already: an edited one is taken only by a change that names it. */
  readonly kept?: TemplateSnapshot
}

export async function prepareMessage(
  request: MessageRequest,
  context: PrepareContext,
): Promise<Prepared<MessageParams>> {
  const { db, devices, nowMs } = context
  const template = request.kept ?? (await templateOf(db, request.templateId))
  const deviceIds = devices.map((device) => device.id)
  const params = paramsOf(request, template, deviceIds)
  const receivers = await new MessageReceivers({ db }).items(params, devices, nowMs)
  return { name: `template ${request.templateId}`, params, ...receivers }
}

/** The request that would make the message as it is after a change. */
export function changedMessage(params: MessageParams, change: Partial<MessageRequest>): MessageRequest {
  const { template, receivers, variables, intervalSeconds, batchSize, batchPauseSeconds } = params
  const before = { templateId: template.id, receivers, variables, intervalSeconds, batchSize, batchPauseSeconds }
  const kept = change.templateId === undefined ? { kept: template } : {}
  // Requests are the caller's to change, snapshots are not.
  return structuredClone({ ...before, ...kept, ...change }) as MessageRequest
}

async function templateOf(db: Database, templateId: number): Promise<TemplateSnapshot> {
  const template = await row(db.models.templates, { where: { id: templateId, deletedAt: null } })
  if (!template) throw notFound('templateId: template', templateId)
  const { id, type, content, variables } = template
  if (type === 'VIDEO' || type === 'LINK') {
    throw invalid(
      `templateId: template ${id} is a ${type}, which cannot be sent yet; use TEXT, IMAGE or TEXT_WITH_IMAGE`,
    )
  }
  const materials = await pictureSnapshots(db, template.materialIds, 'templateId')
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
