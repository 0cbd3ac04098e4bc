/** Far from where code that walks a value runs out of stack. */
const MOST_LEVELS = 100

/** Bytes of a text in UTF-8. */
export const utf8Bytes = (text: string): number => new TextEncoder().encode(text).length

/** What is wrong with a text that has to be JSON of a bounded size; undefined when nothing is. */
export function jsonProblem(text: string, largestBytes: number): string | undefined {
  const bytes = utf8Bytes(text)
  if (bytes > largestBytes) return `it has ${bytes} bytes of JSON; at most ${largestBytes} are taken`
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'it is not JSON'
  }
  return levelsOf(value) > MOST_LEVELS ? `it is nested deeper than ${MOST_LEVELS} levels` : undefined
}

/** How deep a value is nested, without recursion. */
function levelsOf(value: unknown): number {
  let levels = 0
  for (let inside = [value]; inside.length > 0; levels++)
    inside = inside.flatMap((one): unknown[] => (typeof one === 'object' && one !== null ? Object.values(one) : []))
  return levels
}
