import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { Empty } from '../../http/schemas.ts'
import { User } from './schema.ts'
import type { Authenticator } from './service.ts'

const SignedIn = z
  .strictObject({ accessToken: z.string(), refreshToken: z.string(), expiresIn: z.number().int(), user: User })
  .meta({ id: 'SignedIn' })

/** Sign-in. */
export function authRoutes({ auth }: { auth: Authenticator }): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/auth/login',
      summary: 'Sign in',
      tag: 'auth',
      role: 'public',
      body: z.strictObject({ username: z.string().min(1).max(64), password: z.string().min(1).max(200) }),
      data: SignedIn,
      limit: 'sign-in',
      handle: ({ body }) => auth.login(body.username, body.password),
    }),
    defineRoute({
      method: 'post',
      path: '/auth/refresh',
      summary: 'Trade a refresh token for new tokens',
      tag: 'auth',
      role: 'public',
      body: z.strictObject({ refreshToken: z.string().min(1).max(200) }),
      data: SignedIn,
      handle: ({ body }) => auth.refresh(body.refreshToken),
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
  ]
}
