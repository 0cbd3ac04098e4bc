import { z } from 'zod'
import type { Database } from '../../infra/database/database.ts'
import { contains, row, rows } from '../../infra/database/table.ts'
import { notFound } from '../../infra/errors.ts'
import { defineRoute, type Route } from '../../http/route.ts'
import { Id, IdParams, pageOf, paging, Paging, Timestamp, limitOffset } from '../../http/schemas.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'
import type { GroupRow } from '../../infra/database/tables/groups.ts'

const Group = z
  .strictObject({
    id: z.number().int(),
    accountId: z.number().int(),
    name: z.string(),
    memberCount: z.number().int(),
    confidence: z.string().meta({ description: 'HIGH when the whole group was read; the screen shows only names' }),
    lastSeenAt: Timestamp,
  })
  .meta({ id: 'Group' })
const Member = z
  .strictObject({
    id: z.number().int(),
    name: z.string(),
    position: z.number().int(),
    confidence: z.string().meta({ description: 'HIGH when the whole group was read' }),
    lastSeenAt: Timestamp,
  })
  .meta({ id: 'GroupMember' })

/** Group chats found on phones. */
export function groupRoutes({ db, time }: { db: Database; time: WorkspaceTime }): Route[] {
  const { groups, groupMembers } = db.models
  const view = ({ id, accountId, name, memberCount, confidence, lastSeenAt }: GroupRow) => ({
    id,
    accountId,
    name,
    memberCount,
    confidence,
    lastSeenAt: time.format(lastSeenAt),
  })
  const existing = async (id: number): Promise<GroupRow> => {
    const group = await row(groups, { where: { id } })
    if (!group) throw notFound('group', id)
    return group
  }
  return [
    defineRoute({
      method: 'get',
      path: '/wechat/groups',
      summary: 'List groups',
      tag: 'people',
      role: 'viewer',
      query: z.strictObject({ ...paging, accountId: Id.optional(), keyword: z.string().max(100).optional() }),
      data: pageOf(Group),
      handle: async ({ query }) => {
        const where = {
          ...(query.accountId ? { accountId: query.accountId } : {}),
          ...(query.keyword ? contains(['name'], query.keyword) : {}),
        }
        const found = await rows(groups, { where, ...limitOffset(query), order: [['id', 'ASC']] })
        return { items: found.map(view), page: query.page, size: query.size, total: await groups.count({ where }) }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/wechat/groups/{id}',
      summary: 'One group',
      tag: 'people',
      role: 'viewer',
      params: IdParams,
      data: Group,
      handle: async ({ params }) => view(await existing(params.id)),
    }),
    defineRoute({
      method: 'get',
      path: '/wechat/groups/{id}/members',
      summary: 'Members in the order the phone shows them',
      tag: 'people',
      role: 'viewer',
      params: IdParams,
      query: Paging,
      data: pageOf(Member),
      handle: async ({ params, query }) => {
        // All members of a group are read together.
        const { confidence, lastSeenAt } = view(await existing(params.id))
        const where = { groupId: params.id }
        const found = await rows(groupMembers, { where, ...limitOffset(query), order: [['position', 'ASC']] })
        const items = found.map(({ id, name, position }) => ({ id, name, position, confidence, lastSeenAt }))
        return { items, page: query.page, size: query.size, total: await groupMembers.count({ where }) }
      },
    }),
  ]
}
