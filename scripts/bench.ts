import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Child } from './bench/child.ts'
import { freePort, Stage } from './bench/stage.ts'

/*
 * What Muster costs, beside the raw limit of the same machine in the same run. Absolute numbers say more about the
 * machine than about Muster; the shares are what to compare. Every part (plane, fleet, raw server, raw client,
 * emulator, this driver) is a process of its own, so on a machine with few cores they also compete: a share is then
 * what is left of the cores, as it would be for a plane that shares its machine.
 *
 * raw          grpc-js bidi streams over TLS, one connection each, a Command down and a CommandResult up, 16 in flight
 *              per stream, no database, no journal. This is the limit the plane's rate is divided by. A third as many go
 *              before to warm up.
 * through      Moments tasks for all phones at once: REST, plan, SQLite, dispatch, journal in memory, RECEIVED to
 *              RESULT, recorded and acknowledged, until the last task has ended. Commands divided by that time; as many go
 *              before to warm up, and their rate is told beside.
 * to RECEIVED  from before the POST of a task for one phone, one at a time, until the phone has it in its journal and
 *              begins. Wall clocks of two processes on one machine.
 * memory       growth of the process's resident memory divided by the number of sessions (or phones). The garbage
 *              collector is left alone, so this is an upper bound.
 * planning     a message task by TAG for every customer: from the POST until the task is PROCESSING, which is after all
 *              items and commands are stored.
 * storm        the plane is killed with kill -9 and started again; from its being ready until every phone has a
 *              session again. Phones wait with full jitter up to 10 s, so that is most of it.
 * emulator     GET /source and a find by XPath in turn, 8 sessions at once, beside a bare HTTP server that answers a
 *              body of the same size to the same client.
 */
const HELP = `Usage: npm run bench -- [options]

  --phones <n>       phones of the large fleet (default 1000)
  --customers <n>    customers of the planned task (default 100000)
  --help             this text
`
const SMALL_FLEET = 100
const COMMANDS = 3000
const WINDOW = 16
const LATENCIES = 300
const EMULATED = 200

const { values } = parseArgs({
  options: {
    phones: { type: 'string', default: '1000' },
    customers: { type: 'string', default: '100000' },
    help: { type: 'boolean', default: false },
  },
})

const say = (what: string, value: string): void => {
  process.stdout.write(`${what.padEnd(58)}${value}\n`)
}
const per = (amount: number, seconds: number): string => `${Math.round(amount / seconds).toLocaleString('en')}/s`
const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

/** Round trips per second of bare streams, and KiB of the server for each idle one. */
async function rawLimit(streams: number): Promise<{ rate: number; kibPerStream: number }> {
  const dir = mkdtempSync(join(tmpdir(), 'muster-bench-'))
  const server = await Child.start('scripts/bench/raw-server.ts')
  const client = await Child.start('scripts/bench/raw-client.ts')
  try {
    const { port, fingerprint } = await server.call<{ port: number; fingerprint: string }>('listen', join(dir, 'ca'))
    const before = server.rssKib()
    const options = { address: `127.0.0.1:${port}`, dir: join(dir, 'id'), code: `raw.${fingerprint}`, count: streams }
    await client.call('connect', options)
    while ((await server.call<number>('streams')) < streams);
    const kibPerStream = (server.rssKib() - before) / streams
    await server.call('pump', { total: COMMANDS, window: WINDOW })
    const seconds = await server.call<number>('pump', { total: COMMANDS * 3, window: WINDOW })
    return { rate: (COMMANDS * 3) / seconds, kibPerStream }
  } finally {
    await Promise.all([server.end(), client.end()])
    rmSync(dir, { recursive: true, force: true })
  }
}

async function momentTask(stage: Stage, devices: number[], content: string): Promise<number> {
  const created = await stage.muster.post('/wechat/moments/tasks', { body: { content, devices } })
  if (!('taskId' in created)) throw new Error('asked for a task and got a dry run')
  return created.taskId
}

