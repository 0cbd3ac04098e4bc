import { jsonProblem } from './json-rules.ts'

/**
 * The part of JSON Schema 2020-12 that custom commands may use: everything but references to other documents and
 * dynamic references. A schema can come from a phone, so what is not known is refused, not ignored.
 */

const LONGEST_PATTERN = 1000
const DRAFTS = ['https://json-schema.org/draft/2020-12/schema', 'https://json-schema.org/draft/2020-12/schema#']
const TYPES = new Set<unknown>(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'])

/** What a keyword's value has to be; answers what is wrong with it. */
type Check = (value: unknown, path: string, root: unknown) => string | undefined

const anything: Check = () => undefined
const must =
  (what: string, fits: (value: unknown) => boolean): Check =>
  (value, path) =>
    fits(value) ? undefined : `${path} must be ${what}`

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const isText = (value: unknown): value is string => typeof value === 'string'
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText)
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const count = must('a whole number from 0', (value) => isNumber(value) && Number.isInteger(value) && value >= 0)
const number = must('a number', isNumber)
const text = must('a text', isText)
const flag = must('true or false', (value) => typeof value === 'boolean')
const texts = must('a list of texts', isTexts)
const list = must('a list that is not empty', (value) => Array.isArray(value) && value.length > 0)

const pattern: Check = (value, path) => {
  if (!isText(value) || value.length > LONGEST_PATTERN)
    return `${path} must be a regular expression of at most ${LONGEST_PATTERN} characters`
  try {
    new RegExp(value, 'u')
    return undefined
  } catch {
    return `${path} is not a regular expression of ECMAScript with the flag u`
  }
}

const schemas: Check = (value, path, root) => {
  const problem = list(value, path, root)
  if (problem !== undefined || !Array.isArray(value)) return problem
  return firstOf(value, (one, index) => subschema(one, `${path}/${index}`, root))
}

const eachValue =
  (check: Check): Check =>
  (value, path, root) => {
    if (!isObject(value)) return `${path} must be an object`
    return firstOf(Object.entries(value), ([key, one]) => check(one, `${path}/${key}`, root))
  }

const patterns: Check = (value, path, root) =>
  eachValue(subschema)(value, path, root) ??
  firstOf(Object.keys(value as object), (key) => pattern(key, `${path}/${key}`, root))

/** Found now, not when a payload needs what it refers to. */
const reference: Check = (value, path, root) => {
  if (!isText(value) || !/^#(\/|$)/.test(value))
    return `${path} must be a pointer into the same schema, such as #/$defs/name`
  return isSchema(target(root, value)) ? undefined : `the reference ${value} leads nowhere`
}

const NAMED: Readonly<Record<string, Check>> = {
  $schema: must('that of draft 2020-12', (value) => DRAFTS.includes(value as string)),
  $ref: reference,
  $defs: eachValue(subschema),
  $comment: anything,
  title: text,
  description: text,
  default: anything,
  examples: anything,
  deprecated: flag,
  readOnly: flag,
  writeOnly: flag,
  contentEncoding: text,
  contentMediaType: text,
  type: must('a type of JSON, or a list of them', (value) =>
    Array.isArray(value) ? value.length > 0 && value.every((one) => TYPES.has(one)) : TYPES.has(value),
  ),
  enum: list,
  const: anything,
  multipleOf: must('a number above 0', (value) => isNumber(value) && value > 0),
  maximum: number,
  exclusiveMaximum: number,
  minimum: number,
  exclusiveMinimum: number,
  maxLength: count,
  minLength: count,
  pattern,
  format: text,
  items: subschema,
  prefixItems: schemas,
  contains: subschema,
  maxItems: count,
  minItems: count,
  uniqueItems: flag,
  maxContains: count,
  minContains: count,
  unevaluatedItems: subschema,
  properties: eachValue(subschema),
  patternProperties: patterns,
  additionalProperties: subschema,
  propertyNames: subschema,
  unevaluatedProperties: subschema,
  maxProperties: count,
  minProperties: count,
  required: texts,
  dependentRequired: eachValue(texts),
  dependentSchemas: eachValue(subschema),
  allOf: schemas,
  anyOf: schemas,
  oneOf: schemas,
  not: subschema,
  if: subschema,
  else: subschema,
}
const KEYWORDS = new Map([...Object.entries(NAMED), ['then', subschema] as const])

/** What is wrong with a schema, naming the place in it; undefined when nothing is. */
export function schemaProblem(json: string, largestBytes: number): string | undefined {
  const problem = jsonProblem(json, largestBytes)
  if (problem !== undefined) return problem
  const schema: unknown = JSON.parse(json)
  return subschema(schema, '#', schema)
}

function subschema(schema: unknown, path: string, root: unknown): string | undefined {
  if (typeof schema === 'boolean') return undefined
  if (!isObject(schema)) return `${path} must be an object, true or false`
  return firstOf(Object.entries(schema), ([keyword, value]) => {
    const check = KEYWORDS.get(keyword)
    if (!check) return `${path}/${keyword} is not a keyword that custom commands may use`
    return check(value, `${path}/${keyword}`, root)
  })
}

const isSchema = (value: unknown): boolean => isObject(value) || typeof value === 'boolean'

const target = (root: unknown, ref: string): unknown =>
  ref
    .split('/')
    .slice(1)
    .map((step) => decoded(step).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (at, step) =>
        typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? at[step as keyof typeof at] : undefined,
      root,
    )

function decoded(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch {
    return step
  }
}

function firstOf<T>(values: readonly T[], look: (value: T, index: number) => string | undefined): string | undefined {
  for (const [index, value] of values.entries()) {
    const found = look(value, index)
    if (found !== undefined) return found
  }
  return undefined
}
