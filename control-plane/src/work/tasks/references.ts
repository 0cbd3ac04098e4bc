import { Op } from 'sequelize'
import type { Database } from '../../infra/database/database.ts'
import { rows } from '../../infra/database/table.ts'
import { OPEN_ITEM } from './lifecycle.ts'
import type { TaskStatus } from '../../infra/database/tables/tasks.ts'
import type { TaskParams } from './params.ts'

const ACTIVE: readonly TaskStatus[] = ['DRAFT', 'IN_REVIEW', 'SCHEDULED', 'PROCESSING', 'PAUSED']

/** Names the unfinished task or the template that uses a material, if any. */
export async function activeTaskWithMaterial(db: Database, materialId: number): Promise<string | undefined> {
  const task = await activeTask(db, (params) =>
    params.kind === 'MOMENTS'
      ? params.images.some((image) => image.materialId === materialId)
      : params.kind === 'MESSAGE' && params.template.materials.some((material) => material.materialId === materialId),
  )
  if (task !== undefined) return `task ${task}`
  const templates = await rows(db.models.templates, { where: { deletedAt: null } })
  const template = templates.find((one) => one.materialIds.includes(materialId))
  return template && `template ${template.id}`
}

/** Names the unfinished task that uses a template, if any. */
export async function activeTaskWithTemplate(db: Database, templateId: number): Promise<string | undefined> {
  const task = await activeTask(db, (params) => params.kind === 'MESSAGE' && params.template.id === templateId)
  return task === undefined ? undefined : `task ${task}`
}

/** Names the unfinished task whose receivers or audience a tag names, if any. */
export async function activeTaskWithTag(db: Database, tagId: number): Promise<string | undefined> {
  const task = await activeTask(db, (params) => {
    if (params.kind === 'MOMENTS') return params.tagIds?.includes(tagId) ?? false
    return params.kind === 'MESSAGE' && params.receivers.type === 'TAG' && params.receivers.tagIds.includes(tagId)
  })
  return task === undefined ? undefined : `task ${task}`
}

/** Names the unfinished task that has still to write to a customer, or names it for an audience, if any. */
export async function activeTaskWithCustomer(db: Database, customerId: number): Promise<string | undefined> {
  const where = { customerId, status: [...OPEN_ITEM] }
  const items = await rows(db.models.items, { where, attributes: ['taskId'] })
  const waiting = new Set(items.map((item) => item.taskId))
  const task = await activeTask(
    db,
    (params, id) =>
      waiting.has(id) || (params.kind === 'MOMENTS' && (params.customerIds?.includes(customerId) ?? false)),
  )
  return task === undefined ? undefined : `task ${task}`
}

async function activeTask(
  db: Database,
  uses: (params: TaskParams, id: number) => boolean,
): Promise<number | undefined> {
  // A deleted one that a silent phone brought back still needs what it uses.
  const there = { [Op.or]: [{ deletedAt: null }, { startedAt: { [Op.ne]: null } }] }
  const active = await rows(db.models.tasks, { where: { status: { [Op.in]: [...ACTIVE] }, ...there } })
  return active.find((task) => uses(task.params as TaskParams, task.id))?.id
}
