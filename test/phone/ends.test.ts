import test from 'ava'
import { like, messages } from '../support/commands.ts'
import { PHONES, PhoneRig, type RigOptions } from '../support/phone-rig.ts'

// What shows only at the very end of a list.

const FRIEND = { id: 'wxid_a', nickname: '甲' }

const isScroll = (body: unknown): boolean => JSON.stringify(body ?? '').includes('scrollGesture')

/** A phone whose scrolls say, as those that reach the end do, that nothing more follows. */
const saysNothingFollows: RigOptions = {
  dispatch: (emulator) => async (method, path, body) => {
    const answer = await emulator.dispatch(method, path, body)
    return isScroll(body) ? false : answer
  },
}

/** A phone on which somebody takes so many pictures right after the first one came to it. */
const takesPictures = (count: number): RigOptions => ({
  dispatch: (emulator) => {
    let taken = false
    return async (method, path, body) => {
      const answer = await emulator.dispatch(method, path, body)
      const text = JSON.stringify(body ?? '')
      if (taken || !text.includes('/sdcard/Pictures')) return isScroll(body) ? false : answer
      taken = true
      for (let index = 0; index < count; index++) {
        const other = text.replace(/muster-[^"]*?\.png/, `holiday-${index}.png`)
        await emulator.dispatch(method, path, JSON.parse(other))
      }
      return answer
    }
  },
})

for (const phone of PHONES) {
  test(`${phone}: the oldest of somebody’s Moments is found`, async (t) => {
    const rig = await PhoneRig.start(t, phone, saysNothingFollows)
    rig.emulator.addContacts(rig.owner, [FRIEND])
    for (let index = 0; index < 30; index++) {
      const moment = { author: FRIEND.id, text: `moment ${index}` }
      await rig.world('moments', moment)
    }
    const ended = await rig.run(like({ author: { wechatId: FRIEND.id }, text: 'moment 0' }))
    t.deepEqual(ended.items, [['SUCCEEDED', '']], ended.reasons)
  })

  test(`${phone}: a picture at the end of the album is found`, async (t) => {
    const rig = await PhoneRig.start(t, phone, takesPictures(40))
    rig.emulator.addContacts(rig.owner, [FRIEND])
    const picture = rig.picture(7)
    const ended = await rig.run(messages([{ to: { wechatId: FRIEND.id }, parts: [picture] }]))
    t.deepEqual(ended.items, [['SUCCEEDED', '']], ended.reasons)
    t.deepEqual(rig.sent, [`${FRIEND.id}: ${picture.sha256}`])
  })
}
