import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { FAULT_KINDS, WebDriverError, type Emulator, type FaultKind } from '@muster/emulator'
import { emulatorFor, EmulatedPhone, named, people, words } from '../support/emulated-phone.ts'

const OWNER = 'wxid_phone1'
const INPUT = '//android.widget.EditText'

/** A phone with at least two rows in every list. */
async function furnished(t: ExecutionContext, agentProcess?: () => number | undefined) {
  const emulator = await emulatorFor(t, { now: () => 0, ...(agentProcess ? { agentProcess } : {}) })
  const friends = people(30)
  emulator.addContacts(OWNER, friends)
  const post = async (what: string, body: object) =>
    await emulator.dispatch('POST', `/world/accounts/${OWNER}/${what}`, body)
  for (const name of ['群A', '群B']) await post('groups', { name, members: friends.map(({ id }) => id) })
  for (const { id } of friends.slice(0, 3)) {
    await post('messages', { from: id, text: '你好' })
    for (const text of ['动态A', '动态B']) await post('moments', { author: id, text })
  }
  for (const text of ['动态C', '动态D']) await post('moments', { author: OWNER, text })
  const phone = await EmulatedPhone.open(emulator)
  for (const name of ['图A', '图B', '图C']) await phone.addPicture(name)
  return { emulator, phone }
}

const CHAT = `(//android.widget.ListView/android.widget.RelativeLayout)[1]`
const LISTS: Readonly<Record<string, (phone: EmulatedPhone) => Promise<void>>> = {
  'the list of chats': async () => undefined,
  contacts: async (phone) => await phone.tap(words('通讯录')),
  groups: async (phone) => await phone.tap(words('通讯录'), words('群聊')),
  'the members of a group': async (phone) =>
    await phone.tap(words('通讯录'), words('群聊'), words('群A'), named('聊天信息')),
  'all members of a group': async (phone) =>
    await phone.tap(words('通讯录'), words('群聊'), words('群A'), named('聊天信息'), words('查看全部群成员')),
  'the timeline': async (phone) => await phone.tap(words('发现'), words('朋友圈')),
  'somebody’s Moments': async (phone) => await phone.tap(words('通讯录'), words('朋友0'), words('朋友圈')),
  'the picture picker': async (phone) =>
    await phone.tap(words('发现'), words('朋友圈'), named('拍照分享'), words('从相册选择')),
  'the picker of people': async (phone) => await phone.tap(named('更多功能按钮'), words('发起群聊')),
  search: async (phone) => {
    await phone.tap(named('搜索'))
    await phone.type(INPUT, '朋友')
  },
}

/** What the rows of the list on the screen say, by their places. */
async function rows(phone: EmulatedPhone): Promise<string[]> {
  const list = /<android\.widget\.(ListView|GridView)[^]*<\/android\.widget\.\1>/.exec(await phone.source())?.[0] ?? ''
  return [...list.matchAll(/(?:text|content-desc)="(?:图片 \d+, )?([^"]*(?:朋友\d+|群[AB]|动态[A-D]|图[ABC]))"/g)].map(
    ([, name = '']) => name,
  )
}

for (const [list, open] of Object.entries(LISTS)) {
  test(`rows change places in ${list}, once, under the eyes of who looked`, async (t) => {
    const { emulator, phone } = await furnished(t)
    await open(phone)
    const before = await rows(phone)
    t.true(new Set(before).size > 1, before.join())
    emulator.addFault('phone-1', { kind: 'LIST_REORDER', seed: 5 })
    t.deepEqual(await rows(phone), before, 'the look that it strikes after')
    const moved = await rows(phone)
    t.notDeepEqual(moved, before)
    t.deepEqual(moved.toSorted(), before.toSorted(), 'the same rows')
    t.deepEqual(await rows(phone), before, 'and back')
  })
}

