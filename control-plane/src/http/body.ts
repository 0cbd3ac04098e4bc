import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import multer from '@koa/multer'
import type { Context } from 'koa'
import { invalid, MusterError } from '../infra/errors.ts'
import type { UploadedFile } from './route.ts'

const LARGEST_JSON_BYTES = 1024 * 1024
const LARGEST_FIELD_BYTES = 64 * 1024
const MOST_FIELDS = 20
const BYTES_PER_MB = 1024 * 1024
const DECODERS: Readonly<Record<string, () => Decoder>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

const unsupported = (message: string): MusterError => new MusterError('UNSUPPORTED_MEDIA', message)

/** Returns the JSON of a request, or undefined without a body. Throws a refusal for anything else. */
export async function jsonBody(ctx: Context): Promise<unknown> {
  if (!hasBody(ctx.req)) return undefined
  requireType(ctx, ['json', '+json'], 'send the body as application/json')
  const charset = ctx.request.charset.toLowerCase()
  if (charset !== '' && charset !== 'utf-8' && charset !== 'utf8')
    throw unsupported(`Content-Type: the charset ${charset} is not understood; send JSON as UTF-8`)
  const bytes = await read(ctx.req, decoderOf(ctx))
  if (bytes.length === 0) return undefined
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw unreadable(error instanceof SyntaxError ? error.message : 'is not UTF-8', error)
  }
}

function requireType(ctx: Context, types: string[], remedy: string): void {
  if (ctx.is(types)) return
  throw unsupported(`Content-Type: is ${ctx.get('content-type') || 'missing'}; ${remedy}`)
}

const unreadable = (what: string, cause: unknown): MusterError =>
  new MusterError('INVALID_REQUEST', `body: ${what}; send valid JSON`, { cause })

const hasBody = (request: IncomingMessage): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0

type Decoder = NodeJS.ReadWriteStream & Readable

function decoderOf(ctx: Context): Decoder | undefined {
  const encoding = ctx.get('content-encoding').toLowerCase() || 'identity'
  if (encoding === 'identity') return undefined
  const decoder = DECODERS[encoding]
  if (!decoder) throw unsupported(`Content-Encoding: ${encoding} is not understood; use gzip, deflate or br, or none`)
  return decoder()
}

async function read(request: IncomingMessage, decoder: Decoder | undefined): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  request.once('error', (error) => decoder?.destroy(error))
  const stream = decoder ? request.pipe(decoder) : request
  try {
    // Leaving the loop early must not destroy the request: the refusal still has to go out on its socket.
    for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > LARGEST_JSON_BYTES) break
      chunks.push(chunk)
    }
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : 'ended too early', error)
  } finally {
    if (decoder) request.unpipe(decoder)
    decoder?.destroy()
    // Reads the rest of the body, or it would stand before the next request on this connection.
    request.resume()
  }
  if (size <= LARGEST_JSON_BYTES) return Buffer.concat(chunks)
  throw new MusterError('PAYLOAD_TOO_LARGE', 'body: is too large; send at most 1 MB of JSON')
}

/** A form: its fields, and its file on disk. */
export interface Form {
  readonly fields: unknown
  readonly file: UploadedFile | undefined
}

/** Returns a reader of multipart/form-data with one `file`. A form that is refused leaves nothing on the disk. */
export function formReader(uploadDir: string, largestBytes: number): (ctx: Context) => Promise<Form> {
  const limits = { fileSize: largestBytes, files: 1, fields: MOST_FIELDS, fieldSize: LARGEST_FIELD_BYTES }
  const options = { dest: uploadDir, limits, defParamCharset: 'utf8' }
  const parse = multer(options).single('file')
  return async (ctx) => {
    if (hasBody(ctx.req)) requireType(ctx, ['multipart/form-data'], 'send the file as multipart/form-data')
    try {
      await parse(ctx as unknown as Parameters<typeof parse>[0], async () => undefined)
    } catch (error) {
      throw formRefusal(error, largestBytes)
    }
    const { file, body } = ctx.request as unknown as { file?: MulterFile; body?: unknown }
    return { fields: body, file: file && { path: file.path, originalName: file.originalname, size: file.size } }
  }
}

interface MulterFile {
  readonly path: string
  readonly originalname: string
  readonly size: number
}

/** Errors of the form are the sender's fault. Errors of the disk have an `errno`; they are ours and stay so. */
function formRefusal(error: unknown, largestBytes: number): unknown {
  if (!(error instanceof Error) || 'errno' in error) return error
  const code = 'code' in error ? error.code : undefined
  if (code === 'LIMIT_FILE_SIZE') {
    const most = Math.floor(largestBytes / BYTES_PER_MB)
    return new MusterError('PAYLOAD_TOO_LARGE', `file: is too large; send at most ${most} MB`, { cause: error })
  }
  const field = 'field' in error && typeof error.field === 'string' ? error.field.slice(0, 100) : 'body'
  return invalid(`${field}: ${error.message}; send multipart/form-data with one "file"`)
}
