import { createHash } from 'node:crypto'
import { Op, UniqueConstraintError } from 'sequelize'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { insert, row } from '../database/table.ts'
import { conflict, invalid } from '../errors.ts'
import type { Caller } from './route.ts'

const KEPT_MS = 24 * 60 * 60 * 1000
const LONGEST_KEY = 128

export interface IdempotentCall {
  readonly caller: Caller
  readonly path: string
  readonly key: string
  readonly body: unknown
}

/** `Idempotency-Key`: the same key with the same body answers as the first time and does nothing again, for 24 hours. */
export class Idempotency {
  readonly #db: Database
  readonly #clock: Clock

  constructor(deps: { db: Database; clock: Clock }) {
    this.#db = deps.db
    this.#clock = deps.clock
  }

  /** Throws CONFLICT for a key used with another body, or whose first call has not answered. */
  async once(call: IdempotentCall, work: () => Promise<unknown>): Promise<unknown> {
    if (call.key.length > LONGEST_KEY)
      throw invalid(`Idempotency-Key: is longer than ${LONGEST_KEY} characters; use a UUID`)
    const where = { userId: call.caller.userId, method: 'POST', path: call.path.slice(0, 200), key: call.key }
    const bodyHash = createHash('sha256')
      .update(JSON.stringify(call.body ?? null))
      .digest('hex')
    const earlier = await this.#claim(where, bodyHash)
    if (earlier) return earlier.response
    try {
      const response = await work()
      await this.#db.write(
        async (tx) =>
          await this.#db.models.idempotencyKeys.update({ status: 200, response }, { where, transaction: tx }),
      )
      return response
    } catch (error) {
      // A refusal changed nothing, so the same key may be used for the mended request.
      await this.#db.write(async (tx) => await this.#db.models.idempotencyKeys.destroy({ where, transaction: tx }))
      throw error
    }
  }

  async #claim(
    where: { userId: number; method: string; path: string; key: string },
    bodyHash: string,
  ): Promise<{ response: unknown } | undefined> {
    const { idempotencyKeys } = this.#db.models
    const now = this.#clock.now().getTime()
    try {
      await this.#db.write(async (tx) => {
        await idempotencyKeys.destroy({ where: { createdAt: { [Op.lt]: now - KEPT_MS } }, transaction: tx })
        await insert(idempotencyKeys, { ...where, bodyHash, createdAt: now }, tx)
      })
      return undefined
    } catch (error) {
      if (!(error instanceof UniqueConstraintError)) throw error
    }
    const known = await row(idempotencyKeys, { where })
    if (known?.bodyHash !== bodyHash) throw conflict('Idempotency-Key: was used with another body; use a new key')
    if (known.status === null) {
      throw conflict(
        'Idempotency-Key: its first call has not answered; look whether it took effect, then use a new key',
      )
    }
    return { response: known.response }
  }
}
