import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { Id, IdParams, pageOf, paging, Paging, Timestamp } from '../../http/schemas.ts'
import type { Groups } from './service.ts'

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
export function groupRoutes(groups: Groups): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/wechat/groups',
      summary: 'List groups',
      tag: 'people',
      role: 'viewer',
      query: z.strictObject({ ...paging, accountId: Id.optional(), keyword: z.string().max(100).optional() }),
      data: pageOf(Group),
      handle: ({ query }) => groups.list(query, query),
    }),
    defineRoute({
      method: 'get',
      path: '/wechat/groups/{id}',
      summary: 'One group',
      tag: 'people',
      role: 'viewer',
      params: IdParams,
      data: Group,
      handle: ({ params }) => groups.get(params.id),
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
      handle: ({ params, query }) => groups.members(params.id, query),
    }),
  ]
}
