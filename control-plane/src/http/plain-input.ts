import { invalid } from '../infra/errors.ts'

/** Deeper than any request of the API, and far below the depth at which a recursive function runs out of stack. */
const DEEPEST = 32
/** Of a field's name in an error message. */
const LONGEST_NAME = 200
/** Unicode's control characters except line feed and tab. */
const CONTROL = /(?![\n\t])\p{Cc}/u

/**
 * Returns a copy whose texts can be stored, sent to a phone and shown again unchanged: Windows line ends become `\n`.
 * Throws INVALID_REQUEST that names the field for any other control character (much software ends a text at a NUL), for
 * half a surrogate pair (it would turn into U+FFFD on the way) and for a value that is nested too deep.
 */
export function plainInput(value: unknown, where: string): unknown {
  return plain(value, where, [])
}

function plain(value: unknown, where: string, path: readonly string[]): unknown {
  if (typeof value === 'string') return plainText(value, path.join('.') || where)
  if (typeof value !== 'object' || value === null) return value
  if (path.length >= DEEPEST)
    throw invalid(`${(path[0] ?? where).slice(0, LONGEST_NAME)}: is nested more than ${DEEPEST} deep; send it flatter`)
  if (Array.isArray(value)) return value.map((one, at) => plain(one, where, [...path, String(at)]))
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      plainText(key, [...path, 'name of a field'].join('.')),
      plain(one, where, [...path, key]),
    ]),
  )
}

function plainText(text: string, fullName: string): string {
  const field = fullName.slice(0, LONGEST_NAME)
  const normal = text.includes('\r') ? text.replaceAll('\r\n', '\n') : text
  const control = CONTROL.exec(normal)?.[0]
  if (control !== undefined) {
    const code = control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
    throw invalid(`${field}: contains the control character U+${code}; only line feed and tab may stand in a text`)
  }
  if (!normal.isWellFormed())
    throw invalid(`${field}: contains half of a surrogate pair; send whole characters, encoded as UTF-8`)
  return normal
}
