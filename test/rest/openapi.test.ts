import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import test, { type ExecutionContext } from 'ava'
import { FakeClock } from '../support/fake-clock.ts'
import { pngOf } from '../support/pictures.ts'
import { answered, capability } from '../support/custom-phones.ts'
import { succeeded } from '../support/raw-agent.ts'
import { sharedTestPlane } from '../support/test-plane.ts'

// The document is a promise: what the plane really answers is held against it.

const clock = new FakeClock()
const plane = sharedTestPlane(test, { clock })

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
}
interface Operation {
  readonly security?: readonly unknown[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required: boolean }
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>
}

class Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  /** `GET /tags`, for each operation whose good answer was seen. */
  readonly seen = new Set<string>()
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false })
  readonly #known = new Map<string, ValidateFunction>()

  constructor(document: { paths: Contract['paths'] }) {
    this.paths = document.paths
    this.#ajv.addSchema(document, 'api')
  }

  /** Throws when the answer is not what the document says of this operation. */
  check(method: string, path: string, answer: { status: number; type: string; body: unknown }): void {
    const responses = this.paths[path]?.[method.toLowerCase()]?.responses
    if (!responses) throw new Error(`${method} ${path} is not in the document`)
    const status = String(answer.status) in responses ? String(answer.status) : 'default'
    const type = answer.type.split(';')[0] ?? ''
    if (!responses[status]?.content?.[type]) throw new Error(`${method} ${path}: ${status} with ${type} is not there`)
    if (answer.status < 300) this.seen.add(`${method} ${path}`)
    if (type !== 'application/json') return
    const pointer = ['paths', path, method.toLowerCase(), 'responses', status, 'content', type, 'schema']
    const validate = this.#validator(`api#/${pointer.map(escaped).join('/')}`)
    if (!validate(answer.body))
      throw new Error(`${method} ${path} ${answer.status}: ${this.#ajv.errorsText(validate.errors)}`)
  }

  #validator(reference: string): ValidateFunction {
    const known = this.#known.get(reference) ?? this.#ajv.compile({ $ref: reference })
    this.#known.set(reference, known)
    return known
  }
}

const escaped = (name: string): string => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))

async function contractOf(): Promise<Contract> {
  const response = await plane().fetch('GET', '/openapi.json')
  return new Contract((await response.json()) as { paths: Contract['paths'] })
}

/** Calls an operation, holds the answer against the document, and answers its data. */
async function held(
  contract: Contract,
  [method, path]: [string, string],
  at: string,
  init: RequestInit = {},
): Promise<Record<string, unknown>> {
  const response = await plane().fetch(method, at, init)
  const type = response.headers.get('content-type') ?? ''
  const isJson = type.startsWith('application/json')
  const body: unknown = isJson ? await response.json() : await response.bytes()
  contract.check(method, path, { status: response.status, type, body })
  return isJson ? ((body as { data: Record<string, unknown> }).data ?? {}) : {}
}

const json = (body: unknown): RequestInit => ({
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
})
const form = (fields: Record<string, string | Blob>): RequestInit => {
  const body = new FormData()
  for (const [name, value] of Object.entries(fields)) body.append(name, value)
  return { body }
}

