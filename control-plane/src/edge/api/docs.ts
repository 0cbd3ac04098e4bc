import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Context, Middleware } from 'koa'
import { readOnly } from '../../http/methods.ts'
import { openApiDocument } from './openapi.ts'
import { openApiExtras } from './openapi-extras.ts'
import type { Route } from '../../http/route.ts'

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

/** Serves the OpenAPI document at `/api/v1/openapi.json` and Swagger UI at `/docs`. The document is made once. */
export function docsRoutes(routes: readonly Route[]): Middleware {
  let text: string | undefined
  const document = (): string => (text ??= JSON.stringify(openApiDocument(routes, openApiExtras)))
  const page = (ctx: Context): void => answer(ctx, 'text/html', PAGE)
  return readOnly(
    new Map([
      ['/api/v1/openapi.json', (ctx: Context) => answer(ctx, 'application/json', document())],
      ['/docs', page],
      ['/docs/', page],
      ...Object.entries(TYPES).map(
        ([name, type]) =>
          [`/docs/${name}`, (ctx: Context) => answer(ctx, type, createReadStream(join(assets, name)))] as const,
      ),
    ]),
  )
}

function answer(ctx: Context, type: string, body: Context['body']): void {
  ctx.type = type
  ctx.body = body
}
