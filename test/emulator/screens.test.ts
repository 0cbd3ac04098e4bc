import test, { type ExecutionContext } from 'ava'
import { locatorsFor } from '../../agent/src/wechat/locators.ts'
import { emulatorFor, EmulatedPhone, named, people, words } from '../support/emulated-phone.ts'

const OWNER = 'wxid_phone1'
const INPUT = '//android.widget.EditText'
const plus = named('更多功能按钮')

/** Ways from the first screen to each screen and state that a command meets. */
const SCREENS: Readonly<Record<string, (phone: EmulatedPhone) => Promise<void>>> = {
  'chat list': async () => undefined,
  'contact list': async (phone) => await phone.tap(words('通讯录')),
  discover: async (phone) => await phone.tap(words('发现')),
  me: async (phone) => await phone.tap(words('我')),
  settings: async (phone) => await phone.tap(words('我'), words('设置')),
  about: async (phone) => await phone.tap(words('我'), words('设置'), words('关于微信')),
  search: async (phone) => {
    await phone.tap(named('搜索'))
    await phone.type(INPUT, '朋友')
  },
  profile: async (phone) => await phone.tap(words('通讯录'), words('朋友0')),
  chat: async (phone) => await phone.tap(words('朋友0')),
  'chat tools': async (phone) => await phone.tap(words('朋友0'), '//*[starts-with(@content-desc, "更多功能按钮")]'),
  'chat with a draft': async (phone) => {
    await phone.tap(words('朋友0'))
    await phone.type(INPUT, '草稿')
  },
  'chat info': async (phone) => await phone.tap(words('朋友0'), named('聊天信息')),
  'group list': async (phone) => await phone.tap(words('通讯录'), words('群聊')),
  'group info': async (phone) => await phone.tap(words('通讯录'), words('群聊'), words('群A'), named('聊天信息')),
  'group members': async (phone) =>
    await phone.tap(words('通讯录'), words('群聊'), words('群A'), named('聊天信息'), words('查看全部群成员')),
  'group name': async (phone) =>
    await phone.tap(words('通讯录'), words('群聊'), words('群A'), named('聊天信息'), words('群聊名称')),
  'start of a group': async (phone) => await phone.tap(plus),
  'people for a group': async (phone) => await phone.tap(plus, words('发起群聊')),
  timeline: async (phone) => await phone.tap(words('发现'), words('朋友圈')),
  'camera menu': async (phone) => await phone.tap(words('发现'), words('朋友圈'), named('拍照分享')),
  picker: async (phone) => await phone.tap(words('发现'), words('朋友圈'), named('拍照分享'), words('从相册选择')),
  composer: async (phone) => await compose(phone),
  'leaving the composer': async (phone) => {
    await compose(phone)
    await phone.type(INPUT, '草稿')
    await phone.back(2)
  },
  audience: async (phone) => {
    await compose(phone)
    await phone.tap(words('谁可以看'))
  },
  'people of the audience': async (phone) => {
    await compose(phone)
    await phone.tap(words('谁可以看'), words('部分可见'))
  },
  'own Moments': async (phone) => await phone.tap(words('我'), words('朋友圈')),
  'a Moment': async (phone) => await phone.tap(words('我'), words('朋友圈'), words('动态')),
  'reacting to a Moment': async (phone) => await phone.tap(words('我'), words('朋友圈'), words('动态'), named('评论')),
  'a comment': async (phone) => await comment(phone),
  'a Moment with a comment': async (phone) => {
    await comment(phone)
    await phone.type(INPUT, '真好')
    await phone.tap(words('发送'))
  },
}

async function comment(phone: EmulatedPhone): Promise<void> {
  await phone.tap(words('我'), words('朋友圈'), words('动态'), named('评论'), words('评论'))
}

async function compose(phone: EmulatedPhone): Promise<void> {
  await phone.tap(words('发现'), words('朋友圈'))
  await phone.mobile('longClickGesture', { elementId: await phone.find(named('拍照分享')), duration: 800 })
}

/** Page sources of a phone of one app version, by screen. */
async function sources(t: ExecutionContext, number: number): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const emulator = await emulatorFor(t, { phones: 2 })
  const [id, owner] = [`phone-${number}`, `wxid_phone${number}`]
  const friends = people(30)
  emulator.addContacts(owner, friends)
  const post = async (what: string, body: object) =>
    await emulator.dispatch('POST', `/world/accounts/${owner}/${what}`, body)
  await post('messages', { from: 'wxid_p0', text: '你好' })
  await post('groups', { name: '群A', members: friends.map((friend) => friend.id) })
  await post('moments', { author: owner, text: '动态' })
  for (const [screen, open] of Object.entries(SCREENS)) {
    // Signed in again and on the first screen, whatever the last walk left open.
    await emulator.dispatch('DELETE', `/phones/${id}/faults`)
    const phone = await EmulatedPhone.open(emulator, id)
    if (screen === 'picker') await phone.addPicture('图A')
    await open(phone)
    found.set(screen, await phone.source())
  }
  return found
}

