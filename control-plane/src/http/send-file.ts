import type { Context } from 'koa'
import { MusterError } from '../infra/errors.ts'
import type { ByteRange, FileAnswer } from './route.ts'

/** Answers the whole file, the part that `Range` asks for, or 304 when the client has the file already. */
export async function sendFile(ctx: Context, { options }: FileAnswer): Promise<void> {
  const { mimeType, size, sha256, filename } = options
  const range = size === undefined ? undefined : rangeOf(ctx, size, sha256)
  ctx.type = mimeType
  if (filename !== undefined) ctx.set('content-disposition', `inline; filename*=UTF-8''${encodeRfc8187(filename)}`)
  if (size !== undefined) ctx.set('accept-ranges', 'bytes')
  ctx.status = 200
  if (sha256 !== undefined) {
    ctx.set('etag', `"${sha256}"`)
    ctx.set('cache-control', 'private, max-age=31536000, immutable')
    if (hasAlready(ctx, sha256)) {
      ctx.status = 304
      return
    }
  }
  ctx.body = await options.open(range)
  if (range) {
    ctx.status = 206
    ctx.set('content-range', `bytes ${range.start}-${range.end}/${size}`)
    ctx.length = range.end - range.start + 1
  } else if (size !== undefined) ctx.length = size
}

/** Not `ctx.fresh`: fetch() adds `no-cache` to a request with If-None-Match, and with that Koa is never fresh. */
function hasAlready(ctx: Context, sha256: string): boolean {
  const known = ctx.get('if-none-match').split(',')
  return known.some((tag) => ['*', `"${sha256}"`].includes(tag.trim().replace(/^W\//, '')))
}

/** Returns the range asked for. Several ranges are answered with the whole file, as the standard allows. */
function rangeOf(ctx: Context, size: number, sha256: string | undefined): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(ctx.get('range')) ?? []
  if (first + last === '') return undefined
  const condition = ctx.get('if-range')
  if (condition !== '' && condition !== `"${sha256 ?? ''}"`) return undefined
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (start <= end) return { start, end }
  ctx.set('content-range', `bytes */${size}`)
  throw new MusterError('RANGE_NOT_SATISFIABLE', `Range: the file has ${size} bytes; ask for a part of them`)
}

const encodeRfc8187 = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replaceAll(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
