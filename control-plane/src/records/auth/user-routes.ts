import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { Empty, IdParams, pageOf, Paging } from '../../http/schemas.ts'
import { RoleSchema, User } from './schema.ts'
import type { Users } from './users.ts'

const Password = z.string().min(8, 'must have at least 8 characters').max(200)
const FullUser = User.extend({ disabled: z.boolean() }).meta({ id: 'FullUser' })

/** Users, for admins. */
export function userRoutes(users: Users): Route[] {
  return [...readRoutes(users), ...writeRoutes(users)]
}

function readRoutes(users: Users): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/users',
      summary: 'List users',
      tag: 'auth',
      role: 'admin',
      query: Paging,
      data: pageOf(FullUser),
      handle: ({ query }) => users.list(query),
    }),
    defineRoute({
      method: 'get',
      path: '/users/{id}',
      summary: 'One user',
      tag: 'auth',
      role: 'admin',
      params: IdParams,
      data: FullUser,
      handle: ({ params }) => users.get(params.id),
    }),
  ]
}

function writeRoutes(users: Users): Route[] {
  return [
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
      handle: ({ body }) => users.add(body),
    }),
    defineRoute({
      method: 'patch',
      path: '/users/{id}',
      stateOf: '/users/{id}',
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
      handle: ({ params, body, caller }) => users.change(params.id, body, caller.userId),
    }),
    defineRoute({
      method: 'delete',
      path: '/users/{id}',
      stateOf: '/users/{id}',
      summary: 'Delete a user and end every sign-in; the name is not given out again',
      tag: 'auth',
      role: 'admin',
      params: IdParams,
      data: Empty,
      handle: async ({ params, caller }) => {
        await users.remove(params.id, caller.userId)
        return null
      },
    }),
  ]
}
