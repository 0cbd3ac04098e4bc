import { once } from 'node:events'
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ServerReadableStream, ServerWritableStream } from '@grpc/grpc-js'
import type { FetchMaterialRequest, FetchMaterialResponse, UploadEvidenceRequest } from '@muster/proto'
import { v7 as uuidv7 } from 'uuid'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { dropOld, type Chore } from '../../work/housekeeping.ts'
import { insert, row } from '../../infra/database/table.ts'
import { invalid, MusterError, notFound } from '../../infra/errors.ts'
import { defineRoute, FileAnswer, type ByteRange, type Route } from '../../http/route.ts'
import { IdParams } from '../../http/schemas.ts'
import type { MediaStore } from '../../infra/media/store.ts'
import { isCommandId, rowIdOf } from '../../fleet/commands/frame-check.ts'

const CHUNK_BYTES = 64 * 1024
const LARGEST_EVIDENCE_BYTES = 5 * 1024 * 1024
const EVIDENCE_KEPT_DAYS = 30
const EVIDENCE_TYPES = new Set(['image/png', 'image/jpeg'])

export interface MediaDeps {
  readonly db: Database
  readonly clock: Clock
  readonly store: MediaStore
  readonly evidenceDir: string
}

/** Streams a material's bytes down. Throws NOT_FOUND. */
export async function sendMaterial(
  deps: MediaDeps,
  call: ServerWritableStream<FetchMaterialRequest, FetchMaterialResponse>,
): Promise<void> {
  const material = await row(deps.db.models.materials, { where: { id: call.request.materialId } })
  if (!material) throw notFound('material', call.request.materialId)
  const stream = await deps.store.open(material.sha256)
  // Not `pipeline`, which destroys the call when reading fails: the agent would never hear of it.
  for await (const message of messages(stream as AsyncIterable<Buffer>, material.sha256, material.size)) {
    if (call.cancelled) return
    if (!call.write(message)) await writable(call)
  }
  call.end()
}

async function writable(call: ServerWritableStream<FetchMaterialRequest, FetchMaterialResponse>): Promise<void> {
  const settled = new AbortController()
  const { signal } = settled
  try {
    await Promise.race([once(call, 'drain', { signal }), once(call, 'cancelled', { signal })])
  } finally {
    settled.abort()
  }
}

async function* messages(
  chunks: AsyncIterable<Buffer>,
  sha256: string,
  size: number,
): AsyncGenerator<FetchMaterialResponse> {
  let first = true
  for await (const bytes of chunks) {
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      yield { chunk: bytes.subarray(at, at + CHUNK_BYTES), sha256: first ? sha256 : '', size: first ? size : 0 }
      first = false
    }
  }
}

/** Keeps a screenshot. Answers its id. Throws for what is too large or no picture. */
export async function keepEvidence(
  deps: MediaDeps,
  deviceId: number,
  call: ServerReadableStream<UploadEvidenceRequest, unknown>,
): Promise<string> {
  const half = join(deps.evidenceDir, `${uuidv7()}.part`)
  let head: UploadEvidenceRequest | undefined
  let size = 0
  try {
    await pipeline(
      call,
      async function* (messages: AsyncIterable<UploadEvidenceRequest>) {
        for await (const message of messages) {
          head ??= message
          size += message.chunk.length
          if (size > LARGEST_EVIDENCE_BYTES)
            throw new MusterError('PAYLOAD_TOO_LARGE', 'evidence: is larger than 5 MB; send a smaller picture')
          yield message.chunk
        }
      },
      createWriteStream(half),
    )
    if (!head || !EVIDENCE_TYPES.has(head.mimeType))
      throw new MusterError('UNSUPPORTED_MEDIA', 'evidence: is no PNG or JPEG')
    const { commandId, itemId, mimeType } = head
    if (!isCommandId(commandId)) throw invalid('commandId: is no command id')
    const values = {
      deviceId,
      commandId,
      itemId: rowIdOf(itemId),
      mimeType,
      size,
      at: deps.clock.now().getTime(),
    }
    const id = await deps.db.write(async (tx) => await insert(deps.db.models.evidence, values, tx))
    await rename(half, fileOf(deps, id))
    return String(id)
  } finally {
    await rm(half, { force: true })
  }
}

/** `GET /evidence/{id}`: what the phone showed when something went wrong. */
export function evidenceRoute(deps: MediaDeps): Route {
  return defineRoute({
    method: 'get',
    path: '/evidence/{id}',
    summary: 'A screenshot that shows why an item ended as it did',
    tag: 'tasks',
    role: 'viewer',
    params: IdParams,
    fileTypes: [...EVIDENCE_TYPES],
    handle: async ({ params }) => {
      const evidence = await row(deps.db.models.evidence, { where: { id: params.id } })
      if (!evidence) throw notKept(params.id)
      const { id, mimeType, size } = evidence
      const stream = async (range?: ByteRange) => (await opened(deps, id)).createReadStream(range)
      return new FileAnswer({ mimeType, size, open: stream })
    },
  })
}

/** The file is put in place after its row and goes before it. Throws NOT_FOUND when it is not there. */
async function opened(deps: MediaDeps, id: number): Promise<FileHandle> {
  try {
    return await open(fileOf(deps, id))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw notKept(id)
    throw error
  }
}

const notKept = (id: number): MusterError =>
  new MusterError(
    'NOT_FOUND',
    `screenshot ${id} is not there; one is kept for ${EVIDENCE_KEPT_DAYS} days, and the item still says what went wrong`,
  )

/** Drops screenshots that are older than they are kept, the file before its row. */
export const dropOldEvidence = (deps: MediaDeps): Chore =>
  dropOld(deps, deps.db.models.evidence, {
    column: 'at',
    keptMs: EVIDENCE_KEPT_DAYS * 24 * 60 * 60 * 1000,
    before: async (ids) => {
      for (const id of ids) await rm(fileOf(deps, id), { force: true })
    },
  })

/** What a killed process had received in part is of no use. */
export async function dropHalfEvidence({ evidenceDir }: MediaDeps): Promise<void> {
  await mkdir(evidenceDir, { recursive: true })
  for (const name of await readdir(evidenceDir)) if (name.endsWith('.part')) await rm(join(evidenceDir, name))
}

const fileOf = (deps: MediaDeps, id: number): string => join(deps.evidenceDir, String(id))
