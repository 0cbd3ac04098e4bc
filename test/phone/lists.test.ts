import test from 'ava'
import type { FaultOrder } from '@muster/emulator'
import { overlapsOf } from '../../agent/src/screen/list-walk.ts'
import { SYNC_CONTACTS, SYNC_GROUPS } from '../support/commands.ts'
import { PHONES, PhoneRig, type Ended, type RigOptions } from '../support/phone-rig.ts'

const contacts = (ended: Ended) => ended.pages.flatMap((page) => page.contacts)
const groups = (ended: Ended) => ended.pages.flatMap((page) => page.groups)
const people = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `wxid_c${index}`, nickname: `n${index}` }))

test('two views of a list are laid over each other in every way that fits, the most likely first', (t) => {
  t.deepEqual(overlapsOf(['a', 'b', 'c'], ['b', 'c', 'd']), [2])
  t.deepEqual(overlapsOf(['a', 'x', 'x'], ['x', 'x', 'b']), [2, 1])
  t.deepEqual(overlapsOf(['a', 'b'], ['c', 'd']), [])
  t.deepEqual(overlapsOf([], ['a']), [])
})

/** Arms a fault just before the n-th scroll. */
function atScroll(phone: string, nth: number, kind: FaultOrder['kind']): RigOptions {
  let scrolls = 0
  return {
    dispatch: (emulator) => async (method, path, body) => {
      if (JSON.stringify(body ?? '').includes('scrollGesture') && ++scrolls === nth) emulator.addFault(phone, { kind })
      return await emulator.dispatch(method, path, body)
    },
  }
}

const KINDS = ['DIALOG', 'INCOMING_CALL', 'TREE_PARTIAL', 'APP_KILLED', 'SCREEN_UNEXPECTED'] as const

for (const phone of PHONES) {
  const on = (promise: string): string => `${phone}: ${promise}`

  test(on('a sync finds every contact once, whatever lies over the list in the meantime'), async (t) => {
    for (const [index, kind] of KINDS.entries()) {
      // Together the phones meet it at the way to the top and at the way down.
      const nth = (index + PHONES.indexOf(phone)) % 2 === 0 ? 1 : 3
      const rig = await PhoneRig.start(t, phone, atScroll(phone, nth, kind))
      rig.emulator.addContacts(rig.owner, people(22))
      const ended = await rig.run(SYNC_CONTACTS)
      t.deepEqual(ended.items, [['SUCCEEDED', '']], `${kind} at scroll ${nth}: ${ended.reasons}`)
      t.deepEqual(
        contacts(ended).map(({ wechatId }) => wechatId),
        people(22).map(({ id }) => id),
        `${kind} at scroll ${nth}`,
      )
    }
  })

  test(on('contacts of one name are all found, also those nothing tells apart'), async (t) => {
    const rig = await PhoneRig.start(t, phone)
    const twins = Array.from({ length: 14 }, (_, index) => ({ id: `wxid_t${index}`, nickname: '小王' }))
    const hidden = Array.from({ length: 3 }, (_, index) => ({ id: `wxid_h${index}`, nickname: '小李', hideId: true }))
    rig.emulator.addContacts(rig.owner, [...people(2), ...hidden, ...twins])
    const ended = await rig.run(SYNC_CONTACTS)
    t.deepEqual(ended.items, [['SUCCEEDED', '']], ended.reasons)
    t.deepEqual(
      contacts(ended).map(({ wechatId }) => wechatId),
      ['wxid_c0', 'wxid_c1', '', '', '', ...twins.map(({ id }) => id)],
    )
  })

  test(on('a list that does not say how long it is passes for no whole one'), async (t) => {
    const rig = await PhoneRig.start(t, phone, {
      dispatch: (emulator) => async (method, path, body) => {
        const answer = await emulator.dispatch(method, path, body)
        // One row less than the list counts.
        return path.endsWith('/source') ? String(answer).replace(/"22(个朋友|位联系人)"/, '"23$1"') : answer
      },
    })
    rig.emulator.addContacts(rig.owner, people(22))
    const ended = await rig.run(SYNC_CONTACTS)
    t.deepEqual(ended.items, [['FAILED', 'APP_NOT_READY']])
    t.deepEqual(contacts(ended), [])
  })

  test(on('a sync finds every group with all of its members, whatever lies over the lists'), async (t) => {
    const names = Array.from({ length: 14 }, (_, index) => `群${index % 12}`)
    const kinds = phone === 'phone-1' ? (['DIALOG', 'TREE_PARTIAL'] as const) : (['APP_KILLED'] as const)
    for (const [index, kind] of kinds.entries()) {
      const rig = await PhoneRig.start(t, phone, atScroll(phone, 3 + 4 * index, kind))
      for (const name of names) await rig.group(name, ['wxid_c0'])
      const members = people(130).map(({ id }) => id)
      await rig.group('大群', members)
      const ended = await rig.run(SYNC_GROUPS)
      t.deepEqual(ended.items, [['SUCCEEDED', '']], `${kind}: ${ended.reasons}`)
      t.deepEqual(
        groups(ended).map(({ name, memberCount, complete }) => [name, memberCount, complete]),
        [...names.map((name) => [name, 2, true]), ['大群', 131, true]],
        kind,
      )
      t.deepEqual(groups(ended).at(-1)?.members.slice(1), members, kind)
    }
  })
}
