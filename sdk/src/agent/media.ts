import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Metadata, status, type ClientReadableStream } from '@grpc/grpc-js'
import type { AgentServiceClient, FetchMaterialResponse, MaterialRef } from '@muster/proto'
import { AgentError } from './agent-error.ts'
import { Backoff } from './backoff.ts'
import { sleep, type AgentClock } from './clock.ts'

const FETCH_LIMIT_MS = 60_000
/** How long a plane may be away before an item that needs its file is given up. */
const AWAY_LIMIT_MS = 5 * 60_000
/** What a plane that stops, or a network that breaks, makes of a call. */
const PASSING: ReadonlySet<unknown> = new Set([
  status.UNAVAILABLE,
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.INTERNAL,
  status.UNKNOWN,
  status.RESOURCE_EXHAUSTED,
])
const UPLOAD_LIMIT_MS = 8000
const CHUNK_BYTES = 64 * 1024
const KEPT_MS = 7 * 24 * 60 * 60 * 1000

/** Materials on the phone's disk, by hash. */
export class MaterialCache {
  readonly #directory: string
  readonly #clock: AgentClock
  readonly #client: () => AgentServiceClient | undefined

  /** @param client of the session, when there is one */
  constructor(directory: string, clock: AgentClock, client: () => AgentServiceClient | undefined) {
    this.#directory = directory
    this.#clock = clock
    this.#client = client
  }

  /** Deletes what was not fetched lately. */
  prune(now: number): void {
    if (!existsSync(this.#directory)) return
    for (const name of readdirSync(this.#directory)) {
      const path = join(this.#directory, name)
      if (statSync(path).mtimeMs < now - KEPT_MS) rmSync(path, { force: true })
    }
  }

  /**
   * Path of a file whose bytes have the material's hash. A plane that is away is waited for, five minutes at most.
   * Throws AgentError, or the signal's reason.
   */
  async fetch(material: MaterialRef, signal: AbortSignal): Promise<string> {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
    const path = join(this.#directory, material.sha256)
    const backoff = new Backoff()
    const deadline = this.#clock.monotonicMs() + AWAY_LIMIT_MS
    for (;;) {
      if (existsSync(path)) return path
      const failure = await this.#attempt(material, path, signal)
      if (failure === undefined) return path
      signal.throwIfAborted()
      if (!failure.passing || this.#clock.monotonicMs() > deadline) {
        const reason = `material ${material.materialId} could not be fetched: ${failure.why}`
        throw new AgentError('DEVICE_UNREACHABLE', reason, { cause: failure.error })
      }
      await sleep(this.#clock, backoff.next(), signal)
      signal.throwIfAborted()
    }
  }

  async #attempt(
    material: MaterialRef,
    path: string,
    signal: AbortSignal,
  ): Promise<{ why: string; passing: boolean; error?: unknown } | undefined> {
    const client = this.#client()
    if (!client) return { why: 'the plane could not be reached', passing: true }
    // Two items can need the same file at once.
    const half = `${path}.${randomUUID()}.part`
    try {
      const call = client.fetchMaterial({ materialId: material.materialId }, new Metadata(), {
        deadline: Date.now() + FETCH_LIMIT_MS,
      })
      signal.addEventListener('abort', () => call.cancel(), { once: true })
      const sha256 = await save(call, half)
      if (sha256 !== material.sha256)
        return { why: `its bytes have the hash ${sha256}, not ${material.sha256}`, passing: false }
      await rename(half, path)
      return undefined
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      return { why, error, passing: error instanceof Error && 'code' in error && PASSING.has(error.code) }
    } finally {
      await rm(half, { force: true })
    }
  }
}

async function save(call: ClientReadableStream<FetchMaterialResponse>, path: string): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path, 'w', 0o600)
  try {
    for await (const { chunk } of call as AsyncIterable<FetchMaterialResponse>) {
      hash.update(chunk)
      await file.write(chunk)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return hash.digest('hex')
}

/** Sends a screenshot up; answers its id, or '' when that was not possible in time: evidence never holds work up. */
export async function uploadEvidence(
  client: AgentServiceClient | undefined,
  commandId: string,
  itemId: string,
  png: Uint8Array,
): Promise<string> {
  if (!client) return ''
  return await new Promise((resolve) => {
    const call = client.uploadEvidence(new Metadata(), { deadline: Date.now() + UPLOAD_LIMIT_MS }, (error, response) =>
      resolve(error ? '' : response.evidenceId),
    )
    call.on('error', () => resolve(''))
    for (let at = 0; at < png.length || at === 0; at += CHUNK_BYTES) {
      const chunk = Buffer.from(png.subarray(at, at + CHUNK_BYTES))
      call.write({ commandId, itemId, mimeType: 'image/png', chunk })
    }
    call.end()
  })
}
