import type { Context, Middleware } from 'koa'
import { MusterError } from '../infra/errors.ts'

/**
 * Answers OPTIONS with the path's methods in Allow. Throws METHOD_NOT_ALLOWED for any other method.
 * @param methods those that the path has
 */
export function allowOnly(ctx: Context, methods: Iterable<string>): void {
  const allowed = [...new Set([...methods, 'OPTIONS'])].join(', ')
  ctx.set('allow', allowed)
  if (ctx.method !== 'OPTIONS')
    throw new MusterError('METHOD_NOT_ALLOWED', `${ctx.path} has no ${ctx.method}; use one of ${allowed}`)
  ctx.status = 204
}

/** Serves GET and HEAD of these pages. @param pages handlers by path */
export function readOnly(pages: ReadonlyMap<string, (ctx: Context) => Promise<void> | void>): Middleware {
  return async (ctx, next) => {
    const page = pages.get(ctx.path)
    if (!page) await next()
    else if (ctx.method === 'GET' || ctx.method === 'HEAD') await page(ctx)
    else allowOnly(ctx, ['GET', 'HEAD'])
  }
}
