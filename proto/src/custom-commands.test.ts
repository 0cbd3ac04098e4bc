import test from 'ava'
import Ajv from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { z } from 'zod'
import { capabilityProblem, CUSTOM_LIMITS, EffectClass, payloadProblem, registrationProblem } from '@muster/proto'
import type { CustomCapability } from '@muster/proto'

const capability = (more: Partial<CustomCapability> = {}): CustomCapability => ({
  name: 'shop.print-label',
  version: 1,
  schemaJson: '{}',
  effectClass: EffectClass.ONCE,
  description: '',
  ...more,
})
const schemaProblem = (schema: unknown) => capabilityProblem(capability({ schemaJson: JSON.stringify(schema) }))
const problemOf = (schema: unknown, payload: unknown) => payloadProblem(JSON.stringify(schema), JSON.stringify(payload))

test('a name is lower-case words joined by dots and hyphens', (t) => {
  for (const name of ['a', 'shop.print-label', 'v2.x', '9'])
    t.is(capabilityProblem(capability({ name })), undefined, name)
  for (const name of ['', 'Shop', 'a..b', '-a', 'a-', 'a b', 'a_b', 'é', 'a'.repeat(101)])
    t.regex(capabilityProblem(capability({ name })) ?? '', /^the name/, name)
})

