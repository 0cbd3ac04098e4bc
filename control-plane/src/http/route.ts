import type { Readable } from 'node:stream'
import { z, type ZodType } from 'zod'
import type { Role } from '../infra/database/tables/users.ts'

/** The caller of a request. */
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

/** Bytes of a file, both ends included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

export interface FileAnswerOptions {
  readonly mimeType: string
  /** Of the whole file, in bytes; absent when the bytes are made while they are sent. */
  readonly size?: number
  /** Hash of bytes that never change. Becomes the ETag, so that clients can cache the file and ask for ranges of it. */
  readonly sha256?: string
  /** The name under which a browser saves the file. */
  readonly filename?: string
  /** Called only when bytes are really sent. */
  open(range: ByteRange | undefined): Promise<Readable>
}

/** An answer of bytes, without the envelope. */
export class FileAnswer {
  readonly options: FileAnswerOptions

  constructor(options: FileAnswerOptions) {
    this.options = options
  }
}

export interface RouteInput<P, Q, B> {
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly file: UploadedFile | undefined
  readonly caller: Caller
}

export type Method = 'get' | 'post' | 'patch' | 'delete'

export interface RouteOptions<P extends ZodType, Q extends ZodType, B extends ZodType, R extends ZodType> {
  readonly method: Method
  /** Below /api/v1, parameters in braces. */
  readonly path: string
  readonly summary: string
  readonly tag: string
  /** The lowest role that may call the route; `public` needs no sign-in. */
  readonly role: Role | 'public'
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  /** Whether the body is multipart/form-data with a `file`; `body` describes the other fields. @default false */
  readonly upload?: boolean
  /** @default 100 MB */
  readonly largestUploadBytes?: number
  /** The limit that its calls count against, one of those in the server's table. An unknown name stops the start. */
  readonly limit?: string | undefined
  /**
   * Path of the GET route that shows what this route changes, with the same parameters. The audit log keeps its answer
   * as the state before. An unknown path stops the start.
   */
  readonly stateOf?: string
  /** Schema of the answer's `data`; absent for routes that answer bytes. */
  readonly data?: R
  /** Media types of the bytes that a route without `data` answers. */
  readonly fileTypes?: readonly string[]
  handle(input: RouteInput<z.output<P>, z.output<Q>, z.output<B>>): Promise<z.input<R> | FileAnswer>
}

/** A route whose schemas are known only at run time. */
export interface Route {
  readonly method: Method
  readonly path: string
  readonly summary: string
  readonly tag: string
  readonly role: Role | 'public'
  readonly params: ZodType
  readonly query: ZodType
  /** Undefined for a route that takes no body. */
  readonly body: ZodType | undefined
  readonly upload: boolean
  readonly largestUploadBytes: number
  readonly limit: string | undefined
  readonly stateOf: string | undefined
  readonly data: ZodType | undefined
  readonly fileTypes: readonly string[]
  handle(input: RouteInput<unknown, unknown, unknown>): Promise<unknown>
}

const LARGEST_UPLOAD_BYTES = 100 * 1024 * 1024
/** Schema of an object without fields. */
export const Nothing = z.strictObject({})

/** Defines a route. Its schemas validate requests, type the handler and document the API. */
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
    body: options.body,
    upload: options.upload ?? false,
    largestUploadBytes: options.largestUploadBytes ?? LARGEST_UPLOAD_BYTES,
    limit: options.limit,
    stateOf: options.stateOf,
    data: options.data,
    fileTypes: options.fileTypes ?? [],
    // The server parses the input with the schemas above, so it has their types.
    handle: (input) => options.handle(input as Parameters<typeof options.handle>[0]),
  }
}
