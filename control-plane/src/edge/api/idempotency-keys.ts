import { createHash } from 'node:crypto'
import { Op, type Transaction } from 'sequelize'
import type { IdempotencyKeyRow } from '../../infra/database/tables/audit.ts'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { insert, row } from '../../infra/database/table.ts'
import { conflict, invalid, type MusterError } from '../../infra/errors.ts'
import type { Caller } from '../../http/route.ts'
import { SecretBox } from './secret-box.ts'

/** How long the answer of a call is kept for who asks again with its key. */
export const KEY_KEPT_MS = 24 * 60 * 60 * 1000
const LONGEST_KEY = 128
const LONGEST_PATH = 200
/** How long a second call waits for the answer of the first. */
const LONGEST_WAIT_MS = 30_000
const ANSWERED = 200
/** It took effect, and nobody knows any more what it answered. */
const LOST = 500

export interface IdempotentCall {
  readonly caller: Caller
  readonly path: string
  readonly key: string
  /** All that was asked for: the same key with another request is a mistake of the caller. */
  readonly request: unknown
}

/** What a key that was sent again answers, without doing anything. */
export interface Replay {
  readonly response: unknown
}

/** The first call with the key goes on. */
interface Running {
  readonly ends: Promise<void>
}

/** A key in use. Each step is part of the write it belongs to. */
export interface Claim {
  /** Belongs to the effect's own transaction, so that the key and the effect are there together or not at all. */
  tookEffect(tx: Transaction): Promise<void>
  answered(tx: Transaction, response: unknown): Promise<void>
  /** Frees the key of a call that changed nothing; keeps the key of one that did. */
  failed(tx: Transaction): Promise<void>
}

/** `Idempotency-Key`: the same key with the same request answers as the first time and does nothing again. */
export class IdempotencyKeys {
  readonly #db: Database
  readonly #clock: Clock
  readonly #seal: SecretBox
  /** Resolved when a call that runs here has ended, by the id of its key. */
  readonly #running = new Map<number, Promise<void>>()

  /** @param deps.secret closes stored answers, which may hold secrets such as enrolment codes */
  constructor(deps: { db: Database; clock: Clock; secret: Uint8Array }) {
    this.#db = deps.db
    this.#clock = deps.clock
    this.#seal = new SecretBox(deps.secret, 'idempotency')
  }

  /** Settles the keys of calls that a killed plane left without an answer. */
  async recover(): Promise<void> {
    await this.#db.write(async (tx) => await this.#settle(tx, {}))
  }

  /**
   * Waits for the first call with the key while it runs. Throws CONFLICT for a key used for another request, or whose
   * first call has no answer to repeat or takes long.
   */
  async claim(call: IdempotentCall): Promise<Claim | Replay> {
    const found = await this.#claimed(call)
    if (!('ends' in found)) return found
    const late = Promise.withResolvers<void>()
    const timer = this.#clock.setTimeout(late.resolve, LONGEST_WAIT_MS)
    await Promise.race([found.ends, late.promise])
    timer.cancel()
    const then = await this.#claimed(call)
    if ('ends' in then) throw stillRunning()
    return then
  }

  async #claimed(call: IdempotentCall): Promise<Claim | Replay | Running> {
    if (call.key.length > LONGEST_KEY)
      throw invalid(`Idempotency-Key: is longer than ${LONGEST_KEY} characters; use a UUID`)
    const { idempotencyKeys } = this.#db.models
    const path = call.path.slice(0, LONGEST_PATH)
    const where = { userId: call.caller.userId, method: 'POST', path, key: call.key }
    const bodyHash = fingerprint({ path: call.path, request: call.request })
    const now = this.#clock.now().getTime()
    return await this.#db.write(async (tx) => {
      await idempotencyKeys.destroy({ where: { ...where, createdAt: { [Op.lt]: now - KEY_KEPT_MS } }, transaction: tx })
      const known = await row(idempotencyKeys, { where, transaction: tx })
      if (known) return this.#replay(known, bodyHash)
      return this.#begun(await insert(idempotencyKeys, { ...where, bodyHash, createdAt: now }, tx), tx)
    })
  }

  #replay(known: IdempotencyKeyRow, bodyHash: string): Replay | Running {
    if (known.bodyHash !== bodyHash)
      throw conflict('Idempotency-Key: was used for another request; use a new key, or send the same request again')
    if (known.status === null) {
      const ends = this.#running.get(known.id)
      if (ends) return { ends }
      throw stillRunning()
    }
    const text = known.status === ANSWERED ? this.#seal.open(String(known.response)) : undefined
    if (text !== undefined) return { response: JSON.parse(text) }
    throw conflict(
      'Idempotency-Key: its first call took effect, but its answer was lost; list what there is to find it, and use a new key only for something new',
    )
  }

  #begun(id: number, begins: Transaction): Claim {
    const { idempotencyKeys } = this.#db.models
    const running = Promise.withResolvers<void>()
    begins.afterCommit(() => void this.#running.set(id, running.promise))
    const ends = (tx: Transaction): void =>
      tx.afterCommit(() => {
        this.#running.delete(id)
        running.resolve()
      })
    return {
      tookEffect: async (tx) => {
        const effectAt = this.#clock.now().getTime()
        await idempotencyKeys.update({ effectAt }, { where: { id }, transaction: tx })
      },
      answered: async (tx, response) => {
        const sealed = this.#seal.close(JSON.stringify(response ?? null))
        await idempotencyKeys.update({ status: ANSWERED, response: sealed }, { where: { id }, transaction: tx })
        ends(tx)
      },
      failed: async (tx) => {
        await this.#settle(tx, { id })
        ends(tx)
      },
    }
  }

  async #settle(tx: Transaction, which: { id?: number }): Promise<void> {
    const { idempotencyKeys } = this.#db.models
    await idempotencyKeys.destroy({ where: { ...which, status: null, effectAt: null }, transaction: tx })
    await idempotencyKeys.update({ status: LOST }, { where: { ...which, status: null }, transaction: tx })
  }
}

const stillRunning = (): MusterError =>
  conflict('Idempotency-Key: its first call is still running; wait a moment and send the same again')

/** Equal for equal requests, in whatever order their fields came. */
function fingerprint(request: unknown): string {
  return createHash('sha256').update(JSON.stringify(request, sortedFields)).digest('hex')
}

function sortedFields(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
