import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { pino } from 'pino'
import { connectInProcess, ReconnectingDriver, startPhoneAgent, type Dispatch } from '@muster/agent'
import { startEmulator, type Emulator } from '@muster/emulator'
import { systemClock } from '@muster/sdk/agent'
import { messageTo, SYNC_CONTACTS } from '../support/commands.ts'
import { PHONES, PhoneRig } from '../support/phone-rig.ts'
import { momentCommand, ScriptedGateway } from '../support/scripted-gateway.ts'
import { within } from '../support/within.ts'

const FRIEND = { id: 'wxid_a', nickname: '甲' }
const HELLO = messageTo('在吗', { wechatId: 'wxid_a' })
/** Another phone with the same version of the app. */
const OTHER = { 'phone-1': 'phone-3', 'phone-2': 'phone-4' } as const

/** Shows the screen of another phone once it is told to, as if somebody else had signed in. */
function switching(emulator: Emulator, to: string): { dispatch: Dispatch; change: () => Promise<void> } {
  let session: string | undefined
  return {
    change: async () => {
      const made = await emulator.dispatch('POST', '/session', { capabilities: { alwaysMatch: { 'appium:udid': to } } })
      session = (made as { sessionId: string }).sessionId
    },
    dispatch: async (method, path, body) =>
      await emulator.dispatch(method, session ? path.replace(/^\/session\/[^/]+/, `/session/${session}`) : path, body),
  }
}

for (const phone of PHONES) {
  const on = (promise: string): string => `${phone}: ${promise}`

  test(on('an agent that started while nobody was signed in works once somebody is'), async (t) => {
    const rig = await PhoneRig.start(t, phone, { read: false })
    rig.emulator.addContacts(rig.owner, [FRIEND])
    rig.fault({ kind: 'LOGGED_OUT' })
    await rig.health.start()
    t.false((await rig.health.describe()).loggedIn)
    t.is(await rig.check(HELLO), 'not-now LOGIN_REQUIRED')
    await rig.emulator.dispatch('DELETE', `/phones/${phone}/faults`)
    await within(rig.changed, 60_000, () => 'the account to be noticed')
    t.is((await rig.health.describe()).wechatId, rig.owner)
    t.is(await rig.check(HELLO), 'taken')
    t.deepEqual((await rig.run(HELLO)).items, [['SUCCEEDED', '']])
  })

  test(on('no command is taken that cannot run: signed out, no nodes, another account'), async (t) => {
    const rig = await PhoneRig.start(t, phone)
    t.is(await rig.check(SYNC_CONTACTS), 'taken')
    for (const [kind, code] of [
      ['LOGGED_OUT', 'LOGIN_REQUIRED'],
      ['TREE_EMPTY', 'UI_TREE_EMPTY'],
    ] as const) {
      rig.fault({ kind, times: 1_000_000 })
      rig.clock.leap(60_000)
      t.is(await rig.check(SYNC_CONTACTS), `not-now ${code}`)
      await rig.emulator.dispatch('DELETE', `/phones/${phone}/faults`)
      rig.clock.leap(60_000)
      t.is(await rig.check(SYNC_CONTACTS), 'taken', `after ${kind}`)
    }
    t.is(await rig.check(SYNC_CONTACTS, 'wxid_somebody_else'), 'not-now LOGIN_REQUIRED')
    t.is(await rig.check(SYNC_CONTACTS, ''), 'taken', 'one that is for whoever is signed in')
  })

  test(on('what was meant for one account is not done by another that signed in since'), async (t) => {
    let change = async (): Promise<void> => undefined
    const rig = await PhoneRig.start(t, phone, {
      dispatch: (emulator) => {
        const other = switching(emulator, OTHER[phone])
        change = other.change
        return other.dispatch
      },
    })
    const { wechatId } = rig.emulator.phones().find(({ id }) => id === OTHER[phone]) ?? { wechatId: '' }
    rig.emulator.addContacts(rig.owner, [FRIEND])
    rig.emulator.addContacts(wechatId, [FRIEND])
    await change()
    t.is(await rig.check(HELLO), 'taken')
    for (const command of [HELLO, SYNC_CONTACTS]) {
      const { items, reasons } = await rig.run(command)
      t.deepEqual(items, [['FAILED', 'LOGIN_REQUIRED']], reasons)
    }
    await within(rig.changed, 60_000, () => 'the account to be noticed')
    t.is((await rig.health.describe()).wechatId, wechatId)
    t.is(await rig.check(HELLO), 'not-now LOGIN_REQUIRED', 'though the plane has heard of the other since')
    for (const command of [HELLO, SYNC_CONTACTS]) {
      const { items, reasons } = await rig.run(command)
      t.deepEqual(items, [['FAILED', 'LOGIN_REQUIRED']], reasons)
    }
    t.deepEqual(rig.emulator.world().messages, [])
    t.is(await rig.check(HELLO, wechatId), 'taken')
    t.deepEqual((await rig.run(HELLO, wechatId)).items, [['SUCCEEDED', '']])
    t.deepEqual(
      rig.emulator.world().messages.map(({ from, to }) => [from, to]),
      [[wechatId, 'wxid_a']],
    )
  })
}

test('a Hello carries the account on the phone: at each session, and anew when it changed', async (t) => {
  const emulator = await startEmulator({ phones: 4, port: 0 })
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  const gateway = await ScriptedGateway.start(dir)
  const leaving = new AbortController()
  const log = pino({ level: 'silent' })
  const { dispatch, change } = switching(emulator, 'phone-3')
  const driver = await ReconnectingDriver.open(async () => await connectInProcess(dispatch, 'phone-1'), {
    clock: systemClock,
    log,
    signal: leaving.signal,
  })
  await gateway.identity()
  const agent = await startPhoneAgent({
    config: {
      directory: join(dir, 'identity'),
      planeAddress: gateway.address,
      webDriverUrl: '',
      udid: 'phone-1',
      deviceName: 'phone-1',
      enrolmentCode: undefined,
      rulesAccepted: false,
      faultPoint: undefined,
      logLevel: 'silent',
    },
    driver,
    log,
    signal: leaving.signal,
  })
  t.teardown(async () => {
    leaving.abort()
    await agent.stop()
    gateway.close()
    await emulator.close()
    rmSync(dir, { recursive: true, force: true })
  })
  const first = await gateway.session()
  t.is(first.hello.account?.wechatId, 'wxid_phone1')
  first.welcome()
  await change()
  first.say({ $case: 'command', value: { ...momentCommand('c1'), accountWechatId: 'wxid_phone1' } })
  const second = await gateway.session()
  t.is(second.hello.account?.wechatId, 'wxid_phone3')
  second.welcome([{ commandId: 'c1', action: 'RESUME_ACTION_SEND_RESULT' }])
  const result = await second.next('result')
  t.deepEqual([result.status, result.code], ['COMMAND_STATUS_FAILED', 'LOGIN_REQUIRED'])
  t.deepEqual(emulator.world().moments, [])
})