/** Goes through everything an operator does. */
async function operate(contract: Contract): Promise<void> {
  const call = async (method: string, path: string, id?: unknown, init?: RequestInit) =>
    await held(contract, [method, path], path.replace(/\{\w+\}/, String(id)), init)
  const add = async (path: string, body: unknown) => (await call('POST', path, undefined, json(body)))['id']
  const change = async (path: string, id: unknown, body: unknown) => await call('PATCH', path, id, json(body))

  const agent = await plane().enrol('a')
  const session = await agent.connect({ custom: [capability()] })
  await call('POST', '/devices/enrolment-codes', undefined, json({}))
  await change('/devices/{id}', agent.deviceId, { name: 'renamed' })
  const accountId = Number((await call('GET', '/devices/{id}', agent.deviceId))['accountId'])
  await change('/accounts/{id}', accountId, { caps: { posts: 5 } })
  await call('POST', '/accounts/{id}/clear', accountId, json({ note: 'looked' }))

  const categoryId = await add('/material-categories', { name: 'a' })
  const picture = { file: new Blob([new Uint8Array(pngOf(8, 7))]), categoryId: String(categoryId) }
  const materialId = (await call('POST', '/materials', undefined, form(picture)))['id']
  await change('/materials/{id}', materialId, { name: 'b' })
  await change('/material-categories/{id}', categoryId, { name: 'b' })
  await call('GET', '/materials/{id}/file', materialId)
  const tagId = await add('/tags', { name: 'a' })
  await change('/tags/{id}', tagId, { name: 'b' })
  const customerId = await add('/customers', { accountId, nickname: 'a' })
  await change('/customers/{id}', customerId, { remark: 'r' })
  await call('POST', '/customers/tags', undefined, json({ customerIds: [customerId], add: [tagId] }))
  const csv = { file: new Blob(['nickname\nb\n\n']), accountId: String(accountId) }
  await call('POST', '/customers/import', undefined, form(csv))
  const template = { name: 'a', type: 'TEXT', content: 'hi {nickname}', variables: ['nickname'], materialIds: [] }
  const templateId = await add('/message/templates', template)
  await change('/message/templates/{id}', templateId, { name: 'b' })
  const userId = await add('/users', { username: 'b', password: 'a long password', role: 'viewer' })
  await change('/users/{id}', userId, { role: 'operator' })

  const moment = { content: 'a', devices: [agent.deviceId], images: [{ materialId }] }
  await call('POST', '/wechat/moments/tasks', undefined, json(moment))
  const command = await session.next('command')
  session.say(succeeded(command))
  await session.next('resultAck')
  const soon = { scheduledTime: new Date(clock.now().getTime() + 3_600_000).toISOString() }
  const receivers = { type: 'CUSTOMERS', customerIds: [customerId] }
  const message = { templateId, name: 'm', receivers, devices: [agent.deviceId], ...soon }
  const { taskId } = await call('POST', '/message/tasks', undefined, json(message))
  await held(contract, ['POST', '/message/tasks'], '/message/tasks?dryRun=true', json(message))
  for (const what of ['friends', 'groups'])
    await call('POST', `/wechat/${what}/sync`, undefined, json({ devices: [agent.deviceId], ...soon }))
  const note = { text: 'n', devices: [agent.deviceId], ...soon }
  const { taskId: noteId } = await call('POST', '/wechat/note-to-self', undefined, json(note))
  const label = { command: 'shop.print-label', payload: { text: 'a' } }
  const custom = { ...label, devices: [agent.deviceId], ...soon }
  const { taskId: customId } = await call('POST', '/custom/tasks', undefined, json(custom))
  const byHand = call('POST', '/devices/{id}/commands', agent.deviceId, json({ type: 'CUSTOM', ...label }))
  session.say(answered(await session.next('command'), { number: 1 }))
  await byHand
  const { id: copyId } = await call('POST', '/tasks/{id}/copy', taskId)
  await change('/tasks/{id}', taskId, { name: 'm2', params: { batchSize: 2 } })
  await call('POST', '/tasks/{id}/pause', taskId)
  await call('POST', '/tasks/{id}/resume', taskId)
  await call('POST', '/tasks/{id}/cancel', taskId)
  await call('POST', '/tasks/{id}/cancel', copyId)
  await call('DELETE', '/tasks/{id}', copyId)
  const switchId = await add('/kill-switches', { scope: 'DEVICE', id: agent.deviceId, reason: 'r' })
  await call('DELETE', '/kill-switches/{id}', switchId)
  await call('POST', '/devices/{id}/disable', agent.deviceId)
  await call('POST', '/devices/{id}/enable', agent.deviceId)

  await readAll(contract, {
    '/message/tasks': Number(taskId),
    '/wechat/note-to-self': Number(noteId),
    '/custom/tasks': Number(customId),
  })
  await call('DELETE', '/users/{id}', userId)
  await call('DELETE', '/message/templates/{id}', templateId)
  await call('DELETE', '/customers/{id}', customerId)
  await call('DELETE', '/tags/{id}', tagId)
  await call('DELETE', '/materials/{id}', materialId)
  await call('DELETE', '/material-categories/{id}', categoryId)
}

