import test from 'ava'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { MusterError } from '../infra/errors.ts'
import { PerMinute } from './limits.ts'

/** The seconds to wait, or 0 where one was left. */
function spend(limit: PerMinute, key: string): number {
  try {
    limit.spend(key, 'too many')
    return 0
  } catch (error) {
    return error instanceof MusterError ? (error.retryAfterSeconds ?? -1) : -1
  }
}

test('a key has so many in the minute that begins with its first', (t) => {
  const clock = new FakeClock()
  const limit = new PerMinute(clock, 2)
  t.is(spend(limit, 'a'), 0)
  clock.advance(20_500)
  t.deepEqual([spend(limit, 'a'), spend(limit, 'a'), spend(limit, 'a')], [0, 40, 40])
  t.is(spend(limit, 'b'), 0, 'another key')
  clock.advance(39_499)
  t.is(spend(limit, 'a'), 1)
  clock.advance(1)
  t.deepEqual([spend(limit, 'a'), spend(limit, 'a'), spend(limit, 'a')], [0, 0, 60])
})

test('what is given back can be spent again, and no more than that', (t) => {
  const limit = new PerMinute(new FakeClock(), 1)
  limit.giveBack('a')
  t.deepEqual([spend(limit, 'a'), spend(limit, 'a')], [0, 60])
  limit.giveBack('a')
  t.deepEqual([spend(limit, 'a'), spend(limit, 'a')], [0, 60])
})

test('counting goes on above the limit and says so', (t) => {
  const clock = new FakeClock()
  const limit = new PerMinute(clock, 2)
  t.deepEqual([limit.count('a'), limit.count('a'), limit.count('a'), limit.count('a')], [true, true, false, false])
  clock.advance(60_000)
  t.true(limit.count('a'))
})
