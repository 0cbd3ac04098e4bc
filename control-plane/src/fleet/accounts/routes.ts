import { perCapKind } from '@muster/proto'
import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { Id, IdParams, nonBlankText, pageOf, paging, Timestamp } from '../../http/schemas.ts'
import type { Accounts } from './service.ts'

const Cap = z.number().int().min(0).max(10_000)
const CapsSchema = z.strictObject(perCapKind(() => Cap))
const MinuteOfDay = z.string().regex(/^\d\d:\d\d$/)
const Account = z
  .strictObject({
    id: z.number().int(),
    wechatId: z.string(),
    nickname: z.string(),
    deviceId: z.number().int().nullable(),
    status: z.enum(['ACTIVE', 'STOPPED', 'LOGGED_OUT']),
    stopCode: z.string().nullable(),
    reason: z.string().nullable(),
    health: z.number().int(),
    policy: z.enum(['demo', 'safe']),
    rules: z
      .strictObject({
        quietFrom: MinuteOfDay.nullable(),
        quietUntil: MinuteOfDay.nullable(),
        minIntervalSeconds: z.number(),
        customerSpacingHours: z.number(),
      })
      .meta({ description: "What the policy asks for; times are the workspace's" }),
    caps: CapsSchema,
    usedToday: CapsSchema,
    hold: z
      .strictObject({
        code: z.string(),
        reason: z.string(),
        until: Timestamp.nullable().meta({ description: 'Null until a person lifts it' }),
      })
      .nullable()
      .meta({ description: 'What keeps the account from acting now' }),
  })
  .meta({ id: 'Account' })

/** WeChat accounts, their caps and their circuit breaker. */
export function accountRoutes(accounts: Accounts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/accounts',
      summary: 'List accounts',
      tag: 'accounts',
      role: 'viewer',
      query: z.strictObject({
        ...paging,
        deviceId: Id.optional(),
        status: z.enum(['ACTIVE', 'STOPPED', 'LOGGED_OUT']).optional(),
      }),
      data: pageOf(Account),
      handle: ({ query }) => accounts.list(query, query),
    }),
    defineRoute({
      method: 'get',
      path: '/accounts/{id}',
      summary: 'One account',
      tag: 'accounts',
      role: 'viewer',
      params: IdParams,
      data: Account,
      handle: ({ params }) => accounts.get(params.id),
    }),
    defineRoute({
      method: 'patch',
      path: '/accounts/{id}',
      stateOf: '/accounts/{id}',
      summary: 'Change what the account may do in a day',
      tag: 'accounts',
      role: 'operator',
      params: IdParams,
      body: z.strictObject({ caps: CapsSchema.partial() }),
      data: Account,
      handle: ({ params, body }) => accounts.setCaps(params.id, body.caps),
    }),
    defineRoute({
      method: 'post',
      path: '/accounts/{id}/clear',
      stateOf: '/accounts/{id}',
      summary: 'A person looked at the phone: let a stopped account work again',
      tag: 'accounts',
      role: 'operator',
      params: IdParams,
      body: z.strictObject({ note: nonBlankText(500, 'is empty; say what you checked on the phone') }),
      data: Account,
      handle: ({ params }) => accounts.clear(params.id),
    }),
  ]
}