/** Commands per second through everything. */
async function throughput(stage: Stage): Promise<number> {
  const devices = await stage.deviceIds()
  const tasks = Math.max(1, Math.round(COMMANDS / devices.length))
  const began = performance.now()
  const ids: number[] = []
  for (let count = 0; count < tasks; count++)
    ids.push(await momentTask(stage, devices, `a Moment of the bench ${count}`))
  for (const id of ids) {
    const task = await stage.muster.waitForTask(id, { pollMs: 20 })
    if (task.status !== 'COMPLETED') throw new Error(`task ${id} ended ${task.status}: ${JSON.stringify(task.counts)}`)
  }
  return (tasks * devices.length) / ((performance.now() - began) / 1000)
}

/** Milliseconds from the call to the phone, sorted. */
async function latencies(stage: Stage): Promise<number[]> {
  const devices = await stage.deviceIds()
  const seen = new Map<string, PromiseWithResolvers<number>>()
  stage.fleet.onMessage((message) => {
    const { seen: text, at } = message as { seen?: string; at: number }
    if (text) seen.get(text)?.resolve(at)
  })
  const found: number[] = []
  for (let count = 0; count < LATENCIES; count++) {
    const text = `latency ${stage.phones} ${count}`
    const arrival = Promise.withResolvers<number>()
    seen.set(text, arrival)
    const began = performance.timeOrigin + performance.now()
    await momentTask(stage, [devices[count % devices.length] ?? 0], text)
    found.push((await arrival.promise) - began)
  }
  return found.sort((a, b) => a - b)
}

async function fleet(stage: Stage, raw: { rate: number; kibPerStream: number }): Promise<void> {
  const n = stage.phones
  const cold = await throughput(stage)
  const rate = await throughput(stage)
  say(
    `commands through the whole plane, ${n} phones`,
    `${per(rate, 1)} = ${percent(rate, raw.rate)} of raw ${per(raw.rate, 1)} (${per(cold, 1)} before it was warm)`,
  )
  const ms = await latencies(stage)
  say(
    `REST call to RECEIVED, ${n} phones`,
    `p50 ${quantile(ms, 0.5).toFixed(1)} ms, p99 ${quantile(ms, 0.99).toFixed(1)} ms`,
  )
}

async function planning(stage: Stage, customers: number): Promise<void> {
  const devices = (await stage.deviceIds()).slice(0, SMALL_FLEET)
  const sync = await stage.muster.post('/wechat/friends/sync', { body: { devices } })
  if (!('taskId' in sync)) throw new Error('asked for a task and got a dry run')
  await stage.muster.waitForTask(sync.taskId)
  const customerIds: number[] = []
  for await (const customer of stage.muster.pages('/customers')) customerIds.push(customer.id)
  const tag = await stage.muster.post('/tags', { body: { name: 'everybody' } })
  for (let from = 0; from < customerIds.length; from += 1000) {
    const some = customerIds.slice(from, from + 1000)
    await stage.muster.post('/customers/tags', { body: { customerIds: some, add: [tag.id], remove: [] } })
  }
  const template = await stage.muster.post('/message/templates', {
    body: { name: 'hello', type: 'TEXT', content: 'Hello {nickname}', variables: ['nickname'], materialIds: [] },
  })
  const receivers = { type: 'TAG' as const, tagIds: [tag.id], groupIds: [], customerIds: [] }
  const began = performance.now()
  const created = await stage.muster.post('/message/tasks', {
    body: { name: 'everybody', templateId: template.id, receivers, variables: {}, devices, intervalSeconds: 60 },
  })
  const stored = performance.now()
  if (!('taskId' in created)) throw new Error('asked for a task and got a dry run')
  for (let status = ''; status !== 'PROCESSING';) {
    ;({ status } = await stage.muster.get('/tasks/{id}', { params: { path: { id: created.taskId } } }))
    if (status === 'FAILED' || status === 'CANCELLED') throw new Error(`the planned task ended ${status}`)
  }
  const seconds = (performance.now() - began) / 1000
  say(
    `plan and store a message task for ${customerIds.length.toLocaleString('en')} customers`,
    `${seconds.toFixed(1)} s (${((stored - began) / 1000).toFixed(1)} s until the answer), ${per(customerIds.length, seconds)}`,
  )
  if (customerIds.length < customers) say('  fewer than asked for', String(customers))
  await stage.muster.post('/tasks/{id}/cancel', { params: { path: { id: created.taskId } } })
}

