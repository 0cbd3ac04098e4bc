import type { ZodError, ZodType, z } from 'zod'
import { invalid } from '../infra/errors.ts'
import { plainInput } from './plain-input.ts'

const LONGEST_TEXT = 300

/** Returns the parsed value. Throws INVALID_REQUEST that names each wrong field and the reason. */
export function validate<T extends ZodType>(schema: T, value: unknown, where: string): z.output<T> {
  const parsed = schema.safeParse(plainInput(value, where))
  if (parsed.success) return parsed.data
  throw invalid(describe(parsed.error, where))
}

function describe(error: ZodError, where: string): string {
  const texts = error.issues.slice(0, 5).map((issue) => {
    const path = issue.path.map(String).join('.')
    if (issue.code === 'unrecognized_keys') {
      return `${[...issue.path, issue.keys.join(', ')].map(String).join('.')}: unknown field; remove it`
    }
    return `${path || where}: ${lowerFirst(issue.message)}`
  })
  const more = error.issues.length > 5 ? `; and ${error.issues.length - 5} more` : ''
  return texts.map((text) => text.slice(0, LONGEST_TEXT)).join('; ') + more
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
