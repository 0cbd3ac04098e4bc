import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import { startAgents } from './agents.ts'
import type { PartSpec } from './managed-process.ts'
import { agentPart, emulatorPart, planePart } from './parts.ts'
import { readyBanner } from './banner.ts'
import { checkPorts, readSettings } from './settings.ts'

const settings = readSettings({ MUSTER_DATA_DIR: '/nowhere/muster' })
const PHONES = ['phone-1', 'phone-2', 'phone-3', 'phone-4', 'phone-5', 'phone-6']

/** Parts that start when the test says so. */
class Stage {
  readonly starts = new Map<string, PromiseWithResolvers<void>>()
  readonly ask = async (): Promise<Record<string, unknown>> => ({ code: 'a code' })
  readonly start = async ({ name }: PartSpec): Promise<void> => {
    const start = Promise.withResolvers<void>()
    this.starts.set(name, start)
    await start.promise
  }
}

test('agents start some at a time; one that gets nowhere keeps none of the others and is told', async (t) => {
  const stage = new Stage()
  const { signal } = new AbortController()
  const agents = startAgents({ settings, supervisor: stage, signal }, PHONES, 1000)
  t.is(stage.starts.size, 4)
  for (const id of ['phone-2', 'phone-3', 'phone-4', 'phone-5', 'phone-6']) {
    while (!stage.starts.has(`agent-${id}`)) await setImmediate()
    stage.starts.get(`agent-${id}`)?.resolve()
  }
  stage.starts.get('agent-phone-1')?.reject(new Error('agent-phone-1 was not ready within 60 s'))
  const troubles = await agents
  t.deepEqual(troubles, ['agent-phone-1 was not ready within 60 s'])
  t.true(readyBanner(settings, false, troubles).includes('\n  Warning   agent-phone-1 was not ready within 60 s\n'))
  t.false(readyBanner(settings, false, []).includes('Warning'))
})

test('no phones need no agents', async (t) => {
  const { signal } = new AbortController()
  t.deepEqual(await startAgents({ settings, supervisor: new Stage(), signal }, [], 1000), [])
})

test('agents that are asked to stop while they start are not reported as ready', async (t) => {
  const stage = new Stage()
  const stop = new AbortController()
  const agents = startAgents({ settings, supervisor: stage, signal: stop.signal }, ['phone-1'], 1000)
  stop.abort()
  stage.starts.get('agent-phone-1')?.resolve()
  await t.throwsAsync(agents)
})

test('secrets and foreign networks stay out of the environment of parts that need none', async (t) => {
  const given = { PATH: '/bin', MUSTER_ADMIN_PASSWORD: 'the secret', HTTP_PROXY: 'http://far', no_proxy: '127.0.0.1' }
  const own = readSettings({ ...given, MUSTER_DATA_DIR: '/nowhere/muster', MUSTER_LOG_LEVEL: 'debug' })
  const agent = await agentPart(own, 'phone-1', async () => 'a code').environment()
  const emulator = await emulatorPart(own).environment()
  const plane = await planePart(own).environment()
  for (const environment of [agent, emulator]) {
    t.is(environment['PATH'], '/bin')
    for (const name of ['MUSTER_ADMIN_PASSWORD', 'HTTP_PROXY', 'no_proxy']) t.is(environment[name], undefined, name)
  }
  t.is(agent['MUSTER_ENROLMENT_CODE'], 'a code')
  t.is(agent['MUSTER_LOG_LEVEL'], 'debug')
  t.is(plane['MUSTER_ADMIN_PASSWORD'], 'the secret')
})

test('an agent reaches the plane where it listens', async (t) => {
  const urlWith = async (host: string): Promise<string | undefined> => {
    const own = readSettings({ MUSTER_HOST: host, MUSTER_GRPC_PORT: '9' })
    return (await agentPart(own, 'phone-1', async () => 'a code').environment())['MUSTER_PLANE_URL']
  }
  t.deepEqual(await Promise.all(['', '0.0.0.0', '10.0.0.7', '::', '::1'].map(urlWith)), [
    '127.0.0.1:9',
    '127.0.0.1:9',
    '10.0.0.7:9',
    '127.0.0.1:9',
    '[::1]:9',
  ])
})

test('a port that is taken is named with the setting that changes it', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const free = { ...settings, emulatorPort: 0, httpPort: 0, grpcPort: 0 }
  const taking = [
    ['MUSTER_EMULATOR_PORT', { emulatorPort: port }],
    ['MUSTER_HTTP_PORT', { httpPort: port }],
    ['MUSTER_GRPC_PORT', { grpcPort: port }],
  ] as const
  for (const [variable, setting] of taking) {
    await t.throwsAsync(checkPorts({ ...free, ...setting }), {
      message: `port ${port} is in use: end the program that listens there, or set ${variable}`,
    })
  }
  await t.notThrowsAsync(checkPorts(free))
})

test('a wrong number is refused by name', (t) => {
  t.throws(() => readSettings({ MUSTER_PHONES: 'many' }), {
    message: 'MUSTER_PHONES is "many"; give a whole number from 0 to 500',
  })
  t.is(readSettings({ MUSTER_PHONES: '0' }).phones, 0)
})
