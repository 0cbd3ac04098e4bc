import { createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { UploadEvidenceRequest } from '@muster/proto'
import { v7 as uuidv7 } from 'uuid'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { dropOld } from '../../infra/database/retention.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { insert, row } from '../../infra/database/table.ts'
import { invalid, MusterError } from '../../infra/errors.ts'
import { isCommandId, rowIdOf } from './frame-check.ts'

const LARGEST_BYTES = 5 * 1024 * 1024
const KEPT_DAYS = 30
const DAY_MS = 24 * 60 * 60 * 1000
export const EVIDENCE_TYPES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg'])

export interface EvidenceDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'evidence'>
  readonly clock: Clock
  /** The directory of the files; nothing else is kept there. */
  readonly directory: string
}

/** A screenshot that can be read. */
export interface EvidenceFile {
  readonly mimeType: string
  /** Bytes. */
  readonly size: number
  /** Opens the file. Throws NOT_FOUND when it was dropped meanwhile. */
  open(): Promise<FileHandle>
}

/** Screenshots that show why an item ended as it did: a row and a file for each. */
export class Evidence {
  readonly #deps: EvidenceDeps

  constructor(deps: EvidenceDeps) {
    this.#deps = deps
  }

  /** Keeps a screenshot. Returns its id. Throws for one that is too large or no picture. @param upload its messages */
  async keep(deviceId: number, upload: Readable): Promise<number> {
    const half = join(this.#deps.directory, `${uuidv7()}.part`)
    try {
      const received = await receive(upload, half)
      const id = await this.#insert(deviceId, received)
      await rename(half, this.#fileOf(id))
      return id
    } finally {
      await rm(half, { force: true })
    }
  }

  /** Throws NOT_FOUND. */
  async find(id: number): Promise<EvidenceFile> {
    const found = await row(this.#deps.db.models.evidence, { where: { id } })
    if (!found) throw notKept(id)
    return { mimeType: found.mimeType, size: found.size, open: () => this.#open(id) }
  }

  /** How long screenshots are kept. The file goes before its row. */
  get retention() {
    return {
      column: 'at' as const,
      keptMs: KEPT_DAYS * DAY_MS,
      before: async (ids: readonly number[]): Promise<void> => {
        for (const id of ids) await rm(this.#fileOf(id), { force: true })
      },
    }
  }

  /** Drops old screenshots with their files; answers whether there may be more. */
  trim(): Promise<boolean> {
    return dropOld(this.#deps, this.#deps.tables.evidence, this.retention)()
  }

  /** Drops what a killed process had received in part. */
  async dropHalfReceived(): Promise<void> {
    const { directory } = this.#deps
    await mkdir(directory, { recursive: true })
    for (const name of await readdir(directory)) if (name.endsWith('.part')) await rm(join(directory, name))
  }

  async #insert(deviceId: number, { head, size }: Received): Promise<number> {
    const { db, tables, clock } = this.#deps
    if (!head || !EVIDENCE_TYPES.has(head.mimeType))
      throw new MusterError('UNSUPPORTED_MEDIA', 'evidence: is no PNG or JPEG')
    const { commandId, itemId, mimeType } = head
    if (!isCommandId(commandId)) throw invalid('commandId: is no command id')
    const values = { deviceId, commandId, itemId: rowIdOf(itemId), mimeType, size, at: clock.now().getTime() }
    return await db.write((tx) => insert(tables.evidence, values, tx))
  }

  /** The file is put in place after its row. */
  async #open(id: number): Promise<FileHandle> {
    try {
      return await open(this.#fileOf(id))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw notKept(id)
      throw error
    }
  }

  #fileOf(id: number): string {
    return join(this.#deps.directory, String(id))
  }
}

interface Received {
  /** The first message, which says what the picture is and belongs to. */
  readonly head: UploadEvidenceRequest | undefined
  /** Bytes. */
  readonly size: number
}

async function receive(upload: Readable, file: string): Promise<Received> {
  let head: UploadEvidenceRequest | undefined
  let size = 0
  await pipeline(
    upload,
    async function* (messages: AsyncIterable<UploadEvidenceRequest>) {
      for await (const message of messages) {
        head ??= message
        size += message.chunk.length
        if (size > LARGEST_BYTES)
          throw new MusterError('PAYLOAD_TOO_LARGE', 'evidence: is larger than 5 MB; send a smaller picture')
        yield message.chunk
      }
    },
    createWriteStream(file),
  )
  return { head, size }
}

const notKept = (id: number): MusterError =>
  new MusterError(
    'NOT_FOUND',
    `screenshot ${id} is not there; one is kept for ${KEPT_DAYS} days, and the item still says what went wrong`,
  )
