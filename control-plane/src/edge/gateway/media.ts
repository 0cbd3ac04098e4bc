import { once } from 'node:events'
import type { ServerWritableStream } from '@grpc/grpc-js'
import type { FetchMaterialRequest, FetchMaterialResponse } from '@muster/proto'
import type { MediaStore } from '../../infra/media/store.ts'

const CHUNK_BYTES = 64 * 1024

export interface MediaDeps {
  readonly store: MediaStore
  /** The stored bytes behind a material. Throws NOT_FOUND. */
  materialFile(id: number): Promise<{ readonly sha256: string; readonly size: number }>
}

/** Streams a material's bytes down. Throws NOT_FOUND. */
export async function sendMaterial(
  deps: MediaDeps,
  call: ServerWritableStream<FetchMaterialRequest, FetchMaterialResponse>,
): Promise<void> {
  const material = await deps.materialFile(call.request.materialId)
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
