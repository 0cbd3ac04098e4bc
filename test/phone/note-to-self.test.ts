import test from 'ava'
import { note, SYNC_CONTACTS } from '../support/commands.ts'
import { PHONES, PhoneRig, wordsOf } from '../support/phone-rig.ts'

const TEXT = '备忘：下午发货'

for (const phone of PHONES) {
  test(`${phone}: a note reaches the account's own file-transfer chat and nobody of that name, once`, async (t) => {
    const around = ['item.intent.after:1', 'item.commit.after:1', 'item.confirm.after:1', 'item.done.after:1']
    for (const death of around) {
      const rig = await PhoneRig.start(t, phone, { phones: 2 })
      const namesakes = ['wxid_a', 'wxid_b'].map((id) => ({ id, nickname: '文件传输助手' }))
      rig.emulator.addContacts(rig.owner, [...namesakes, { id: 'filehelper2', nickname: 'filehelper' }])
      const payload = note(TEXT)
      t.is(await rig.life(payload, (point) => point === death), undefined, `it dies at ${death}`)
      t.deepEqual(wordsOf(await rig.run(payload)), ['SUCCEEDED'], death)
      t.deepEqual(rig.sent, [`filehelper: ${TEXT}`], death)
      t.deepEqual(wordsOf(await rig.run(note(TEXT))), ['SUCCEEDED'], 'another one with the same words is another note')
      t.deepEqual(rig.sent, [`filehelper: ${TEXT}`, `filehelper: ${TEXT}`])
    }
  })

  test(`${phone}: a sync of contacts does not take the file-transfer chat for one`, async (t) => {
    const rig = await PhoneRig.start(t, phone, { phones: 2 })
    rig.emulator.addContacts(rig.owner, [{ id: 'wxid_a', nickname: '小王' }])
    await rig.run(note(TEXT))
    const { pages } = await rig.run(SYNC_CONTACTS)
    t.deepEqual(
      pages.flatMap(({ contacts }) => contacts.map(({ wechatId }) => wechatId)),
      ['wxid_a'],
    )
  })
}