/** Every GET, with the first id there is of its kind. */
async function readAll(contract: Contract, ids: Readonly<Record<string, number>>): Promise<void> {
  for (const [path, item] of Object.entries(contract.paths)) {
    if (!item['get'] || path === '/ws' || 'servers' in item) continue
    const collection = Object.keys(ids).find((one) => path.startsWith(one)) ?? ''
    await held(contract, ['GET', path], path.replace(/\{\w+\}/, String(ids[collection] ?? 1)))
  }
}

test.serial('what the plane answers is what the document says', async (t) => {
  const contract = await contractOf()
  await operate(contract)
  for (const path of ['/healthz', '/readyz']) {
    const response = await fetch(`http://127.0.0.1:${plane().httpPort}${path}`)
    const type = response.headers.get('content-type') ?? ''
    contract.check('GET', path, { status: response.status, type, body: await response.json() })
  }
  const all = Object.entries(contract.paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((method) => method !== 'servers')
      .map((method) => `${method.toUpperCase()} ${path}`),
  )
  const unseen = all.filter((operation) => !contract.seen.has(operation))
  // Those that need a state this walk does not reach; each has tests of its own.
  t.deepEqual(unseen.toSorted(), [
    'DELETE /devices/{id}',
    'GET /evidence/{id}',
    'GET /metrics',
    'GET /wechat/groups/{id}',
    'GET /wechat/groups/{id}/members',
    'GET /ws',
    'POST /auth/login',
    'POST /auth/logout',
    'POST /auth/refresh',
    'POST /tasks/{id}/approve',
    'POST /tasks/{id}/reject',
    'POST /tasks/{id}/retry-failed',
  ])
})

test.serial('what the plane refuses is what the document says', async (t) => {
  const contract = await contractOf()
  const anonymous = { headers: { authorization: 'Bearer none' } }
  await held(contract, ['GET', '/tags'], '/tags', anonymous)
  await held(contract, ['GET', '/tags/{id}'], '/tags/987654')
  await held(contract, ['POST', '/tags'], '/tags', json({ colour: 'red' }))
  await held(contract, ['POST', '/auth/login'], '/auth/login', json({ username: 'admin', password: 'no' }))
  const login = { username: 'admin', password: 'correct horse battery staple' }
  const { refreshToken } = await held(contract, ['POST', '/auth/login'], '/auth/login', json(login))
  await held(contract, ['POST', '/auth/refresh'], '/auth/refresh', json({ refreshToken }))
  t.pass()
})

const operations = (contract: Contract): [string, Operation][] =>
  Object.entries(contract.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]),
  )

test.serial(
  'the document names the idempotency key of every POST that keeps one, and no body where there is none',
  async (t) => {
    const contract = await contractOf()
    for (const [name, { parameters = [], security, requestBody }] of operations(contract)) {
      const isKept = name.startsWith('post') && security === undefined
      const key = parameters.find((parameter) => parameter.in === 'header')
      t.is(key?.name, isKept ? 'Idempotency-Key' : undefined, name)
      if (/cancel|pause|resume|copy|logout|enable|disable|retry-failed/.test(name)) t.is(requestBody, undefined, name)
    }
    t.false(contract.paths['/devices/enrolment-codes']?.['post']?.requestBody?.required)
    t.true(contract.paths['/tags']?.['post']?.requestBody?.required)
  },
)

/** A patch leaves what it does not name; a default would not. */
test.serial('an empty change changes nothing, whatever is changed', async (t: ExecutionContext) => {
  const category = await plane().ok('POST', '/material-categories', { name: 'above' })
  const below = await plane().ok('POST', '/material-categories', { name: 'below', parentId: category['id'] })
  const before = plane().rows()
  for (const path of Object.keys((await contractOf()).paths))
    if ((await contractOf()).paths[path]?.['patch']) await plane().call('PATCH', path.replace(/\{\w+\}/, '1'), {})
  await plane().call('PATCH', `/material-categories/${Number(below['id'])}`, {})
  t.deepEqual(plane().rows(), before)
})
