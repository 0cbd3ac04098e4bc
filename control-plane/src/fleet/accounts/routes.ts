import { perCapKind } from '@muster/proto'
import { z } from 'zod'
import type { Database } from '../../infra/database/database.ts'
import { row, rows } from '../../infra/database/table.ts'
import { notFound } from '../../infra/errors.ts'
import { defineRoute, type Route } from '../../http/route.ts'
import { Id, IdParams, pageOf, paging, Timestamp, limitOffset, nonBlankText } from '../../http/schemas.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'
import { clockTime, rulesOf } from '../policy/policy-rules.ts'
import type { Policy } from '../policy/service.ts'
import type { AccountRow } from '../../infra/database/tables/accounts.ts'

const SECOND_MS = 1000
const HOUR_MS = 60 * 60 * SECOND_MS
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
export function accountRoutes(deps: { db: Database; policy: Policy; time: WorkspaceTime }): Route[] {
  const { db, policy } = deps
  const { accounts } = db.models
  const view = async (account: AccountRow) => await accountView(deps, account)
  const existing = async (id: number): Promise<AccountRow> => {
    const account = await row(accounts, { where: { id } })
    if (!account) throw notFound('account', id)
    return account
  }
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
      handle: async ({ query }) => {
        const where = {
          ...(query.deviceId ? { deviceId: query.deviceId } : {}),
          ...(query.status ? { status: query.status } : {}),
        }
        const found = await rows(accounts, { where, ...limitOffset(query), order: [['id', 'ASC']] })
        const items = await Promise.all(found.map(view))
        return { items, page: query.page, size: query.size, total: await accounts.count({ where }) }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/accounts/{id}',
      summary: 'One account',
      tag: 'accounts',
      role: 'viewer',
      params: IdParams,
      data: Account,
      handle: async ({ params }) => await view(await existing(params.id)),
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
      handle: async ({ params, body }) => {
        const account = await existing(params.id)
        const given = Object.fromEntries(Object.entries(body.caps).filter(([, value]) => value !== undefined))
        await policy.setCaps(account.id, { ...account.caps, ...given })
        return await view(await existing(account.id))
      },
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
      handle: async ({ params }) => {
        await existing(params.id)
        await policy.clear(params.id)
        return await view(await existing(params.id))
      },
    }),
  ]
}

async function accountView({ policy, time }: { policy: Policy; time: WorkspaceTime }, account: AccountRow) {
  const { id, wechatId, nickname, deviceId, status, stopCode, stopReason, health } = account
  const { caps, quietStart, quietEnd, minIntervalMs, customerSpacingMs } = rulesOf(account)
  const quiet = quietStart !== quietEnd
  const hold = await policy.holdOf(account)
  return {
    id,
    wechatId,
    nickname,
    deviceId,
    status,
    stopCode,
    reason: stopReason,
    health,
    policy: account.policy,
    rules: {
      quietFrom: quiet ? clockTime(quietStart) : null,
      quietUntil: quiet ? clockTime(quietEnd) : null,
      minIntervalSeconds: minIntervalMs / SECOND_MS,
      customerSpacingHours: customerSpacingMs / HOUR_MS,
    },
    caps,
    usedToday: await policy.usedToday(id),
    hold: hold ? { code: hold.code, reason: hold.reason, until: time.format(hold.untilMs) } : null,
  }
}
