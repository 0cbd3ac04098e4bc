import test from 'ava'
import { connectInProcess, connectWebDriver, DriverFailure, type OpenDriver } from '@muster/agent'
import { startEmulator, type Emulator } from '@muster/emulator'
import { messageTo, SYNC_CONTACTS } from '../support/commands.ts'
import { ownPort } from '../support/own-port.ts'
import { PHONES, PhoneRig } from '../support/phone-rig.ts'

const FRIEND = { id: 'wxid_a', nickname: '甲' }
const HELLO = messageTo('在吗', { wechatId: 'wxid_a' })

/** Refuses to open a session, after the first one, as often as a test says. */
function refusing(phone: string, times: { left: number }): (emulator: Emulator) => OpenDriver {
  let opened = 0
  return (emulator) => async () => {
    if (opened > 0 && times.left-- > 0) throw new DriverFailure('connect ECONNREFUSED', { sessionLost: true })
    opened++
    return await connectInProcess(async (method, path, body) => await emulator.dispatch(method, path, body), phone)
  }
}

async function endSessions(emulator: Emulator): Promise<void> {
  const sessions = (await emulator.dispatch('GET', '/sessions')) as { id: string }[]
  for (const { id } of sessions) await emulator.dispatch('DELETE', `/session/${id}`)
}

for (const phone of PHONES) {
  const on = (promise: string): string => `${phone}: ${promise}`

  test(on('a session that is lost in the middle of a command is opened anew, and nothing happens twice'), async (t) => {
    for (let at = 3; at < 60; at += 8) {
      let calls = 0
      const rig = await PhoneRig.start(t, phone, {
        dispatch: (emulator) => async (method, path, body) => {
          if (!path.startsWith('/phones') && ++calls === at + 40) await endSessions(emulator)
          return await emulator.dispatch(method, path, body)
        },
      })
      rig.emulator.addContacts(rig.owner, [FRIEND])
      const { items, reasons } = await rig.run(HELLO)
      t.deepEqual(rig.sent, items[0]?.[0] === 'SUCCEEDED' ? ['wxid_a: 在吗'] : [], `at ${at}: ${reasons}`)
      t.not(items[0]?.[0], 'UNKNOWN_EFFECT', `at ${at}`)
      const { items: later } = await rig.run(SYNC_CONTACTS)
      t.deepEqual(later, [['SUCCEEDED', '']], `at ${at}`)
    }
  })

  test(on('no command is taken while the phone is away, and one that was taken waits for it'), async (t) => {
    const times = { left: 0 }
    const rig = await PhoneRig.start(t, phone, { open: refusing(phone, times) })
    rig.emulator.addContacts(rig.owner, [FRIEND])
    times.left = 20
    await endSessions(rig.emulator)
    rig.clock.leap(60_000)
    t.is(await rig.check(HELLO), 'not-now DEVICE_UNREACHABLE')
    const waited = await rig.run(HELLO)
    t.deepEqual(waited.items, [['SUCCEEDED', '']], waited.reasons)
    t.true(times.left <= 0)
    t.is(await rig.check(HELLO), 'taken')
  })

  test(on('a phone that stays away ends an item and no account'), async (t) => {
    const times = { left: 0 }
    const rig = await PhoneRig.start(t, phone, { open: refusing(phone, times) })
    times.left = 1_000_000
    await endSessions(rig.emulator)
    const { items } = await rig.run(HELLO)
    t.deepEqual(items, [['FAILED', 'DEVICE_UNREACHABLE']])
  })

  test(on('an agent outlives the death of the driver’s server'), async (t) => {
    const port = await ownPort(t)
    const rig = await PhoneRig.start(t, phone, {
      port,
      open: (emulator) => {
        const { url } = emulator
        return async () => await connectWebDriver({ url, udid: phone })
      },
    })
    await rig.emulator.close()
    rig.clock.leap(60_000)
    t.is(await rig.check(HELLO), 'not-now DEVICE_UNREACHABLE')
    const again = await startEmulator({ phones: 4, port })
    t.teardown(async () => await again.close())
    again.addContacts(rig.owner, [FRIEND])
    const { items, reasons } = await rig.run(HELLO)
    t.deepEqual(items, [['SUCCEEDED', '']], reasons)
    t.deepEqual(
      again.world().messages.map(({ to, text }) => [to, text]),
      [['wxid_a', '在吗']],
    )
  })
}
