import type { Readable } from 'node:stream'
import { z, type ZodType } from 'zod'
import type { Role } from '../infra/database/tables/users.ts'

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

/** Part of a file, both ends included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

export interface FileAnswerOptions {
  readonly mimeType: string
  /** Of the whole; absent for what is made while it is sent. */
  readonly size?: number
  /** Names these bytes for ever: with it and the size, a client can ask for parts and for what changed. */
  readonly sha256?: string
  /** What a browser would save it as. */
  readonly filename?: string
  /** Opened only when bytes are really sent. */
  open(range: ByteRange | undefined): Promise<Readable>
}

/** Bytes instead of the envelope. */
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
  /** The lowest role that may call it; `public` needs no sign-in. */
  readonly role: Role | 'public'
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  /** Takes multipart/form-data with a `file`; `body` describes its other fields. */
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
  /** Schema of `data`; absent for routes that answer bytes. */
  readonly data?: R
  /** Media types of the bytes a route without `data` answers. */
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
/** A request that may hold no field. */
export const Nothing = z.strictObject({})

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
    body: options.body,
    upload: options.upload ?? false,
    largestUploadBytes: options.largestUploadBytes ?? LARGEST_UPLOAD_BYTES,
    limit: options.limit,
    stateOf: options.stateOf,
    data: options.data,
    fileTypes: options.fileTypes ?? [],
    // The server parses with the schemas above before it calls, so the input has their types.
    handle: (input) => options.handle(input as Parameters<typeof options.handle>[0]),
  }
}
