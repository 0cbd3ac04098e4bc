import { sha256OfFile } from '../../infra/media/store.ts'
import type { Claim, IdempotencyKeys, Replay } from './idempotency-keys.ts'
import type { CallMiddleware, MutationCall } from './mutation-call.ts'

/**
 * Runs a POST with an `Idempotency-Key` once. The same request with the same key gets the first answer again: nothing
 * is run, and nothing is recorded.
 */
export function idempotent(keys: IdempotencyKeys): CallMiddleware {
  return async (call, next) => {
    const claim = await claimed(keys, call)
    if (!claim) return await next()
    if ('response' in claim) {
      call.records = []
      return claim.response
    }
    call.records.push({
      withEffect: (tx) => claim.tookEffect(tx),
      atEnd: (tx, end) => ('error' in end ? claim.failed(tx) : claim.answered(tx, end.data)),
    })
    return await next()
  }
}

async function claimed(keys: IdempotencyKeys, call: MutationCall): Promise<Claim | Replay | undefined> {
  const { route, target: path, caller, idempotencyKey: key, input } = call
  if (route.method !== 'post' || key === '' || caller.userId === 0) return undefined
  const { query, body, file } = input
  const upload = file && { name: file.originalName, sha256: await sha256OfFile(file.path) }
  return await keys.claim({ caller, path, key, request: { query, body, upload } })
}
