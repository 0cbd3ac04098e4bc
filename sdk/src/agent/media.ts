import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Metadata, type ClientReadableStream } from '@grpc/grpc-js'
import type { AgentServiceClient, FetchMaterialResponse, MaterialRef } from '@muster/proto'
import { AgentError } from './agent-error.ts'

const FETCH_LIMIT_MS = 60_000
const UPLOAD_LIMIT_MS = 8000
const CHUNK_BYTES = 64 * 1024
const KEPT_MS = 7 * 24 * 60 * 60 * 1000

/** Materials on the phone's disk, by hash. */
export class MaterialCache {
  readonly #directory: string
  readonly #client: () => Promise<AgentServiceClient>

  /** @param client waits for a session, within bounds; throws when there is none */
  constructor(directory: string, client: () => Promise<AgentServiceClient>) {
    this.#directory = directory
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

  /** Path of a file whose bytes have the material's hash. Throws AgentError. */
  async fetch(material: MaterialRef): Promise<string> {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
    const path = join(this.#directory, material.sha256)
    if (existsSync(path)) return path
    const half = `${path}.part`
    try {
      const client = await this.#client()
      const call = client.fetchMaterial({ materialId: material.materialId }, new Metadata(), {
        deadline: Date.now() + FETCH_LIMIT_MS,
      })
      const sha256 = await save(call, half)
      if (sha256 !== material.sha256) throw new Error(`its bytes have the hash ${sha256}, not ${material.sha256}`)
      await rename(half, path)
      return path
    } catch (error) {
      await rm(half, { force: true })
      if (error instanceof AgentError) throw error
      const why = error instanceof Error ? error.message : String(error)
      throw new AgentError('DEVICE_UNREACHABLE', `material ${material.materialId} could not be fetched: ${why}`, {
        cause: error,
      })
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
