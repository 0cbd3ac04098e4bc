import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Middleware } from 'koa'
import { openApiDocument } from './openapi.ts'
import type { Route } from './route.ts'

const assets = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
const TYPES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
  'favicon-32x32.png': 'image/png',
}
const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Muster API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"><link rel="icon" href="/docs/favicon-32x32.png"></head>
<body><div id="ui"></div><script src="/docs/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({ url: '/api/v1/openapi.json', dom_id: '#ui', persistAuthorization: true })</script></body></html>`

/** `/api/v1/openapi.json` for machines, `/docs` for people. */
export function docsRoutes(routes: readonly Route[]): Middleware {
  const document = JSON.stringify(openApiDocument(routes))
  return async (ctx, next) => {
    if (ctx.method !== 'GET') return await next()
    if (ctx.path === '/api/v1/openapi.json') {
      ctx.type = 'application/json'
      ctx.body = document
    } else if (ctx.path === '/docs' || ctx.path === '/docs/') {
      ctx.type = 'text/html'
      ctx.body = PAGE
    } else if (ctx.path.startsWith('/docs/') && TYPES[ctx.path.slice(6)]) {
      ctx.type = TYPES[ctx.path.slice(6)] ?? ''
      ctx.body = createReadStream(join(assets, ctx.path.slice(6)))
    } else await next()
    return undefined
  }
}
