import test from 'ava'
import { interruptionOn } from '../../agent/src/screen/interruptions.ts'
import { Snapshot } from '../../agent/src/screen/snapshot.ts'
import { messageTo } from '../support/commands.ts'
import { PHONES, PhoneRig } from '../support/phone-rig.ts'

const FRIENDS = [
  { id: 'wxid_a', nickname: '甲' },
  { id: 'wxid_b', nickname: '乙' },
]
const TO_BOTH = messageTo(
  '在吗',
  ...FRIENDS.map(({ id }) => ({
    wechatId: id,
  })),
)

const screenWith = (texts: readonly string[], button: string): Snapshot => {
  const nodes = [
    ...texts.map((text) => `<android.widget.TextView text="${text}" bounds="[0,0][9,9]"/>`),
    `<android.widget.Button text="${button}" bounds="[0,9][9,18]"/>`,
  ]
  return Snapshot.parse(
    `<hierarchy><android.widget.FrameLayout>${nodes.join('')}</android.widget.FrameLayout></hierarchy>`,
  )
}

test('a caller may be called like a warning', (t) => {
  const name = '操作过于频繁，账号异常'
  t.is(interruptionOn(screenWith(['邀请你语音通话...', name], '挂断'))?.kind, 'dialog')
  t.is(interruptionOn(screenWith([name], '确定'))?.kind, 'risk')
})

for (const phone of PHONES) {
  const on = (promise: string): string => `${phone}: ${promise}`

  test(on('a notice that wants a person stops the account, with a picture, and is left as it is'), async (t) => {
    for (const [words, code] of [
      ['为了你的账号安全，请完成安全验证', 'RISK_CONTROL'],
      ['该账号因涉嫌违规已被限制登录', 'RISK_CONTROL'],
      ['你的微信账号已被封禁', 'RISK_CONTROL'],
      [phone === 'phone-1' ? '你的账号在其他设备登录' : '你的帐号在其他设备登录', 'LOGIN_REQUIRED'],
    ] as const) {
      // While the account is read, while somebody is searched for, and after the first message.
      for (const after of [2, 16, 33]) {
        let pictures = 0
        const rig = await PhoneRig.start(t, phone, {
          dispatch: (emulator) => async (method, path, body) => {
            if (path.endsWith('/screenshot')) pictures++
            return await emulator.dispatch(method, path, body)
          },
        })
        rig.emulator.addContacts(rig.owner, FRIENDS)
        rig.fault({ kind: 'DIALOG', after, text: words })
        const what = `${words} after ${after}`
        const { items, reasons } = await rig.run(TO_BOTH)
        t.is(items.at(-1)?.[1], code, `${what}: ${reasons}`)
        t.is(items.filter(([status]) => status === 'SUCCEEDED').length, rig.sent.length, what)
        t.true(rig.sent.length < FRIENDS.length, what)
        t.true(pictures > 0, what)
        const { source } = (await rig.emulator.dispatch('GET', `/phones/${phone}/screen`)) as { source: string }
        t.true(source.includes(words), `${what}: the notice is still there`)
      }
    }
  })
}
