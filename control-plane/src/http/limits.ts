import { RateLimiterRes, type RateLimiterMemory } from 'rate-limiter-flexible'
import { MusterError } from '../infra/errors.ts'

/** Takes one point of a key. Throws RATE_LIMITED with the seconds to wait when none is left. */
export async function consume(limiter: RateLimiterMemory, key: string, text: string): Promise<void> {
  try {
    await limiter.consume(key)
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error
    // What was not tried is not counted, or trying on would keep the door shut.
    await limiter.reward(key)
    throw tooMany(error, text)
  }
}

const tooMany = (state: RateLimiterRes, text: string): MusterError => {
  const seconds = Math.max(1, Math.ceil(state.msBeforeNext / 1000))
  return new MusterError('RATE_LIMITED', `${text}; try again in ${seconds} s`, { retryAfterSeconds: seconds })
}
