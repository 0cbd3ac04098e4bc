import test, { type ExecutionContext } from 'ava'
import { FakeClock } from '../support/fake-clock.ts'
import { pngOf } from '../support/pictures.ts'
import { sharedTestPlane, type TestPlane } from '../support/test-plane.ts'

// Walks every operation of the OpenAPI document with what a broken or hostile client sends. Whatever it is: a refusal
// in the envelope, never an error of the plane's own, and nothing changed.

// Time stands still, so that nothing changes by itself.
const plane = sharedTestPlane(test, { clock: new FakeClock() })

interface Schema {
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly anyOf?: readonly Schema[]
}
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: { type?: string } }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

const NUL = 'a\u0000b'
const DEEP = 50_000
const nested = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)
/** JSON that fits no field of the API. A surrogate is written as its escape, as a client would send it. */
const BAD_VALUES = [
  JSON.stringify(NUL),
  '"\\ud800"',
  '"a\\rb"',
  '{"colour":{"red":[]}}',
  '[[[]]]',
  '-1',
  '1e308',
  JSON.stringify('x'.repeat(20_000)),
  nested(100),
] as const
const BAD_IDS = ['0', '-1', '1.5', '0x1', '1e0', '%201%20', 'abc', '99999999999999999999', '%00', '%ED%A0%80', "1'--"]
const BAD_TEXTS = ['%00', '%1B', 'x'.repeat(5000)]
const BAD_NUMBERS = [...BAD_TEXTS, '-1', '0x1', '1e0', '[object Object]']
/** Some at a time: enough to meet each other in the plane, too few to run into its limits. */
const ABREAST = 8

interface Probe {
  readonly method: string
  readonly path: string
  readonly init: RequestInit
}

const json = (body: string): RequestInit => ({ body, headers: { 'content-type': 'application/json' } })

async function documentOf({ httpPort }: TestPlane): Promise<OpenApi> {
  return (await (await fetch(`http://127.0.0.1:${httpPort}/api/v1/openapi.json`)).json()) as OpenApi
}

function operationsOf(document: OpenApi): { method: string; path: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    'servers' in item
      ? []
      : Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
}

/** One of each thing, so that the walk gets as far as the handlers. */
async function furnish(target: TestPlane): Promise<void> {
  const agent = await target.enrol('a')
  await (await agent.connect()).heard()
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array(pngOf(8, 9))]), 'a.png')
  await target.ok('POST', '/materials', form)
  await target.ok('POST', '/material-categories', { name: 'a' })
  await target.ok('POST', '/tags', { name: 'a' })
  await target.ok('POST', '/customers', { accountId: 1, nickname: 'a' })
  const template = { name: 'a', type: 'TEXT', content: 'a', variables: [], materialIds: [] }
  await target.ok('POST', '/message/templates', template)
  const inAYear = new Date(Date.now() + 365 * 24 * 3600 * 1000).toISOString()
  await target.ok('POST', '/wechat/moments/tasks', { content: 'a', devices: [1], scheduledTime: inAYear })
}

/** Sends them all; answers what was wrong with the answers. */
async function send(probes: readonly Probe[]): Promise<string[]> {
  const wrong: string[] = []
  const queue = [...probes]
  const worker = async (): Promise<void> => {
    for (let probe = queue.shift(); probe; probe = queue.shift()) {
      const response = await plane().fetch(probe.method, probe.path, probe.init)
      const text = await response.text()
      const fault = faultOf(response, text)
      if (fault) {
        const sent = typeof probe.init.body === 'string' ? probe.init.body.slice(0, 100) : ''
        wrong.push(`${probe.method} ${probe.path.slice(0, 200)} ${sent}: ${fault}: ${text.slice(0, 200)}`)
      }
    }
  }
  await Promise.all(Array.from({ length: ABREAST }, worker))
  return wrong
}

function faultOf({ status }: Response, text: string): string | undefined {
  if (status < 400 || status >= 500) return `answered ${status}`
  const answer = JSON.parse(text) as Record<string, unknown>
  if (answer['code'] !== status) return 'code is not the status'
  if (answer['data'] !== null) return 'data is not null'
  for (const name of ['msg', 'errorCode', 'requestId'])
    if (typeof answer[name] !== 'string' || answer[name] === '') return `${name} is missing`
  return undefined
}

async function refusesAll(t: ExecutionContext, probes: readonly Probe[]): Promise<void> {
  t.true(probes.length > 0)
  const before = plane().rows()
  t.deepEqual(await send(probes), [])
  const after = plane().rows()
  for (const table of Object.keys(before)) t.deepEqual(after[table], before[table], table)
}

const fieldsOf = (schema: Schema): string[] => [
  ...Object.keys(schema.properties ?? {}),
  ...(schema.anyOf ?? []).flatMap(fieldsOf),
]

test.serial.before(async () => await furnish(plane()))

test.serial('no operation takes a bad value in any field of its body', async (t) => {
  const document = await documentOf(plane())
  const probes = operationsOf(document).flatMap(({ method, path, operation }) => {
    const schema = operation.requestBody?.content['application/json']?.schema
    if (!schema) return []
    const fields = fieldsOf(
      schema.$ref ? (document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}) : schema,
    )
    const at = path.replaceAll(/\{\w+\}/g, '1')
    return [...fields, 'unknownField'].flatMap((field) =>
      BAD_VALUES.map((value) => ({ method, path: at, init: json(`{${JSON.stringify(field)}:${value}}`) })),
    )
  })
  await refusesAll(t, probes)
})

test.serial('no operation that changes something takes a body that is none', async (t) => {
  const bodies = [
    '{',
    '[]',
    'null',
    '7',
    '""',
    'a=b',
    '{"__proto__":{"role":"admin"}}',
    nested(DEEP),
    '[['.repeat(DEEP),
  ]
  const probes = operationsOf(await documentOf(plane())).flatMap(({ method, path }) =>
    method === 'GET'
      ? []
      : bodies.map((body) => ({ method, path: path.replaceAll(/\{\w+\}/g, '1'), init: json(body) })),
  )
  await refusesAll(t, probes)
})

test.serial('no operation takes a bad id or a bad query', async (t) => {
  const probes = operationsOf(await documentOf(plane())).flatMap(({ method, path, operation }) => {
    const ids = path.includes('{') ? BAD_IDS.map((id) => path.replaceAll(/\{\w+\}/g, id)) : []
    const at = path.replaceAll(/\{\w+\}/g, '1')
    const queries = (operation.parameters ?? [])
      .filter((parameter) => parameter.in === 'query')
      .flatMap(({ name, schema }) =>
        (schema.type === 'string' ? BAD_TEXTS : BAD_NUMBERS).map((value) => `${at}?${name}=${value}`),
      )
    const init = method === 'GET' || method === 'DELETE' ? {} : json('{}')
    return [...ids, ...queries, `${at}?unknown=1`].map((probe) => ({ method, path: probe, init }))
  })
  await refusesAll(t, probes)
})
