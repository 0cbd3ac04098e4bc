import { z } from 'zod'
import type { Database } from '../database/database.ts'
import { insert, row, rows } from '../database/table.ts'
import { conflict, MusterError, notFound } from '../errors.ts'
import { LoginRateLimit } from '../http/rate-limit.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { Empty, IdParams, pageOf, Paging, window } from '../http/schemas.ts'
import { hashPassword } from './passwords.ts'
import type { Authenticator } from './service.ts'

const RoleSchema = z.enum(['admin', 'operator', 'viewer'])
const User = z.strictObject({ id: z.number().int(), username: z.string(), role: RoleSchema }).meta({ id: 'User' })
const Password = z.string().min(8, 'must have at least 8 characters').max(200)
const SignedIn = z
  .strictObject({ accessToken: z.string(), refreshToken: z.string(), expiresIn: z.number().int(), user: User })
  .meta({ id: 'SignedIn' })

/** Sign-in for everybody, users for admins. */
export function authRoutes({ auth, db }: { auth: Authenticator; db: Database }): Route[] {
  const limit = new LoginRateLimit()
  return [
    defineRoute({
      method: 'post',
      path: '/auth/login',
      summary: 'Sign in',
      tag: 'auth',
      role: 'public',
      body: z.strictObject({ username: z.string().min(1).max(64), password: z.string().min(1).max(200) }),
      data: SignedIn,
      handle: async ({ body, caller }) => {
        await limit.check(caller.ip)
        try {
          return await auth.login(body.username, body.password)
        } catch (error) {
          if (error instanceof MusterError && error.code === 'UNAUTHENTICATED') await limit.failed(caller.ip)
          throw error
        }
      },
    }),
    defineRoute({
      method: 'post',
      path: '/auth/refresh',
      summary: 'Trade a refresh token for new tokens',
      tag: 'auth',
      role: 'public',
      body: z.strictObject({ refreshToken: z.string().min(1).max(200) }),
      data: SignedIn,
      handle: async ({ body }) => await auth.refresh(body.refreshToken),
    }),
    defineRoute({
      method: 'post',
      path: '/auth/logout',
      summary: 'End this sign-in',
      tag: 'auth',
      role: 'viewer',
      data: Empty,
      handle: async ({ caller }) => {
        await auth.logout(caller.authorization)
        return null
      },
    }),
    defineRoute({
      method: 'get',
      path: '/auth/me',
      summary: 'Who am I',
      tag: 'auth',
      role: 'viewer',
      data: User,
      handle: async ({ caller }) => ({ id: caller.userId, username: caller.username, role: caller.role }),
    }),
    ...userRoutes({ auth, db }),
  ]
}

function userRoutes({ auth, db }: { auth: Authenticator; db: Database }): Route[] {
  const { users } = db.models
  return [
    defineRoute({
      method: 'get',
      path: '/users',
      summary: 'List users',
      tag: 'auth',
      role: 'admin',
      query: Paging,
      data: pageOf(User.extend({ disabled: z.boolean() })),
      handle: async ({ query }) => {
        const found = await rows(users, { ...window(query), order: [['id', 'ASC']] })
        const items = found.map(({ id, username, role, disabled }) => ({ id, username, role, disabled }))
        return { items, page: query.page, size: query.size, total: await users.count() }
      },
    }),
    defineRoute({
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
      handle: async ({ body }) => {
        if (await row(users, { where: { username: body.username } }))
          throw conflict(`username: ${body.username} exists; choose another`)
        const passwordHash = await hashPassword(body.password)
        const user = { username: body.username, role: body.role, passwordHash, disabled: false }
        return {
          id: await db.write(async (tx) => await insert(users, user, tx)),
          username: body.username,
          role: body.role,
        }
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/users/{id}',
      summary: 'Change role or password, disable or enable',
      tag: 'auth',
      role: 'admin',
      params: IdParams,
      body: z.strictObject({
        role: RoleSchema.optional(),
        password: Password.optional(),
        disabled: z.boolean().optional(),
      }),
      data: User.extend({ disabled: z.boolean() }),
      handle: async ({ params, body, caller }) => {
        const user = await row(users, { where: { id: params.id } })
        if (!user) throw notFound('user', params.id)
        if (user.id === caller.userId && (body.disabled || (body.role && body.role !== 'admin'))) {
          throw conflict('an admin cannot disable or demote itself; ask another admin')
        }
        const changes = {
          role: body.role ?? user.role,
          disabled: body.disabled ?? user.disabled,
          ...(body.password === undefined ? {} : { passwordHash: await hashPassword(body.password) }),
        }
        await db.write(async (tx) => await users.update(changes, { where: { id: user.id }, transaction: tx }))
        auth.forget()
        return { id: user.id, username: user.username, role: changes.role, disabled: changes.disabled }
      },
    }),
  ]
}