test('a touch meets the row that has come under the finger meanwhile', async (t) => {
  const { emulator, phone } = await furnished(t)
  await phone.tap(words('通讯录'))
  emulator.addFault('phone-1', { kind: 'LIST_REORDER' })
  const element = await phone.find(words('朋友1'))
  await phone.run('POST', `/element/${element}/click`, {})
  t.regex(await phone.source(), /微信号：wxid_p\d+/)
  t.notRegex(await phone.source(), /微信号：wxid_p1"/)
})

test('headings of the search keep their rows, and what proves an effect keeps its order', async (t) => {
  const { emulator, phone } = await furnished(t)
  await LISTS['search']?.(phone)
  await phone.type(INPUT, '群')
  emulator.addFault('phone-1', { kind: 'LIST_REORDER', times: 3 })
  const search = async () => (await phone.source()).replaceAll(/ (bounds|index)="[^"]*"/g, '')
  const [, moved] = [await search(), await search()]
  t.regex(moved, /text="群聊"[^]*text="群B"[^]*text="群A"/)
  await phone.back(2)
  const armed = async () => await emulator.dispatch('GET', '/phones/phone-1/faults')
  for (const open of [words('我'), words('朋友圈')]) await phone.tap(open)
  const before = await armed()
  const own = [await rows(phone), await rows(phone), await rows(phone)]
  t.deepEqual(own, [own[0], own[0], own[0]])
  t.deepEqual(await armed(), before, 'it waits for a list that can be re-ordered')
})

/** Does the same things on a fresh phone; answers all that it saw of them. */
async function run(t: ExecutionContext, kind: FaultKind, seed: number): Promise<string[]> {
  const agent = kind === 'AGENT_KILLED' ? sleeper(t) : undefined
  const { emulator, phone } = await furnished(t, () => agent?.pid)
  emulator.addFault('phone-1', { kind, seed, probability: 0.4, times: 1000, ms: 0 })
  const seen: string[] = []
  const outcomeOf = async (work: Promise<void>): Promise<string> => {
    try {
      await work
      return 'done'
    } catch (error) {
      return error instanceof WebDriverError ? error.code : String(error)
    }
  }
  const step = async (work: Promise<void>) => {
    seen.push(await outcomeOf(work), await phone.source().catch(() => 'no source'))
  }
  await step(phone.tap(CHAT))
  await step(phone.type(INPUT, '一'))
  await step(phone.tap(words('发送')))
  await step(phone.type(INPUT, '二'))
  await step(phone.tap(words('发送')))
  await step(phone.back(3))
  await step(phone.tap(named('更多功能按钮'), words('发起群聊')))
  for (const index of [1, 2, 3, 4]) await step(phone.tap(words(`朋友${index}`)))
  await step(phone.tap(words('确定(4)')))
  return [...seen, JSON.stringify(emulator.world())]
}

for (const kind of FAULT_KINDS) {
  test(`${kind} strikes where its seed says`, async (t) => {
    const first = await run(t, kind, 11)
    t.deepEqual(await run(t, kind, 11), first)
    // How long something takes, and what happens beside the screen, does not show on it.
    if (!['SLOW_SCREEN', 'HANG', 'STREAM_CUT'].includes(kind)) t.notDeepEqual(await run(t, kind, 12), first)
  })
}

/** A process that stands for a phone's agent. */
function sleeper(t: ExecutionContext): ChildProcess {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

test('an agent is killed before a step or after it', async (t) => {
  for (const when of ['BEFORE', 'AFTER'] as const) {
    const agent = sleeper(t)
    const { emulator, phone } = await furnished(t, () => agent.pid)
    const tab = await phone.find(words('通讯录'))
    emulator.addFault('phone-1', { kind: 'AGENT_KILLED', when, after: 1 })
    await phone.source()
    const dead = once(agent, 'exit')
    await t.throwsAsync(phone.run('POST', `/element/${tab}/click`, {}), { instanceOf: WebDriverError })
    t.deepEqual(await dead, [null, 'SIGKILL'])
    t.is(await selected(phone), when === 'BEFORE' ? '微信' : '通讯录')
  }
})

test('the agent that may be killed is the one its launcher runs, and no process that got its number', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }))
  const emulator = await emulatorFor(t, { dataDir })
  mkdirSync(join(dataDir, 'run'))
  const pidFile = join(dataDir, 'run', 'agent-phone-1.pid')
  const other = sleeper(t)
  writeFileSync(pidFile, String(other.pid))
  t.throws(() => emulator.addFault('phone-1', { kind: 'AGENT_KILLED' }), { message: /npm start/ })
  const crash = async () => await emulator.dispatch('POST', '/phones/phone-1/crash')
  t.like(await crash(), { agentKilled: false })
  const agent = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'agent/src/main.ts'], { stdio: 'ignore' })
  t.teardown(() => agent.kill('SIGKILL'))
  const dead = once(agent, 'exit')
  writeFileSync(pidFile, String(agent.pid))
  t.like(await crash(), { agentKilled: true })
  t.deepEqual(await dead, [null, 'SIGKILL'])
  t.is(other.exitCode, null)
})

const selected = async (phone: EmulatedPhone): Promise<string | undefined> =>
  (await phone.all('//*[@selected="true"]', 'text'))[0]

