import { createServer, type Server } from 'node:http'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { bodyParser } from '@koa/bodyparser'
import multer from '@koa/multer'
import Router from '@koa/router'
import Koa, { type Context, type Middleware } from 'koa'
import type { Logger } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import type { Audit } from '../audit/service.ts'
import type { Authenticator } from '../auth/service.ts'
import type { Role } from '../auth/model.ts'
import { MusterError } from '../errors.ts'
import { docsRoutes } from './docs.ts'
import { errorEnvelope, requestIdOf, type RequestState } from './envelope.ts'
import type { Idempotency } from './idempotency.ts'
import type { TaskRateLimit } from './rate-limit.ts'
import { FileAnswer, type Caller, type Route, type UploadedFile } from './route.ts'
import { validate } from './validate.ts'

const JSON_LIMIT = '1mb'
const LARGEST_FILE_BYTES = 100 * 1024 * 1024
const RANK: Readonly<Record<Role, number>> = { viewer: 1, operator: 2, admin: 3 }
const NOBODY = { userId: 0, username: '', role: 'viewer' } as const

export interface HttpDeps {
  readonly routes: readonly Route[]
  /** Answers outside the API, such as health and metrics. */
  readonly root: Middleware
  readonly auth: Authenticator
  readonly audit: Audit
  readonly idempotency: Idempotency
  readonly taskRate: TaskRateLimit
  readonly uploadDir: string
  readonly log: Logger
}

/** The HTTP server with all routes; not listening yet. */
export function httpServer(deps: HttpDeps): Server {
  const app = new Koa()
  app.on('error', (error: unknown) => deps.log.warn({ err: error }, 'http connection error'))
  app.use(async (ctx, next) => {
    const given = ctx.get('x-request-id')
    const state = ctx.state as RequestState
    state.requestId = /^[\w.-]{1,64}$/.test(given) ? given : uuidv7()
    ctx.set('x-request-id', state.requestId)
    ctx.set('x-content-type-options', 'nosniff')
    await next()
  })
  app.use(errorEnvelope(deps.log))
  app.use(deps.root)
  app.use(docsRoutes(deps.routes))
  const router = new Router({ prefix: '/api/v1' })
  const upload = multer({ dest: join(deps.uploadDir), limits: { fileSize: LARGEST_FILE_BYTES, files: 1 } })
  const json = bodyParser({ enableTypes: ['json'], jsonLimit: JSON_LIMIT, jsonStrict: true })
  for (const route of deps.routes) {
    const parse = route.upload ? upload.single('file') : json
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
    router[route.method](path, guard(route, deps), parse as unknown as Middleware, answer(route, deps))
  }
  app.use(router.routes())
  app.use(
    router.allowedMethods({
      throw: true,
      methodNotAllowed: () => new MusterError('METHOD_NOT_ALLOWED', 'this path has no such method; see /docs'),
    }),
  )
  const handle = app.callback()
  // Koa answers every request itself, also after an error.
  return createServer((request, response) => void handle(request, response))
}

interface CallState extends RequestState {
  caller: Caller
}

/** Signs the caller in before a byte of the body is read. */
function guard(route: Route, deps: HttpDeps): Middleware {
  return async (ctx, next) => {
    const state = ctx.state as CallState
    const base = { ip: ctx.ip, requestId: state.requestId, authorization: ctx.get('authorization') }
    if (route.role === 'public') state.caller = { ...NOBODY, ...base }
    else {
      const user = await deps.auth.verify(ctx.get('authorization'))
      if (RANK[user.role] < RANK[route.role]) {
        throw new MusterError('FORBIDDEN', `this needs the role ${route.role}; ${user.username} is ${user.role}`)
      }
      state.caller = { ...user, ...base }
      if (route.createsTask && ctx.query['dryRun'] !== 'true') await deps.taskRate.count(user.userId)
    }
    await next()
  }
}

function answer(route: Route, deps: HttpDeps): Middleware {
  return async (ctx) => {
    const { caller } = ctx.state as CallState
    const file = uploadedFile(ctx)
    try {
      if (route.method === 'get') return reply(ctx, await call(route, ctx, caller, file))
      const data = await mutate(route, ctx, deps, file)
      reply(ctx, data)
    } finally {
      if (file) await rm(file.path, { force: true })
    }
  }
}

/** Runs a change once per idempotency key, and audits it whatever becomes of it. */
async function mutate(route: Route, ctx: Context, deps: HttpDeps, file: UploadedFile | undefined): Promise<unknown> {
  const { caller } = ctx.state as CallState
  const work = async (): Promise<unknown> => await call(route, ctx, caller, file)
  const key = route.method === 'post' ? ctx.get('idempotency-key') : ''
  const target = ctx.path.slice('/api/v1'.length)
  const entry = { caller, action: `${route.method.toUpperCase()} ${route.path}`, target, before: bodyOf(ctx) }
  try {
    const data =
      key && caller.userId
        ? await deps.idempotency.once({ caller, path: target, key, body: bodyOf(ctx) }, work)
        : await work()
    await deps.audit.write({ ...entry, after: data, outcome: 200 })
    return data
  } catch (error) {
    await deps.audit.write({ ...entry, after: null, outcome: error instanceof MusterError ? error.status : 500 })
    throw error
  }
}

async function call(route: Route, ctx: Context, caller: Caller, file: UploadedFile | undefined): Promise<unknown> {
  return await route.handle({
    params: validate(route.params, ctx['params'], 'path'),
    query: validate(route.query, { ...ctx.query }, 'query'),
    body: route.body ? validate(route.body, bodyOf(ctx) ?? {}, 'body') : {},
    file,
    caller,
  })
}

function reply(ctx: Context, data: unknown): void {
  if (data instanceof FileAnswer) {
    ctx.type = data.mimeType
    ctx.length = data.size
    ctx.body = data.body
    return
  }
  ctx.body = { code: 200, msg: 'success', data: data ?? null, timestamp: Date.now(), requestId: requestIdOf(ctx) }
}

const bodyOf = (ctx: Context): unknown => (ctx.request as { body?: unknown }).body

function uploadedFile(ctx: Context): UploadedFile | undefined {
  const { file } = ctx.request as { file?: { path: string; originalname: string; size: number } }
  // Browsers send names as UTF-8; the multipart parser reads them as latin1.
  return (
    file && {
      path: file.path,
      originalName: Buffer.from(file.originalname, 'latin1').toString('utf8'),
      size: file.size,
    }
  )
}
