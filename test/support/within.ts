import { setTimeout as delay } from 'node:timers/promises'

/** Resolves as `promise` does; throws `waited … for <what>` when `limitMs` pass first. A bound, not a pause. */
export async function within<T>(promise: Promise<T>, limitMs: number, what: () => string): Promise<T> {
  const settled = new AbortController()
  const late = delay(limitMs, undefined, { signal: settled.signal }).then(() => {
    throw new Error(`waited ${limitMs / 1000} s for ${what()}`)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    settled.abort()
    late.catch(() => undefined)
  }
}
