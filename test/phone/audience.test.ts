import test from 'ava'
import { messageTo, momentFor } from '../support/commands.ts'
import { PHONES, PhoneRig } from '../support/phone-rig.ts'

const people = (count: number, name: (index: number) => string, id = (index: number) => `wxid_c${index}`) =>
  Array.from({ length: count }, (_, index) => ({ id: id(index), nickname: name(index) }))
const seenBy = (rig: PhoneRig) => rig.emulator.world().moments.map(({ text, visibility }) => [text, visibility])
const only = (...contacts: string[]) => ({ type: 'INCLUDE' as const, contacts })

for (const phone of PHONES) {
  const on = (promise: string): string => `${phone}: ${promise}`

  test(on('a Moment is for exactly those it was meant for, by WeChat id, wherever they stand'), async (t) => {
    const rig = await PhoneRig.start(t, phone)
    // Ten ids that begin with the wanted one come before it.
    const longer = people(
      12,
      (index) => `n${index}`,
      (index) => `wxid_c1${index}`,
    )
    rig.emulator.addContacts(rig.owner, [...longer, { id: 'wxid_c1', nickname: 'x' }, { id: 'wxid_d', nickname: 'y' }])
    const audience = [
      { wechatId: 'wxid_c1' },
      { wechatId: 'wxid_d' },
      { wechatId: 'wxid_c111' },
      { wechatId: 'wxid_d' },
    ]
    const ended = await rig.run(momentFor('新品', 'INCLUDE', audience))
    t.deepEqual(ended.items, [['SUCCEEDED', '']], ended.reasons)
    t.deepEqual(seenBy(rig), [['新品', only('wxid_c1', 'wxid_d', 'wxid_c111')]])
  })

  test(on('somebody of an audience who is known by name alone is verified before the tick'), async (t) => {
    const rig = await PhoneRig.start(t, phone)
    rig.emulator.addContacts(rig.owner, [
      ...people(12, (index) => `王${index}`),
      { id: 'wxid_w', nickname: '王' },
      { id: 'wxid_hidden', nickname: '李', hideId: true },
      // Called by one's own remark what somebody else calls himself.
      { id: 'wxid_stranger', nickname: '别人', remark: '小李' },
      { id: 'wxid_twin1', nickname: '小张', hideId: true },
      ...people(
        12,
        (index) => `小张${index}`,
        (index) => `wxid_z${index}`,
      ),
      { id: 'wxid_twin2', nickname: '小张', hideId: true },
    ])
    const good = await rig.run(momentFor('一', 'INCLUDE', [{ nickname: '王' }, { nickname: '李' }]))
    t.deepEqual(good.items, [['SUCCEEDED', '']], good.reasons)
    const stranger = await rig.run(momentFor('二', 'INCLUDE', [{ nickname: '小李' }]))
    t.deepEqual(stranger.items, [['FAILED', 'CONTACT_NOT_FOUND']], stranger.reasons)
    const twins = await rig.run(momentFor('三', 'EXCLUDE', [{ nickname: '小张' }]))
    t.deepEqual(twins.items, [['FAILED', 'CONTACT_AMBIGUOUS']], twins.reasons)
    t.deepEqual(seenBy(rig), [['一', only('wxid_w', 'wxid_hidden')]])
  })

  test(on('an audience of nobody ends its item alone, and nobody left out means everybody'), async (t) => {
    const rig = await PhoneRig.start(t, phone)
    const nobody = await rig.run(momentFor('一', 'INCLUDE'))
    t.deepEqual(nobody.items, [['FAILED', 'CONTACT_NOT_FOUND']], nobody.reasons)
    const everybody = await rig.run(momentFor('二', 'EXCLUDE'))
    t.deepEqual(everybody.items, [['SUCCEEDED', '']], everybody.reasons)
    t.deepEqual(seenBy(rig), [['二', 'ALL']])
  })

  test(on('a text is published and sent as it stands, or its item ends alone'), async (t) => {
    // What the composer says where nothing was written yet.
    let hint = ''
    const rig = await PhoneRig.start(t, phone, {
      dispatch: (emulator) => async (method, path, body) => {
        const answer = await emulator.dispatch(method, path, body)
        if (path.endsWith('/source')) hint = /hint="(这一刻[^"]+)"/.exec(String(answer))?.[1] ?? hint
        return answer
      },
    })
    rig.emulator.addContacts(rig.owner, [{ id: 'wxid_a', nickname: '甲\u2028乙' }])
    await rig.run(momentFor('新品', 'ALL'))
    t.not(hint, '')
    for (const text of ['a\u2028b', 'a\u2029b', 'a\u0085b', 'a\r\nb\tc\u00a0', hint]) {
      const said = JSON.stringify(text)
      const sent = await rig.run(messageTo(text, { wechatId: 'wxid_a', nickname: '甲\u2028乙' }))
      t.deepEqual(sent.items, [['SUCCEEDED', '']], `${said}: ${sent.reasons}`)
      const posted = await rig.run(momentFor(text, 'ALL'))
      t.deepEqual(posted.items, [['SUCCEEDED', '']], `${said}: ${posted.reasons}`)
      t.is(rig.sent.at(-1), `wxid_a: ${text}`)
      t.is(rig.emulator.world().moments.at(-1)?.text, text)
    }
    const before = rig.emulator.world().effects.length
    const unwritable = [
      messageTo('a\u000bb', { wechatId: 'wxid_a' }),
      momentFor('a\u001fb', 'ALL'),
      // Whether it was written under the picture does not show.
      momentFor(hint, 'ALL', [], [rig.picture(7)]),
    ]
    for (const payload of unwritable) {
      const { items, reasons } = await rig.run(payload)
      t.deepEqual(items, [['FAILED', 'UNSUPPORTED']], reasons)
    }
    t.is(rig.emulator.world().effects.length, before)
  })
}
