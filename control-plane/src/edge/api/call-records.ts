import type { Database } from '../../infra/database/database.ts'
import { asMusterError } from '../../http/envelope.ts'
import type { CallEnd, CallMiddleware, MutationCall } from './mutation-call.ts'

/** Commits the records of a call in one write after it, however it ended. The outermost middleware. */
export function recordsAtEnd(db: Database): CallMiddleware {
  return async (call, next) => {
    try {
      const data = await next()
      await writeEnd(db, call, { data })
      return data
    } catch (error) {
      await writeEnd(db, call, { error: asMusterError(error) })
      throw error
    }
  }
}

/** Commits the records of a call in the transaction of its first effect: both are stored, or neither. */
export function recordsWithEffect(db: Database): CallMiddleware {
  return (call, next) =>
    db.accompanied(async (tx) => {
      for (const record of call.records) await record.withEffect(tx)
    }, next)
}

async function writeEnd(db: Database, { records }: MutationCall, end: CallEnd): Promise<void> {
  if (records.length === 0) return
  await db.write(async (tx) => {
    for (const record of records) await record.atEnd(tx, end)
  })
}
