import type { Readable } from 'node:stream'
import { z, type ZodType } from 'zod'
import type { Role } from '../auth/model.ts'

/** Who calls, as far as a handler needs to know. */
export interface Caller {
  readonly userId: number
  readonly username: string
  readonly role: Role
  readonly ip: string
  /** The Authorization header as it came. */
  readonly authorization: string
  readonly requestId: string
}

/** A file of a multipart request, on disk until the handler is done. */
export interface UploadedFile {
  readonly path: string
  readonly originalName: string
  readonly size: number
}

/** Bytes instead of the envelope. */
export class FileAnswer {
  readonly body: Readable | Buffer
  readonly mimeType: string
  readonly size: number

  constructor(body: Readable | Buffer, mimeType: string, size: number) {
    this.body = body
    this.mimeType = mimeType
    this.size = size
  }
}

export interface RouteInput<P, Q, B> {
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly file: UploadedFile | undefined
  readonly caller: Caller
}

export interface RouteOptions<P extends ZodType, Q extends ZodType, B extends ZodType, R extends ZodType> {
  readonly method: 'get' | 'post' | 'patch' | 'delete'
  /** Below /api/v1, parameters in braces. */
  readonly path: string
  readonly summary: string
  readonly tag: string
  /** The lowest role that may call it; `public` needs no sign-in. */
  readonly role: Role | 'public'
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  /** Takes multipart/form-data with a `file`; `body` describes its other fields. */
  readonly upload?: boolean
  /** Counted against the limit of task creations. */
  readonly createsTask?: boolean
  /** Schema of `data`; absent for routes that answer bytes. */
  readonly data?: R
  handle(input: RouteInput<z.output<P>, z.output<Q>, z.output<B>>): Promise<z.input<R> | FileAnswer>
}

/** A route whose schemas are known only at run time. */
export interface Route {
  readonly method: 'get' | 'post' | 'patch' | 'delete'
  readonly path: string
  readonly summary: string
  readonly tag: string
  readonly role: Role | 'public'
  readonly params: ZodType
  readonly query: ZodType
  readonly body: ZodType | undefined
  readonly upload: boolean
  readonly createsTask: boolean
  readonly data: ZodType | undefined
  handle(input: RouteInput<unknown, unknown, unknown>): Promise<unknown>
}

const Nothing = z.strictObject({})

/** One schema gives validation, types and documentation of a route. */
export function defineRoute<
  P extends ZodType = typeof Nothing,
  Q extends ZodType = typeof Nothing,
  B extends ZodType = typeof Nothing,
  R extends ZodType = ZodType,
>(options: RouteOptions<P, Q, B, R>): Route {
  return {
    method: options.method,
    path: options.path,
    summary: options.summary,
    tag: options.tag,
    role: options.role,
    params: options.params ?? Nothing,
    query: options.query ?? Nothing,
    body: options.body ?? (options.method === 'get' || options.method === 'delete' ? undefined : Nothing),
    upload: options.upload ?? false,
    createsTask: options.createsTask ?? false,
    data: options.data,
    // The server parses with the schemas above before it calls, so the input has their types.
    handle: async (input) => await options.handle(input as Parameters<typeof options.handle>[0]),
  }
}
