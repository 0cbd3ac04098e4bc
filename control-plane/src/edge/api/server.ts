import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import Router from '@koa/router'
import Koa, { type Context, type Middleware } from 'koa'
import type { Logger } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import type { Authenticator } from '../../records/auth/service.ts'
import { formReader, jsonBody, type Form } from '../../http/body.ts'
import { anonymous, callerOf, mayCall } from './callers.ts'
import { docsRoutes } from './docs.ts'
import { upgradeRequired } from './event-socket.ts'
import type { Input } from './mutation-call.ts'
import type { Mutations } from './mutations.ts'
import { errorEnvelope, requestIdOf, type RequestState } from '../../http/envelope.ts'
import { allowOnly } from '../../http/methods.ts'
import { plainInput } from '../../http/plain-input.ts'
import { FileAnswer, Nothing, type Caller, type Route } from '../../http/route.ts'
import { sendFile } from '../../http/send-file.ts'
import { validate } from '../../http/validate.ts'

const PREFIX = '/api/v1'

export interface HttpDeps {
  readonly routes: readonly Route[]
  /** Serves paths outside the API, such as health and metrics. */
  readonly root: Middleware
  readonly auth: Authenticator
  readonly mutations: Mutations
  readonly uploadDir: string
  readonly log: Logger
}

/** Returns the HTTP server with all routes. It does not listen yet. */
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
  app.use(upgradeRequired())
  const router = new Router({ prefix: PREFIX })
  for (const route of deps.routes) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
    router[route.method](path, route.method === 'get' ? reading(route, deps) : mutating(route, deps))
  }
  app.use(router.routes())
  app.use((ctx) => {
    const { path } = router.match(ctx.path, ctx.method)
    const methods = path.flatMap((layer) => layer.methods)
    if (methods.length > 0) allowOnly(ctx, methods)
  })
  const handle = app.callback()
  // Koa answers every request itself, also after an error.
  return createServer(
    { shouldUpgradeCallback: asksForWebSocket },
    (request, response) => void handle(request, response),
  )
}

/** Any other upgrade, such as to HTTP/2, is an offer: the request is answered as an ordinary one. */
const asksForWebSocket = (request: IncomingMessage): boolean => request.headers.upgrade?.toLowerCase() === 'websocket'

function reading(route: Route, deps: HttpDeps): Middleware {
  return async (ctx) => {
    const caller = await callerOf(route, anonymous(ctx), deps.auth)
    mayCall(route, caller)
    await reply(ctx, await route.handle(inputOf(route, ctx, caller, { fields: undefined, file: undefined })))
  }
}

function mutating(route: Route, deps: HttpDeps): Middleware {
  const formOf = formReader(deps.uploadDir, route.largestUploadBytes)
  return async (ctx) => {
    let form: Form = { fields: undefined, file: undefined }
    try {
      const data = await deps.mutations.answer({
        route,
        target: ctx.path.slice(PREFIX.length),
        caller: anonymous(ctx),
        idempotencyKey: ctx.get('idempotency-key'),
        read: async (caller) => {
          form = route.upload ? await formOf(ctx) : { fields: await jsonBody(ctx), file: undefined }
          return inputOf(route, ctx, caller, form)
        },
      })
      await reply(ctx, data)
    } finally {
      if (form.file) await rm(form.file.path, { force: true })
    }
  }
}

function inputOf(route: Route, ctx: Context, caller: Caller, { fields, file }: Form): Input {
  if (file) plainInput(file.originalName, 'file')
  return {
    params: validate(route.params, ctx['params'], 'path'),
    query: validate(route.query, withoutEmpty(ctx.query), 'query'),
    body: validate(route.body ?? Nothing, route.upload ? withoutEmpty(fields) : fieldsOf(fields), 'body'),
    file,
    caller,
  }
}

/** A request without a body counts as one without fields. The body `null` is a mistake and stays one. */
const fieldsOf = (fields: unknown): unknown => (fields === undefined ? {} : fields)

/** Forms send an empty field as `name=`; it counts as absent. */
const withoutEmpty = (fields: unknown): object =>
  Object.fromEntries(Object.entries(fields ?? {}).filter(([, value]) => value !== ''))

async function reply(ctx: Context, data: unknown): Promise<void> {
  if (data instanceof FileAnswer) return await sendFile(ctx, data)
  ctx.body = { code: 200, msg: 'success', data: data ?? null, timestamp: Date.now(), requestId: requestIdOf(ctx) }
}

/** How long a request that is under way has when the server closes. */
const GRACE_MS = 2000

/** Finishes what is under way, for a bounded time, and closes. */
export async function closeHttp(http: Server): Promise<void> {
  const closed = once(http, 'close')
  http.close()
  http.closeIdleConnections()
  const timer = setTimeout(() => http.closeAllConnections(), GRACE_MS)
  await closed
  clearTimeout(timer)
}
