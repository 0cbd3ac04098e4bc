import { createHash } from 'node:crypto'
import { Op, type Transaction } from 'sequelize'
import type { IdempotencyKeyRow } from '../../infra/database/tables/audit.ts'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { dropOld } from '../../infra/database/retention.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { insert, row } from '../../infra/database/table.ts'
import { conflict, invalid, type MusterError } from '../../infra/errors.ts'
import type { Caller } from '../../http/route.ts'
import { SecretBox } from './secret-box.ts'

/** How long a key and its answer are kept. */
const KEY_KEPT_MS = 24 * 60 * 60 * 1000
const LONGEST_KEY = 128
const LONGEST_PATH = 200
/** How long a second call waits for the answer of the first. */
const LONGEST_WAIT_MS = 30_000
const ANSWERED = 200
/** The call took effect, and its answer was lost. */
const LOST = 500

export interface IdempotentCall {
  readonly caller: Caller
  readonly path: string
  readonly key: string
  /** Everything that the request says: its query, body and file. The same key with another request is refused. */
  readonly request: unknown
}

/** The stored answer of a key that was sent again. */
export interface Replay {
  readonly response: unknown
}

/** The first call with the key is still running. */
interface Running {
  readonly ends: Promise<void>
}

/** A key in use. Each method is part of the caller's write. */
export interface Claim {
  /** Marks that the call took effect. Belongs into the effect's own transaction: both are stored, or neither. */
  tookEffect(tx: Transaction): Promise<void>
  /** Stores the answer, which a repeated request gets. */
  answered(tx: Transaction, response: unknown): Promise<void>
  /** Frees the key of a call that took no effect, and keeps the key of one that did. */
  failed(tx: Transaction): Promise<void>
}

/** Keys that callers sent as `Idempotency-Key`, with the answers of their calls. The only writer of their table. */
export class IdempotencyKeys {
  readonly #db: Database
  readonly #tables: Pick<Tables, 'idempotencyKeys'>
  readonly #clock: Clock
  readonly #box: SecretBox
  /** Calls that run in this process by the id of their key; each promise resolves when the call has ended. */
  readonly #running = new Map<number, Promise<void>>()

  /** @param deps.secret encrypts stored answers, which may hold secrets such as enrolment codes */
  constructor(deps: { db: Database; tables: Pick<Tables, 'idempotencyKeys'>; clock: Clock; secret: Uint8Array }) {
    this.#db = deps.db
    this.#tables = deps.tables
    this.#clock = deps.clock
    this.#box = new SecretBox(deps.secret, 'idempotency')
  }

  /** Settles the keys of calls that a killed plane left without an answer. */
  async recover(): Promise<void> {
    await this.#db.write((tx) => this.#settle(tx, {}))
  }

  /**
   * Takes the key for a call, or returns the answer of the first call with it. While that call runs, waits up to 30 s.
   * Throws CONFLICT when the key was used for another request, when the first call still runs after that, and when its
   * answer was lost.
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
    const { idempotencyKeys } = this.#tables
    const path = call.path.slice(0, LONGEST_PATH)
    const where = { userId: call.caller.userId, method: 'POST', path, key: call.key }
    const bodyHash = fingerprint({ path: call.path, request: call.request })
    const nowMs = this.#clock.now().getTime()
    return await this.#db.write(async (tx) => {
      await idempotencyKeys.destroy({
        where: { ...where, createdAt: { [Op.lt]: nowMs - KEY_KEPT_MS } },
        transaction: tx,
      })
      const known = await row(idempotencyKeys, { where, transaction: tx })
      if (known) return this.#replay(known, bodyHash)
      return this.#begun(await insert(idempotencyKeys, { ...where, bodyHash, createdAt: nowMs }, tx), tx)
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
    const text = known.status === ANSWERED ? this.#box.open(String(known.response)) : undefined
    if (text !== undefined) return { response: JSON.parse(text) }
    throw conflict(
      'Idempotency-Key: its first call took effect, but its answer was lost; list what there is to find it, and use a new key only for something new',
    )
  }

  #begun(id: number, begins: Transaction): Claim {
    const { idempotencyKeys } = this.#tables
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
        const sealed = this.#box.close(JSON.stringify(response ?? null))
        await idempotencyKeys.update({ status: ANSWERED, response: sealed }, { where: { id }, transaction: tx })
        ends(tx)
      },
      failed: async (tx) => {
        await this.#settle(tx, { id })
        ends(tx)
      },
    }
  }

  /** Drops keys that no call may repeat any more; answers whether there may be more. */
  trim(): Promise<boolean> {
    return dropOld({ db: this.#db, clock: this.#clock }, this.#tables.idempotencyKeys, {
      column: 'createdAt',
      keptMs: KEY_KEPT_MS,
    })()
  }

  async #settle(tx: Transaction, which: { id?: number }): Promise<void> {
    const { idempotencyKeys } = this.#tables
    await idempotencyKeys.destroy({ where: { ...which, status: null, effectAt: null }, transaction: tx })
    await idempotencyKeys.update({ status: LOST }, { where: { ...which, status: null }, transaction: tx })
  }
}

const stillRunning = (): MusterError =>
  conflict('Idempotency-Key: its first call is still running; wait a moment and send the same again')

/** Returns a hash that is equal for equal requests, in whatever order their fields came. */
function fingerprint(request: unknown): string {
  return createHash('sha256').update(JSON.stringify(request, sortedFields)).digest('hex')
}

function sortedFields(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