const idsIn = (source: string): Set<string> =>
  new Set([...source.matchAll(/resource-id="(com\.tencent\.mm:id\/[^"]+)"/g)].map(([, id = '']) => id))

test('no screen that a command touches is the same in two app versions', async (t) => {
  const [newer, older] = await Promise.all([sources(t, 1), sources(t, 2)])
  const newIds = idsIn([...newer.values()].join(''))
  const oldIds = idsIn([...older.values()].join(''))
  t.deepEqual(
    [...newIds].filter((id) => oldIds.has(id)),
    [],
  )
  for (const screen of Object.keys(SCREENS)) {
    for (const found of [newer, older]) t.true(idsIn(found.get(screen) ?? '').size > 1, screen)
  }
  for (const [version, ids] of [
    ['8.0.49', newIds],
    ['8.0.42', oldIds],
  ] as const) {
    const wanted = Object.values(locatorsFor(version)).filter((locator) => typeof locator === 'string')
    t.deepEqual(
      wanted.filter((id) => !ids.has(id)),
      [],
      `what the agent looks for in ${version}`,
    )
  }
})

/** Opens 发起群聊 and ticks people, in this order. */
async function pick(phone: EmulatedPhone, names: readonly string[]): Promise<void> {
  await phone.tap(plus, words('发起群聊'))
  for (const name of names) {
    await phone.type(INPUT, name)
    await phone.tap(`//android.widget.ListView//*[@text="${name}"]`)
  }
  await phone.type(INPUT, '')
}
const confirm = (count: number): string => words(`确定(${count})`)

test('a group is made of those who were ticked, opens, and can be named', async (t) => {
  const emulator = await emulatorFor(t, { phones: 2 })
  emulator.addContacts(OWNER, [...people(3), { id: 'wxid_phone2', nickname: '二号' }])
  emulator.addContacts('wxid_phone2', [{ id: OWNER, nickname: '一号' }])
  const phone = await EmulatedPhone.open(emulator)
  await pick(phone, ['朋友2', '二号', '朋友0'])
  await phone.tap(confirm(3))
  await phone.find(words('群聊(4)'))
  const members = [OWNER, 'wxid_p2', 'wxid_phone2', 'wxid_p0']
  t.deepEqual(emulator.world().groups, [{ id: 'group-1', name: '', members }])
  const [effect] = emulator.world().effects
  t.deepEqual([effect?.kind, effect?.by, effect?.id], ['group', OWNER, 'group-1'])
  await phone.tap(named('聊天信息'), words('群聊名称'))
  await phone.type(INPUT, '老客户')
  await phone.tap(words('保存'))
  await phone.back()
  await phone.find(words('老客户(4)'))
  const other = await EmulatedPhone.open(emulator, 'phone-2')
  await other.tap(words('通讯录'), words('群聊'), words('老客户'))
  await other.find(words('老客户(4)'))
})

test('one person is no group: the conversation opens instead', async (t) => {
  const emulator = await emulatorFor(t)
  emulator.addContacts(OWNER, people(2))
  const phone = await EmulatedPhone.open(emulator)
  await pick(phone, ['朋友1'])
  await phone.tap(confirm(1))
  t.deepEqual(await phone.all(INPUT, 'text'), [''])
  await phone.find(words('朋友1'))
  t.deepEqual(emulator.world().groups, [])
})

test('who has not befriended the account is refused by name, and the group is made without them', async (t) => {
  const emulator = await emulatorFor(t, { phones: 2 })
  emulator.addContacts(OWNER, [...people(3), { id: 'wxid_phone2', nickname: '二号' }])
  const phone = await EmulatedPhone.open(emulator)
  emulator.addFault('phone-1', { kind: 'INVITEE_REFUSED', after: 1 })
  await pick(phone, ['朋友0', '朋友1', '二号', '朋友2'])
  await phone.tap(confirm(4))
  await phone.find('//*[contains(@text, "你无法邀请") and contains(@text, "请先向朋友1、二号发送")]')
  await phone.tap(words('确定'))
  await phone.find(words('群聊(3)'))
  t.deepEqual(emulator.world().groups[0]?.members, [OWNER, 'wxid_p0', 'wxid_p2'])
})

test('where too few remain, or the account does it too often, no group is made', async (t) => {
  const emulator = await emulatorFor(t)
  emulator.addContacts(OWNER, people(2))
  const phone = await EmulatedPhone.open(emulator)
  await pick(phone, ['朋友0', '朋友1'])
  for (const [kind, prompt] of [
    ['INVITEE_REFUSED', '请先向朋友0发送'],
    ['TOO_FREQUENT', '操作过于频繁'],
  ] as const) {
    emulator.addFault('phone-1', { kind })
    await phone.tap(confirm(2))
    await phone.find(`//*[contains(@text, "${prompt}")]`)
    await phone.tap(words('确定'))
    t.deepEqual(emulator.world().groups, [])
  }
  await phone.tap(confirm(2))
  t.is(emulator.world().groups.length, 1)
})

test('above forty members the others have to agree first', async (t) => {
  const emulator = await emulatorFor(t)
  emulator.addContacts(OWNER, people(40))
  const phone = await EmulatedPhone.open(emulator)
  await pick(
    phone,
    people(39).map(({ nickname }) => nickname),
  )
  await phone.tap(confirm(39))
  t.is(emulator.world().groups[0]?.members.length, 40)
  await phone.back()
  await pick(
    phone,
    people(40).map(({ nickname }) => nickname),
  )
  await phone.tap(confirm(40), words('取消'))
  t.is(emulator.world().groups.length, 1)
  await phone.tap(confirm(40), words('邀请'))
  const [, made] = emulator.world().groups
  t.deepEqual([made?.members.length, made?.invited], [40, ['wxid_p39']])
  await phone.find(words('群聊(40)'))
  await emulator.dispatch('POST', `/world/accounts/${OWNER}/groups/${made?.id}/members`, { members: ['wxid_p39'] })
  await phone.find(words('群聊(41)'))
  t.false('invited' in (emulator.world().groups[1] ?? {}))
})