test('an answer is lost after the phone has acted, or before', async (t) => {
  const { emulator, phone } = await furnished(t)
  for (const [when, tab] of [
    ['BEFORE', '微信'],
    ['AFTER', '通讯录'],
  ] as const) {
    const element = await phone.find(words('通讯录'))
    emulator.addFault('phone-1', { kind: 'HTTP_ERROR', when })
    await t.throwsAsync(phone.run('POST', `/element/${element}/click`, {}), { message: /socket hang up/ })
    t.is(await selected(phone), tab)
  }
})

test('what crashes on a phone takes its app, its connections and its agent', async (t) => {
  const agent = sleeper(t)
  const { emulator, phone } = await furnished(t, () => agent.pid)
  const tunnel = await tunnelOf(t, emulator)
  await phone.tap(words('通讯录'))
  const ends = Promise.all([once(tunnel, 'close'), once(agent, 'exit')])
  const answer = await emulator.dispatch('POST', '/phones/phone-1/crash')
  t.deepEqual(answer, { id: 'phone-1', crashed: true, agentKilled: true })
  t.deepEqual((await ends)[1], [null, 'SIGKILL'])
  t.regex(await phone.source(), /package="com\.android\.launcher3"/)
})

test('an account that is signed out stays so, however often its app is started', async (t) => {
  const { emulator, phone } = await furnished(t)
  emulator.addFault('phone-1', { kind: 'LOGGED_OUT' })
  t.regex(await phone.source(), /你已退出微信/)
  await phone.mobile('terminateApp', { appId: 'com.tencent.mm' })
  t.notRegex(await phone.source(), /你已退出微信/)
  await phone.mobile('activateApp', { appId: 'com.tencent.mm' })
  t.regex(await phone.source(), /你已退出微信/)
  await emulator.dispatch('DELETE', '/phones/phone-1/faults')
  t.is(await selected(phone), '微信')
})

/** A connection through the phone's network to a server of the test. */
async function tunnelOf(t: ExecutionContext, emulator: Emulator): Promise<Socket> {
  const server = createServer((socket) => socket.on('error', () => undefined).resume())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const target = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const socket = connect(emulator.port, '127.0.0.1')
  t.teardown(() => {
    socket.destroy()
    server.close()
  })
  const user = Buffer.from('phone-1:x').toString('base64')
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\nProxy-Authorization: Basic ${user}\r\n\r\n`)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  t.regex(answer.toString(), /^HTTP\/1.1 200 /)
  return socket
}

test('a stream is cut at once, or at the step it was ordered for', async (t) => {
  const { emulator, phone } = await furnished(t)
  const idle = await tunnelOf(t, emulator)
  const cut = once(idle, 'close')
  emulator.addFault('phone-1', { kind: 'STREAM_CUT' })
  await cut
  const busy = await tunnelOf(t, emulator)
  emulator.addFault('phone-1', { kind: 'STREAM_CUT', after: 2 })
  await phone.source()
  t.false(busy.destroyed)
  t.deepEqual(await emulator.dispatch('GET', '/phones/phone-1/faults').then(count), 1)
  await Promise.all([once(busy, 'close'), phone.source()])
  t.deepEqual(await emulator.dispatch('GET', '/phones/phone-1/faults').then(count), 0)
  t.true(emulator.phones()[0]?.online, 'a cut stream can be opened again')
  await tunnelOf(t, emulator)
})

const count = (answer: unknown): number => (answer as { faults: unknown[] }).faults.length

test('a tenth picture is refused with the app’s own words', async (t) => {
  const emulator = await emulatorFor(t)
  const phone = await EmulatedPhone.open(emulator)
  const names = Array.from({ length: 10 }, (_, index) => `picture-${index}.png`)
  for (const name of names) await phone.addPicture(name)
  await LISTS['the picture picker']?.(phone)
  const tick = (name: string): string =>
    `//android.widget.RelativeLayout[*[contains(@content-desc, "${name}")]]/*[@checkable="true"]`
  await phone.tap(...names.slice(0, 9).map(tick))
  await phone.find(words('完成(9/9)'))
  await phone.tap(tick('picture-9.png'))
  await phone.tap('//*[@text="你最多只能选择9张图片"]/../*[@text="我知道了"]')
  t.is((await phone.all('//*[@checked="true"]', 'checked')).length, 9)
  await phone.tap(words('完成(9/9)'), words('发表'))
  t.is(emulator.world().moments[0]?.images.length, 9)
})
