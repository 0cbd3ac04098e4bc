import test from 'ava'
import type { Emulator } from '@muster/emulator'
import type { CommandPayload } from '@muster/proto'
import { like, messageTo } from '../support/commands.ts'
import { PHONES, PhoneRig, type RigOptions } from '../support/phone-rig.ts'

const people = (count: number, name: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => ({ id: `wxid_c${index}`, nickname: name(index) }))
const group = (nickname: string, memberCount: number) => ({ nickname, isGroup: true, memberCount })

for (const phone of PHONES) {
  const on = (promise: string): string => `${phone}: ${promise}`

  test(on('a group is written to that has the wanted size, however far down the results it stands'), async (t) => {
    const rig = await PhoneRig.start(t, phone)
    rig.emulator.addContacts(
      rig.owner,
      people(12, (index) => `客户群${index}`),
    )
    await rig.group('客户群', ['wxid_c0', 'wxid_c1'])
    const wanted = await rig.group('客户群', ['wxid_c0', 'wxid_c1', 'wxid_c2', 'wxid_c3'])
    const ended = await rig.run(messageTo('给五个人', group('客户群', 5)))
    t.deepEqual(ended.items, [['SUCCEEDED', '']], ended.reasons)
    t.deepEqual(rig.sent, [`${wanted}: 给五个人`])
  })

  test(on('groups of one name and one size are not told apart by chance'), async (t) => {
    const rig = await PhoneRig.start(t, phone)
    await rig.group('客户群', ['wxid_c0', 'wxid_c1'])
    await rig.group('客户群', ['wxid_c2', 'wxid_c3'])
    const ended = await rig.run(messageTo('谁', group('客户群', 3)))
    t.deepEqual(ended.items, [['FAILED', 'CONTACT_AMBIGUOUS']])
    t.deepEqual(rig.sent, [])
  })

  test(on('rows that change places under the finger lead to no other group'), async (t) => {
    // Each phone meets the fault at other places, so that together they meet it at most.
    for (let after = PHONES.indexOf(phone), left = 0; left === 0; after += 5) {
      const rig = await PhoneRig.start(t, phone)
      await rig.group('客户群', ['wxid_c0', 'wxid_c1'])
      const wanted = await rig.group('客户群', ['wxid_c0', 'wxid_c1', 'wxid_c2', 'wxid_c3'])
      rig.fault({ kind: 'LIST_REORDER', after })
      const ended = await rig.run(messageTo('给五个人', group('客户群', 5)))
      t.deepEqual(ended.items, [['SUCCEEDED', '']], `after ${after}: ${ended.reasons}`)
      t.deepEqual(rig.sent, [`${wanted}: 给五个人`], `after ${after}`)
      left = await faultsLeft(rig)
    }
  })

  test(on('somebody is found whose name is part of many others’: a person and a group'), async (t) => {
    const rig = await PhoneRig.start(t, phone)
    rig.emulator.addContacts(rig.owner, [...people(12, (index) => `王${index}`), { id: 'wxid_w', nickname: '王' }])
    const wanted = await rig.group('王', ['wxid_c0', 'wxid_c1'])
    const ended = await rig.run(messageTo('在吗', { nickname: '王' }, group('王', 3)))
    t.deepEqual(
      ended.items,
      [
        ['SUCCEEDED', ''],
        ['SUCCEEDED', ''],
      ],
      ended.reasons,
    )
    t.deepEqual(rig.sent, ['wxid_w: 在吗', `${wanted}: 在吗`])
  })

  test(on('two of one name are told apart though the second is far down the list'), async (t) => {
    // What lies over the list when it is scrolled must not pass for its end.
    let scrolls = 0
    const rig = await PhoneRig.start(t, phone, {
      dispatch: (emulator) => async (method, path, body) => {
        const scroll = JSON.stringify(body ?? '').includes('scrollGesture')
        if (scroll && ++scrolls === 1) emulator.addFault(phone, { kind: 'DIALOG', times: 2 })
        return await emulator.dispatch(method, path, body)
      },
    })
    const twin = (id: string) => ({ id, nickname: '王', hideId: true })
    rig.emulator.addContacts(rig.owner, [twin('wxid_a'), ...people(14, (index) => `王${index}`), twin('wxid_b')])
    const ended = await rig.run(messageTo('在吗', { nickname: '王' }))
    t.deepEqual(ended.items, [['FAILED', 'CONTACT_AMBIGUOUS']])
    t.deepEqual(rig.sent, [])
  })

  test(on('nobody is taken for the only one because a part of the screen was missing'), async (t) => {
    for (const [after, times] of [
      [0, 1],
      [0, 2],
      [1, 1],
      [1, 2],
      [2, 2],
      [3, 2],
    ] as const) {
      const rig = await PhoneRig.start(t, phone, onceTyped(phone, { kind: 'TREE_PARTIAL', after, times }))
      rig.emulator.addContacts(
        rig.owner,
        people(4, () => '小王'),
      )
      const ended = await rig.run(messageTo('在吗', { nickname: '小王' }))
      t.deepEqual(ended.items, [['FAILED', 'CONTACT_AMBIGUOUS']], `${times} after ${after}: ${ended.reasons}`)
      t.deepEqual(rig.sent, [], `${times} after ${after}`)
    }
  })

  test(on('an interruption of the search is no proof that somebody is not there'), async (t) => {
    const searches: readonly (readonly [string, CommandPayload])[] = [
      ['a message', messageTo('在吗', { nickname: '王' })],
      ['a group', messageTo('在吗', group('群', 2))],
      ['a like', like({ author: { nickname: '王' }, text: '新品' })],
    ]
    for (const [what, payload] of searches) {
      for (const kind of ['DIALOG', 'APP_KILLED', 'SCREEN_UNEXPECTED'] as const) {
        // The first look reads back what was typed; the next ones are at the results.
        const rig = await PhoneRig.start(t, phone, onceTyped(phone, { kind, after: 1 }))
        rig.emulator.addContacts(rig.owner, [{ id: 'wxid_phone3', nickname: '王' }])
        rig.emulator.addContacts('wxid_phone3', [{ id: rig.owner, nickname: '我' }])
        await rig.world('moments', { author: 'wxid_phone3', text: '新品' })
        await rig.group('群', ['wxid_phone3'])
        const ended = await rig.run(payload)
        t.deepEqual(ended.items, [['SUCCEEDED', '']], `${what}, ${kind}: ${ended.reasons}`)
      }
    }
  })
}

/** The faults that have yet to happen. */
async function faultsLeft({ emulator, phone }: PhoneRig): Promise<number> {
  const { faults } = (await emulator.dispatch('GET', `/phones/${phone}/faults`)) as { faults: unknown[] }
  return faults.length
}

/** Arms a fault right after the first words were typed, which are those of a search. */
function onceTyped(phone: string, fault: Parameters<Emulator['addFault']>[1]): RigOptions {
  let armed = false
  return {
    dispatch: (emulator) => async (method, path, body) => {
      const answer = await emulator.dispatch(method, path, body)
      if (!armed && path.endsWith('/value')) {
        armed = true
        emulator.addFault(phone, fault)
      }
      return answer
    },
  }
}
