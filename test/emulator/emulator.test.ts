import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { startEmulator, type Emulator } from '@muster/emulator'

interface Answer {
  readonly status: number
  readonly value: {
    error?: string
    message?: string
    sessionId?: string
    capabilities?: Record<string, unknown>
  } | null
}

async function webdriver(emulator: Emulator, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${emulator.url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, value: ((await response.json()) as Answer).value }
}

async function started(t: ExecutionContext, options: Parameters<typeof startEmulator>[0]): Promise<Emulator> {
  const emulator = await startEmulator({ port: 0, ...options })
  t.teardown(async () => await emulator.close())
  return emulator
}

async function session(emulator: Emulator, phone = 'phone-1'): Promise<string> {
  const capabilities = { alwaysMatch: { platformName: 'Android', 'appium:udid': phone } }
  const { value } = await webdriver(emulator, 'POST', '/session', { capabilities })
  return `/session/${value?.sessionId}`
}

test('it speaks W3C WebDriver, with its errors', async (t) => {
  const emulator = await started(t, { phones: 1, seed: 1 })
  const at = await session(emulator)
  const error = async (method: string, path: string, body?: unknown) => {
    const { status, value } = await webdriver(emulator, method, path, body)
    return [status, value?.error]
  }
  const find = { using: 'xpath', value: '//*[@text="nobody has this text"]' }
  t.deepEqual(await error('POST', `${at}/element`, find), [404, 'no such element'])
  t.deepEqual(await error('POST', `${at}/element`, { using: 'xpath', value: '//[' }), [400, 'invalid selector'])
  t.deepEqual(await error('POST', `${at}/element/unknown/click`, {}), [404, 'no such element'])
  t.deepEqual(await error('GET', '/session/unknown/source'), [404, 'invalid session id'])
  t.deepEqual(await error('GET', `${at}/nowhere`), [404, 'unknown command'])
  t.deepEqual(await error('POST', `${at}/element`, { using: 'xpath' }), [400, 'invalid argument'])
  const unknown = { capabilities: { alwaysMatch: { platformName: 'Android', 'appium:udid': 'phone-99' } } }
  t.deepEqual(await error('POST', '/session', unknown), [500, 'session not created'])
})

test('the same seed gives the same world, another seed another one', async (t) => {
  const worlds = await Promise.all(
    [7, 7, 8].map(async (seed) => {
      const { accounts } = (await started(t, { phones: 3, seed })).world()
      return JSON.stringify(accounts)
    }),
  )
  t.is(worlds[0], worlds[1])
  t.not(worlds[0], worlds[2])
})

test('the world outlives the emulator', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }))
  const first = await startEmulator({ phones: 2, seed: 3, port: 0, dataDir })
  const [owner] = first.phones()
  first.addContacts(owner?.wechatId ?? '', [{ id: 'wxid_friend', nickname: '朋友 "x" 😀' }])
  const before = first.world()
  await first.close()
  const second = await started(t, { phones: 2, seed: 3, dataDir })
  t.deepEqual(second.world(), before)
})

test('a fault happens as often as ordered, and no more', async (t) => {
  const emulator = await started(t, { phones: 1, seed: 1 })
  const at = await session(emulator)
  emulator.addFault('phone-1', { kind: 'HTTP_ERROR', times: 2, after: 1 })
  const statuses: number[] = []
  for (let count = 0; count < 5; count++) statuses.push((await webdriver(emulator, 'GET', `${at}/source`)).status)
  t.deepEqual(statuses, [200, 500, 500, 200, 200])
})

test('its control port names what is wrong', async (t) => {
  const emulator = await started(t, { phones: 1, seed: 1 })
  const [phone] = emulator.phones()
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${emulator.url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return [response.status, await response.text()] as const
  }
  const [unknown, why] = await call('POST', '/phones/phone-99/offline')
  t.is(unknown, 404)
  t.regex(why, /phone-99/)
  const [bad, field] = await call('POST', `/phones/${phone?.id}/faults`, { kind: 'EARTHQUAKE' })
  t.is(bad, 400)
  t.regex(field, /kind/)
  t.is((await call('POST', `/world/accounts/nobody/contacts`, { contacts: [] }))[0], 404)
})

async function cli(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const main = join(import.meta.dirname, '../../emulator/bin/muster-emulator.mjs')
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
    // It says where it is once it can be used.
    if (/http:/.test(out)) child.kill('SIGTERM')
  })
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, out, err }
}

test('its command line helps, names a wrong option, and stops cleanly on SIGTERM', async (t) => {
  const help = await cli('--help')
  t.is(help.code, 0)
  t.regex(help.out, /--phones <n>/)
  const wrong = await cli('--phones', 'many')
  t.is(wrong.code, 78)
  t.regex(wrong.err, /phones/)
  const good = await cli('--phones', '2', '--seed', '7', '--port', '0')
  t.is(good.code, 0, good.err)
  t.regex(good.out, /2 emulated phones at http:/)
})
