import { Op, type Transaction } from 'sequelize'
import { z } from 'zod'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { insert, row, rows } from '../../infra/database/table.ts'
import { conflict, notFound } from '../../infra/errors.ts'
import { defineRoute, type Route } from '../../http/route.ts'
import { Empty, IdParams, pageOf, Paging, limitOffset } from '../../http/schemas.ts'
import type { UserRow } from '../../infra/database/tables/users.ts'
import { hashPassword } from './passwords.ts'
import { RoleSchema, User } from './schema.ts'
import type { Authenticator } from './service.ts'

const Password = z.string().min(8, 'must have at least 8 characters').max(200)
const FullUser = User.extend({ disabled: z.boolean() }).meta({ id: 'FullUser' })

export interface UserRoutesDeps {
  readonly auth: Authenticator
  readonly db: Database
  readonly clock: Clock
}

/** Users, for admins. */
export function userRoutes(deps: UserRoutesDeps): Route[] {
  return [...readRoutes(deps.db), addRoute(deps.db), ...changeRoutes(deps)]
}

function readRoutes(db: Database): Route[] {
  const { users } = db.models
  return [
    defineRoute({
      method: 'get',
      path: '/users',
      summary: 'List users',
      tag: 'auth',
      role: 'admin',
      query: Paging,
      data: pageOf(FullUser),
      handle: async ({ query }) => {
        const where = { deletedAt: null }
        const found = await rows(users, { where, ...limitOffset(query), order: [['id', 'ASC']] })
        return { items: found.map(view), page: query.page, size: query.size, total: await users.count({ where }) }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/users/{id}',
      summary: 'One user',
      tag: 'auth',
      role: 'admin',
      params: IdParams,
      data: FullUser,
      handle: async ({ params }) => view(await existing(db, params.id)),
    }),
  ]
}

function addRoute(db: Database): Route {
  const { users } = db.models
  return defineRoute({
    method: 'post',
    path: '/users',
    summary: 'Add a user',
    tag: 'auth',
    role: 'admin',
    body: z.strictObject({
      username: z.string().regex(/^[\w.@-]{1,64}$/, 'takes letters, digits and . _ @ -'),
      password: Password,
      role: RoleSchema,
    }),
    data: User,
    handle: async ({ body: { username, role, password } }) => {
      const passwordHash = await hashPassword(password)
      return await db.write(async (tx) => {
        const same = await row(users, { where: { username }, transaction: tx })
        if (same) {
          const what = same.deletedAt === null ? 'exists' : 'belonged to a user who was deleted'
          throw conflict(`username: ${username} ${what}; choose another`)
        }
        const id = await insert(users, { username, role, passwordHash, disabled: false }, tx)
        return { id, username, role }
      })
    },
  })
}

function changeRoutes({ auth, db, clock }: UserRoutesDeps): Route[] {
  const { users } = db.models
  return [
    defineRoute({
      method: 'patch',
      path: '/users/{id}',
      summary: 'Change role or password, disable or enable; a new password and disabling end every sign-in of the user',
      tag: 'auth',
      role: 'admin',
      params: IdParams,
      body: z.strictObject({
        role: RoleSchema.optional(),
        password: Password.optional(),
        disabled: z.boolean().optional(),
      }),
      data: FullUser,
      handle: async ({ params, body, caller }) => {
        const password = body.password === undefined ? {} : { passwordHash: await hashPassword(body.password) }
        const changed = await db.write(async (tx) => {
          const user = await existing(db, params.id, tx)
          const next = { ...user, role: body.role ?? user.role, disabled: body.disabled ?? user.disabled, ...password }
          if (next.disabled || next.role !== 'admin') await mayLoseAdmin(db, tx, user, caller.userId)
          const { role, disabled } = next
          await users.update({ role, disabled, ...password }, { where: { id: user.id }, transaction: tx })
          if (body.password !== undefined || (disabled && !user.disabled)) await auth.revoke(tx, { userId: user.id })
          return next
        })
        auth.forget()
        return view(changed)
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/users/{id}',
      summary: 'Delete a user and end every sign-in; the name is not given out again',
      tag: 'auth',
      role: 'admin',
      params: IdParams,
      data: Empty,
      handle: async ({ params, caller }) => {
        await db.write(async (tx) => {
          const user = await existing(db, params.id, tx)
          await mayLoseAdmin(db, tx, user, caller.userId)
          const deletedAt = clock.now().getTime()
          await users.update({ deletedAt }, { where: { id: user.id }, transaction: tx })
          await auth.revoke(tx, { userId: user.id })
        })
        return null
      },
    }),
  ]
}

/** Somebody has to be left who can manage users. Throws CONFLICT. */
async function mayLoseAdmin(db: Database, tx: Transaction, user: UserRow, callerId: number): Promise<void> {
  if (user.id === callerId) throw conflict('an admin cannot disable, demote or delete itself; ask another admin')
  const where = { role: 'admin' as const, disabled: false, deletedAt: null, id: { [Op.ne]: user.id } }
  if ((await db.models.users.count({ where, transaction: tx })) === 0)
    throw conflict(`user ${user.id} is the last admin; make another user admin first`)
}

async function existing(db: Database, id: number, tx?: Transaction): Promise<UserRow> {
  const user = await row(db.models.users, { where: { id, deletedAt: null }, ...(tx ? { transaction: tx } : {}) })
  if (!user) throw notFound('user', id)
  return user
}

const view = ({ id, username, role, disabled }: UserRow) => ({ id, username, role, disabled })