async function storm(stage: Stage): Promise<void> {
  const before = await stage.fleet.call<number>('connections')
  await stage.plane.end('SIGKILL')
  await stage.startPlane()
  const began = performance.now()
  while ((await stage.fleet.call<number>('connections')) < before + stage.phones);
  say(`storm: all ${stage.phones} phones reconnect`, `${((performance.now() - began) / 1000).toFixed(1)} s`)
}

async function emulator(): Promise<void> {
  const port = await freePort()
  const one = await Child.start('emulator/src/main.ts', { args: ['--phones', '1', '--port', String(await freePort())] })
  const many = await Child.start('emulator/src/main.ts', {
    args: ['--phones', String(EMULATED), '--port', String(port)],
  })
  const raw = await Child.start('scripts/bench/raw-server.ts')
  try {
    const url = `http://127.0.0.1:${port}`
    const sessions = await Promise.all(Array.from({ length: 8 }, async (_, index) => await session(url, index + 1)))
    const source = await (await fetch(`${url}/session/${sessions[0]}/source`)).text()
    const find = JSON.stringify({ using: 'xpath', value: '//*[@text="通讯录"]' })
    const pair = (id: string) => async () => {
      await (await fetch(`${url}/session/${id}/source`)).arrayBuffer()
      await (await fetch(`${url}/session/${id}/element`, { method: 'POST', body: find })).arrayBuffer()
    }
    const bare = `http://127.0.0.1:${await raw.call<number>('http', Buffer.byteLength(source))}/`
    const plain = () => async () => {
      await (await fetch(bare)).arrayBuffer()
      await (await fetch(bare, { method: 'POST', body: find })).arrayBuffer()
    }
    const limit = await rateOf(sessions.map(plain))
    const rate = await rateOf(sessions.map(pair))
    say('emulator commands', `${per(rate, 1)} = ${percent(rate, limit)} of a bare HTTP server's ${per(limit, 1)}`)
    say('emulator memory per phone', `${((many.rssKib() - one.rssKib()) / (EMULATED - 1)).toFixed(0)} KiB`)
  } finally {
    await Promise.all([one.end(), many.end(), raw.end()])
  }
}

async function session(url: string, phone: number): Promise<string> {
  const capabilities = { alwaysMatch: { platformName: 'Android', 'appium:udid': `phone-${phone}` } }
  const response = await fetch(`${url}/session`, { method: 'POST', body: JSON.stringify({ capabilities }) })
  return ((await response.json()) as { value: { sessionId: string } }).value.sessionId
}

/** Requests per second of clients that each send pairs of requests, one after the other; the first tenth warms up. */
async function rateOf(clients: readonly (() => Promise<void>)[]): Promise<number> {
  const pairs = async (count: number): Promise<void> => {
    await Promise.all(
      clients.map(async (client) => {
        for (let index = 0; index < count; index++) await client()
      }),
    )
  }
  await pairs(30)
  const began = performance.now()
  await pairs(300)
  return (clients.length * 600) / ((performance.now() - began) / 1000)
}

if (values.help) process.stdout.write(HELP)
else {
  const [phones, customers] = [Number(values.phones), Number(values.customers)]
  const rawSmall = await rawLimit(SMALL_FLEET)
  const rawLarge = await rawLimit(phones)
  const stage = await Stage.start()
  try {
    await stage.grow(SMALL_FLEET, Math.ceil(customers / SMALL_FLEET))
    await fleet(stage, rawSmall)
    const before = stage.plane.rssKib()
    await stage.grow(phones)
    const grown = (stage.plane.rssKib() - before) / (phones - SMALL_FLEET)
    say(
      'memory per connected agent',
      `${grown.toFixed(0)} KiB; raw idle stream ${rawLarge.kibPerStream.toFixed(0)} KiB`,
    )
    await fleet(stage, rawLarge)
    await planning(stage, customers)
    await storm(stage)
  } finally {
    await stage.stop()
  }
  await emulator()
}
