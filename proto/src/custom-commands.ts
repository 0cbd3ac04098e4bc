import { Validator, type Schema } from '@cfworker/json-schema'
import type { CustomCapability } from '../generated/muster/v1/agent_service.ts'
import { EffectClass } from '../generated/muster/v1/command.ts'
import { jsonProblem } from './json-rules.ts'
import { schemaProblem } from './schema-rules.ts'

/** Bounds of custom commands that agent and plane both hold. Sizes are bytes of UTF-8. */
export const CUSTOM_LIMITS = {
  /** Commands that one agent may register. */
  commands: 50,
  nameLength: 100,
  descriptionLength: 500,
  schemaBytes: 16 * 1024,
  payloadBytes: 64 * 1024,
  resultBytes: 16 * 1024,
} as const

/** Lower-case words joined by dots and hyphens. */
export const CUSTOM_NAME = /^[a-z0-9]+([.-][a-z0-9]+)*$/

const CLASSES: readonly EffectClass[] = [EffectClass.READ, EffectClass.IDEMPOTENT, EffectClass.ONCE]

/** A custom command as people write it, such as `shop.print-label version 2`. */
export const customLabel = ({ name, version }: { readonly name: string; readonly version: number }): string =>
  `${name} version ${version}`

/** What is wrong with the list of custom commands an agent registers; undefined when nothing is. */
export function registrationProblem(capabilities: readonly CustomCapability[]): string | undefined {
  const { commands } = CUSTOM_LIMITS
  if (capabilities.length > commands)
    return `${capabilities.length} custom commands are registered; at most ${commands} are taken`
  const seen = new Set<string>()
  for (const capability of capabilities) {
    const label = customLabel(capability)
    if (seen.has(label)) return `${label} is registered twice`
    seen.add(label)
    const problem = capabilityProblem(capability)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** What is wrong with one custom command as an agent registers it; undefined when nothing is. */
export function capabilityProblem(capability: CustomCapability): string | undefined {
  const { name, version, description, effectClass, schemaJson } = capability
  const { nameLength, descriptionLength, schemaBytes } = CUSTOM_LIMITS
  if (name.length > nameLength || !CUSTOM_NAME.test(name)) {
    const shown = JSON.stringify(name.slice(0, nameLength))
    return `the name ${shown} does not match ${CUSTOM_NAME.source} with at most ${nameLength} characters`
  }
  if (!Number.isInteger(version) || version < 1 || version > 0xffff_ffff)
    return `${name}: the version has to be a whole number from 1`
  const label = customLabel(capability)
  if (!CLASSES.includes(effectClass)) return `${label}: the effect class has to be READ, IDEMPOTENT or ONCE`
  if (description.length > descriptionLength)
    return `${label}: the description is longer than ${descriptionLength} characters`
  const problem = schemaProblem(schemaJson, schemaBytes)
  return problem === undefined ? undefined : `${label}: schema: ${problem}`
}

/**
 * What is wrong with a payload, beginning with the path of the field, such as `payload.items.0.text`; undefined when it
 * fits. How long this takes is up to the schema: whoever does not trust its author has to bound the time.
 * @param schemaJson a schema in which `capabilityProblem` found nothing
 */
export function payloadProblem(schemaJson: string, payloadJson: string): string | undefined {
  const problem = jsonProblem(payloadJson, CUSTOM_LIMITS.payloadBytes)
  if (problem !== undefined) return `payload: ${problem}`
  try {
    const payload: unknown = JSON.parse(payloadJson)
    const { errors } = new Validator(JSON.parse(schemaJson) as Schema | boolean, '2020-12').validate(payload)
    // The ones before the first leaf only say that something inside is wrong.
    const leaf = errors.find(({ keyword }) => !WRAPPERS.has(keyword)) ?? errors[0]
    return leaf && `${pathOf(leaf.instanceLocation)}: ${meaningOf(leaf)}`
  } catch (error) {
    // A schema that refers to itself without an end, for one.
    return `payload: cannot be checked by the schema: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** What is wrong with what a handler answered; undefined when nothing is. */
export const resultProblem = (resultJson: string): string | undefined =>
  jsonProblem(resultJson, CUSTOM_LIMITS.resultBytes)

/** Keywords whose error is followed by that of the field inside. */
const WRAPPERS: ReadonlySet<string> = new Set([
  '$ref',
  'additionalProperties',
  'allOf',
  'dependentSchemas',
  'if',
  'items',
  'patternProperties',
  'prefixItems',
  'properties',
  'propertyNames',
  'unevaluatedItems',
  'unevaluatedProperties',
])

/** `#/items/0/text` as `payload.items.0.text`. */
const pathOf = (location: string): string => ['payload', ...location.split('/').slice(1).map(unescapedStep)].join('.')

const unescapedStep = (step: string): string =>
  decodeURIComponent(
    step
      .replaceAll('~1', '/')
      .replaceAll('~0', '~')
      .replaceAll(/%(?![0-9a-f]{2})/gi, '%25'),
  )

const meaningOf = ({ keyword, error }: { keyword: string; error: string }): string =>
  keyword === 'false' ? 'is not allowed by the schema' : error
