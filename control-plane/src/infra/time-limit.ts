import { createContext, Script } from 'node:vm'

const context = createContext({ work: (): void => undefined })
const script = new Script('work()')

/** Work that took longer than it may. */
export class TimeLimitReached extends Error {
  override readonly name = 'TimeLimitReached'
}

/**
 * Runs work that somebody else's data may make endless, such as a regular expression of theirs, and breaks it off after
 * `limitMs`, wherever it is. Only for synchronous work that changes nothing outside itself. Throws TimeLimitReached, and
 * what the work throws.
 */
export function withinTime<T extends object>(limitMs: number, work: () => T): T {
  let result: T | undefined
  context['work'] = () => {
    result = work()
  }
  try {
    script.runInContext(context, { timeout: limitMs })
  } catch (error) {
    if (isTimeout(error)) throw new TimeLimitReached(`it takes longer than ${limitMs} ms`)
    throw error
  } finally {
    context['work'] = undefined
  }
  if (result === undefined) throw new Error('the work gave no result')
  return result
}

/** The error is one of the script's own context, where `Error` is another class. */
const isTimeout = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
