import { createHash, randomUUID } from 'node:crypto'
import type { ExecutionContext } from 'ava'

/**
 * How much of each walk this run tries. A walk meets every point at which something may break, which takes minutes:
 * `npm test` tries a sample of the points, another one in each run, and `npm run test:all` tries them all.
 */
export const ALL_POINTS = process.env['MUSTER_TEST_WALKS'] === 'all'

/** Of this run: the same seed gives the same samples. */
const SEED = process.env['MUSTER_TEST_SEED'] || randomUUID().slice(0, 8)

/** A number in [0, 1) that follows from the seed, the test and the key. */
export function chance(t: Pick<ExecutionContext, 'title'>, key: string): number {
  const hash = createHash('sha256').update(`${SEED}\n${t.title}\n${key}`).digest()
  return hash.readUInt32BE() / 2 ** 32
}

/**
 * The points of a walk that this run tries, in the order in which they are given. Logs the seed.
 * @param most how many a sample has
 */
export function sampleOf<T>(t: Pick<ExecutionContext, 'title' | 'log'>, points: readonly T[], most: number): T[] {
  if (ALL_POINTS || points.length <= most) return [...points]
  const drawn = points
    .map((point, index) => ({ point, index, draw: chance(t, String(index)) }))
    .toSorted((a, b) => a.draw - b.draw)
    .slice(0, most)
    .toSorted((a, b) => a.index - b.index)
  logSeed(t, `${most} of ${points.length} points`)
  return drawn.map(({ point }) => point)
}

/** Whether this run tries a point that a walk only learns of on its way. @param share of the points in a sample */
export function inSample(t: Pick<ExecutionContext, 'title'>, point: string, share: number): boolean {
  return ALL_POINTS || chance(t, point) < share
}

/** Says in the log of a test how its sample is repeated. */
export function logSeed(t: Pick<ExecutionContext, 'log'>, what: string): void {
  if (!ALL_POINTS) t.log(`${what}, MUSTER_TEST_SEED=${SEED}`)
}
