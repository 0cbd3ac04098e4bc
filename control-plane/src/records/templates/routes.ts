import { z } from 'zod'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { contains, insert, row, rows } from '../../infra/database/table.ts'
import { conflict, invalid, notFound } from '../../infra/errors.ts'
import { defineRoute, type Route } from '../../http/route.ts'
import { Empty, IdParams, ids, pageOf, paging, Timestamp, limitOffset } from '../../http/schemas.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'
import { activeTaskWithTemplate } from '../../work/tasks/references.ts'
import { TEMPLATE_TYPES, type TemplateRow, type TemplateType } from '../../infra/database/tables/templates.ts'
import { strayBrace, variablesOf } from './render.ts'

const TypeSchema = z.enum(TEMPLATE_TYPES)
const Template = z
  .strictObject({
    id: z.number().int(),
    name: z.string(),
    type: TypeSchema,
    content: z.string(),
    variables: z.array(z.string()),
    materialIds: z.array(z.number().int()),
    createTime: Timestamp,
  })
  .meta({ id: 'MessageTemplate' })
const Body = z.strictObject({
  name: z.string().trim().min(1).max(100),
  type: TypeSchema,
  content: z.string().max(5000).default(''),
  variables: z
    .array(z.string().regex(/^[\p{L}_][\p{L}\p{N}_]{0,49}$/u, 'is not a variable name'))
    .max(50)
    .default([]),
  materialIds: ids.max(9).default([]),
})
type TemplateBody = z.output<typeof Body>
/** What a type is made of; VIDEO and LINK are kept for later kinds of message. */
const NEEDS: Readonly<Record<TemplateType, { text: boolean; material: 'IMAGE' | 'VIDEO' | undefined }>> = {
  TEXT: { text: true, material: undefined },
  IMAGE: { text: false, material: 'IMAGE' },
  TEXT_WITH_IMAGE: { text: true, material: 'IMAGE' },
  VIDEO: { text: false, material: 'VIDEO' },
  LINK: { text: true, material: undefined },
}

export interface TemplateDeps {
  readonly db: Database
  readonly clock: Clock
  readonly time: WorkspaceTime
}

/** Message templates. */
export function templateRoutes({ db, clock, time }: TemplateDeps): Route[] {
  const { templates } = db.models
  const existing = async (id: number): Promise<TemplateRow> => {
    const template = await row(templates, { where: { id, deletedAt: null } })
    if (!template) throw notFound('template', id)
    return template
  }
  const view = ({ id, name, type, content, variables, materialIds, createdAt }: TemplateRow) => ({
    id,
    name,
    type,
    content,
    variables,
    materialIds,
    createTime: time.format(createdAt),
  })
  return [
    defineRoute({
      method: 'get',
      path: '/message/templates',
      summary: 'List templates',
      tag: 'messages',
      role: 'viewer',
      query: z.strictObject({ ...paging, keyword: z.string().max(100).optional(), type: TypeSchema.optional() }),
      data: pageOf(Template),
      handle: async ({ query }) => {
        const where = {
          deletedAt: null,
          ...(query.type ? { type: query.type } : {}),
          ...(query.keyword ? contains(['name'], query.keyword) : {}),
        }
        const found = await rows(templates, { where, ...limitOffset(query), order: [['id', 'DESC']] })
        return { items: found.map(view), page: query.page, size: query.size, total: await templates.count({ where }) }
      },
    }),
    defineRoute({
      method: 'post',
      path: '/message/templates',
      summary: 'Add a template; every {variable} must be declared',
      tag: 'messages',
      role: 'operator',
      body: Body,
      data: Template,
      handle: async ({ body }) => {
        await check(db, body)
        const template = { ...body, createdAt: clock.now().getTime() }
        return view({
          ...template,
          deletedAt: null,
          id: await db.write(async (tx) => await insert(templates, template, tx)),
        })
      },
    }),
    defineRoute({
      method: 'get',
      path: '/message/templates/{id}',
      summary: 'One template',
      tag: 'messages',
      role: 'viewer',
      params: IdParams,
      data: Template,
      handle: async ({ params }) => view(await existing(params.id)),
    }),
    defineRoute({
      method: 'patch',
      path: '/message/templates/{id}',
      summary: 'Change a template; tasks keep it as it was',
      tag: 'messages',
      role: 'operator',
      params: IdParams,
      body: z.strictObject({
        name: Body.shape.name.optional(),
        type: TypeSchema.optional(),
        content: z.string().max(5000).optional(),
        variables: Body.shape.variables.unwrap().optional(),
        materialIds: ids.max(9).optional(),
      }),
      data: Template,
      handle: async ({ params, body }) => {
        const { name, type, content, variables, materialIds } = await existing(params.id)
        const given = Object.fromEntries(
          Object.entries(body).filter(([, value]) => value !== undefined),
        ) as Partial<TemplateBody>
        const next = { name, type, content, variables, materialIds, ...given }
        await check(db, next)
        await db.write(async (tx) => await templates.update(next, { where: { id: params.id }, transaction: tx }))
        return view(await existing(params.id))
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/message/templates/{id}',
      summary: 'Delete a template no unfinished task uses',
      tag: 'messages',
      role: 'operator',
      params: IdParams,
      data: Empty,
      handle: async ({ params }) => {
        await existing(params.id)
        const user = await activeTaskWithTemplate(db, params.id)
        if (user) throw conflict(`template ${params.id} is used by ${user}; finish or cancel that first`)
        await db.write(
          async (tx) =>
            await templates.update({ deletedAt: clock.now().getTime() }, { where: { id: params.id }, transaction: tx }),
        )
        return null
      },
    }),
  ]
}

async function check(db: Database, body: TemplateBody): Promise<void> {
  const needs = NEEDS[body.type]
  if (needs.text && body.content.trim() === '') throw invalid(`content: is empty; a ${body.type} template needs text`)
  if (!needs.text && body.content.trim() !== '')
    throw invalid(`content: a ${body.type} template sends none; leave it out, or use TEXT_WITH_IMAGE`)
  const declared = new Set(body.variables)
  const undeclared = variablesOf(body.content).filter((name) => !declared.has(name))
  if (undeclared.length > 0) {
    throw invalid(
      `variables: ${undeclared.join(', ')} stands in content and is not declared; add it to variables or write {{ for a brace`,
    )
  }
  const stray = strayBrace(body.content)
  if (stray !== undefined)
    throw invalid(
      `content: "${stray}" is no {variable}; a name has letters, digits and _, and a brace is written twice`,
    )
  if (!needs.material && body.materialIds.length > 0)
    throw invalid(`materialIds: a ${body.type} template takes none; use TEXT_WITH_IMAGE`)
  if (needs.material && body.materialIds.length === 0)
    throw invalid(`materialIds: a ${body.type} template needs at least one`)
  const found = await rows(db.models.materials, { where: { id: body.materialIds, deletedAt: null } })
  for (const id of body.materialIds) {
    const material = found.find((one) => one.id === id)
    if (!material) throw notFound('materialIds: material', id)
    if (material.type !== needs.material)
      throw invalid(
        `materialIds: material ${id} is a ${material.type}; a ${body.type} template takes ${needs.material}`,
      )
  }
}