test('each part of a registration has its bounds, and the problem names the command', (t) => {
  const cases: [Partial<CustomCapability>, RegExp][] = [
    [{ version: 0 }, /^shop.print-label: the version/],
    [{ version: 1.5 }, /version/],
    [{ effectClass: EffectClass.UNSPECIFIED }, /^shop.print-label version 1: the effect class/],
    [{ description: 'x'.repeat(501) }, /description/],
    [
      { schemaJson: `{"title":"${'é'.repeat(CUSTOM_LIMITS.schemaBytes / 2)}"}` },
      /schema: it has 16396 bytes of JSON; at most 16384/,
    ],
    [{ schemaJson: '{' }, /schema: it is not JSON/],
    [{ schemaJson: 'null' }, /schema: # must be an object/],
  ]
  for (const [more, problem] of cases) t.regex(capabilityProblem(capability(more)) ?? '', problem)
  t.is(registrationProblem([capability(), capability({ version: 2 })]), undefined)
  t.is(registrationProblem([capability(), capability()]), 'shop.print-label version 1 is registered twice')
  const many = Array.from({ length: 51 }, (_, index) => capability({ version: index + 1 }))
  t.regex(registrationProblem(many) ?? '', /^51 custom commands are registered; at most 50/)
})

test('a schema that is misspelt, reaches outside or has no end is refused where it is', (t) => {
  let deep: unknown = true
  for (let level = 0; level < 150; level++) deep = { items: deep }
  const cases: [unknown, RegExp][] = [
    [{ properties: { a: { maxlength: 3 } } }, /#\/properties\/a\/maxlength is not a keyword/],
    [{ type: 'text' }, /#\/type must be a type of JSON/],
    [{ required: [1] }, /#\/required must be a list of texts/],
    [{ $ref: 'https://example.com/schema' }, /#\/\$ref must be a pointer into the same schema/],
    [{ $id: 'https://example.com/a' }, /\$id is not a keyword/],
    [{ $ref: '#/$defs/none' }, /the reference #\/\$defs\/none leads nowhere/],
    [{ $schema: 'http://json-schema.org/draft-07/schema#' }, /2020-12/],
    [{ pattern: '(' }, /#\/pattern is not a regular expression/],
    [{ pattern: 'a'.repeat(1001) }, /at most 1000 characters/],
    [{ patternProperties: { '[': true } }, /is not a regular expression/],
    [{ anyOf: [] }, /#\/anyOf must be a list/],
    [JSON.parse('{"if":true,"then":1}'), /#\/then must be an object/],
    [{ minimum: '3' }, /#\/minimum must be a number/],
    [deep, /nested deeper/],
    [{ const: JSON.parse(`${'['.repeat(8000)}${']'.repeat(8000)}`) }, /nested deeper/],
  ]
  for (const [schema, problem] of cases) t.regex(schemaProblem(schema) ?? '', problem)
})

test('what zod makes of its schemas can be registered', (t) => {
  const Label = z.strictObject({
    text: z.string().min(1).max(80),
    copies: z.int().positive().optional(),
    at: z.iso.datetime({ offset: true }),
    to: z.email(),
    kind: z.enum(['SMALL', 'LARGE']),
    tags: z.array(z.string()).default([]),
    size: z.union([z.number(), z.tuple([z.number(), z.number()])]),
  })
  const schema = z.toJSONSchema(Label, { io: 'input' })
  t.is(schemaProblem(schema), undefined)
  const good = { text: 'a', at: '2026-03-02T10:00:00+08:00', to: 'a@example.com', kind: 'SMALL', size: [1, 2] }
  t.is(problemOf(schema, good), undefined)
  t.regex(problemOf(schema, { ...good, kind: 'HUGE' }) ?? '', /^payload\.kind: /)
})

test('the problem of a payload begins with the path of its field', (t) => {
  const schema = {
    type: 'object',
    properties: { items: { type: 'array', items: { $ref: '#/$defs/item' } }, 'a/b': { type: 'null' } },
    required: ['items'],
    additionalProperties: false,
    $defs: { item: { type: 'object', properties: { text: { type: 'string', maxLength: 3 } } } },
  }
  t.is(schemaProblem(schema), undefined)
  t.is(problemOf(schema, { items: [{ text: 'abc' }] }), undefined)
  t.regex(problemOf(schema, { items: [{}, { text: 5 }] }) ?? '', /^payload\.items\.1\.text: /)
  t.regex(problemOf(schema, { items: [], 'a/b': 1 }) ?? '', /^payload\.a\/b: /)
  t.is(problemOf(schema, { items: [], more: 1 }), 'payload.more: is not allowed by the schema')
  t.regex(problemOf(schema, {}) ?? '', /^payload: .*"items"/)
  t.regex(problemOf({ anyOf: [{ type: 'string' }, { type: 'null' }] }, 1) ?? '', /^payload: /)
  t.is(payloadProblem('{}', '{'), 'payload: it is not JSON')
  t.regex(
    payloadProblem('{}', JSON.stringify('x'.repeat(70_000))) ?? '',
    /^payload: it has 70002 bytes of JSON; at most 65536/,
  )
})

test('a schema that refers to itself without an end is a problem, not a crash', (t) => {
  t.regex(problemOf({ $ref: '#' }, 1) ?? '', /^payload: cannot be checked by the schema/)
})

test('the verdict is that of another library', (t) => {
  const leaf = fc.constantFrom<object | boolean>(
    { type: 'string', minLength: 1, maxLength: 3 },
    { type: ['integer', 'null'] },
    { enum: ['a', 1, null] },
    { const: 'a' },
    { minimum: 0, exclusiveMaximum: 5 },
    { pattern: '^a+$' },
    true,
    false,
  )
  const { schema } = fc.letrec<{ schema: object | boolean }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.record({ items: tie('schema'), uniqueItems: fc.boolean(), maxItems: fc.nat(3) }, { requiredKeys: ['items'] }),
      fc.record(
        { properties: fc.record({ a: tie('schema'), b: tie('schema') }), required: fc.constant(['a']) },
        { requiredKeys: ['properties'] },
      ),
      fc.record({ properties: fc.record({ a: tie('schema') }), additionalProperties: tie('schema') }),
      fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ not: tie('schema') }),
    ),
  }))
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom('a', 'aa', '', 'abcd', 1, 0, -1, 5, 2.5, null, true),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.record({ a: tie('value'), b: tie('value') }, { requiredKeys: [] }),
    ),
  }))
  const ajv = new Ajv.default({ strict: false })
  fc.assert(
    fc.property(schema, value, (one, payload) => {
      if (schemaProblem(one) !== undefined) throw new Error(`refused ${JSON.stringify(one)}`)
      const fits = ajv.validate(one, payload)
      return fits === (problemOf(one, payload) === undefined)
    }),
    { numRuns: 300 },
  )
  t.pass()
})
