import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { startEmulator } from '@muster/emulator'
import { optionsFrom } from '../../emulator/src/config.ts'
import { seeded } from '../../emulator/src/phone/faults.ts'
import { Tally, withoutSuperseded } from '../../emulator/src/world/compaction.ts'
import type { Change } from '../../emulator/src/world/model.ts'
import { World } from '../../emulator/src/world/world.ts'
import { emulatorFor, EmulatedPhone, named, people, words } from '../support/emulated-phone.ts'
import { TestProcess } from '../support/test-process.ts'
import { ownPort } from '../support/own-port.ts'

const OWNER = 'wxid_phone1'
const INPUT = '//android.widget.EditText'

function folder(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
const logOf = (dataDir: string): string => join(dataDir, 'world', 'changes.jsonl')

test('a torn last line is forgotten, and the next one stands whole', async (t) => {
  const dataDir = folder(t)
  const first = await startEmulator({ phones: 1, dataDir })
  first.addContacts(OWNER, people(2))
  await first.close()
  appendFileSync(logOf(dataDir), Buffer.from('{"t":"contact","account":"朋').subarray(0, -2))
  const second = await startEmulator({ phones: 1, dataDir })
  second.addContacts(OWNER, people(1, 2))
  await second.close()
  const third = await emulatorFor(t, { dataDir })
  t.deepEqual(third.world().accounts[0]?.contacts, people(3))
})

test('a contact with an empty remark has none', async (t) => {
  const emulator = await emulatorFor(t)
  const contacts = [{ id: 'wxid_a', nickname: '甲', remark: '', region: '' }]
  await emulator.dispatch('POST', `/world/accounts/${OWNER}/contacts`, { contacts })
  t.deepEqual(JSON.parse(JSON.stringify(emulator.world().accounts[0]?.contacts)), [{ id: 'wxid_a', nickname: '甲' }])
})

test('a log that somebody damaged is named with its line, and left as it is', async (t) => {
  const dataDir = folder(t)
  mkdirSync(join(dataDir, 'world'))
  const damaged = '{"t":"group-name","group":"g","name":"x"}\n{"t":\n{"t":"group-name","group":"g","name":"y"}\n'
  writeFileSync(logOf(dataDir), damaged)
  const error = await t.throwsAsync(startEmulator({ phones: 1, dataDir }))
  t.regex(error?.message ?? '', /changes\.jsonl, line 2 /)
  t.is(readFileSync(logOf(dataDir), 'utf8'), damaged)
})

test('what is typed and changed again and again does not make the log grow for ever', async (t) => {
  const dataDir = folder(t)
  const first = await startEmulator({ phones: 1, dataDir })
  first.addContacts(OWNER, people(3))
  for (let round = 0; round < 60; round++) {
    first.addContacts(
      OWNER,
      people(50).map((contact) => ({ ...contact, remark: `第${round}次` })),
    )
  }
  const phone = await EmulatedPhone.open(first)
  await phone.tap(words('通讯录'), words('第59次'), words('发消息'))
  await phone.type(INPUT, '草稿')
  const before = first.world()
  await first.close()
  t.true(statSync(logOf(dataDir)).size < 200_000)
  const second = await emulatorFor(t, { dataDir })
  t.deepEqual(second.world(), before)
  const again = await EmulatedPhone.open(second)
  await again.tap(words('通讯录'), words('第59次'), words('发消息'), words('草稿'))
})

const account = fc.constantFrom('wxid_phone1', 'wxid_phone2')
const person = fc.constantFrom('a', 'b', 'wxid_phone2')
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    t: fc.constant('contact' as const),
    account,
    contact: fc.record({ id: person, nickname: fc.constantFrom('x', 'y') }),
  }),
  fc.record({ t: fc.constant('contact-gone' as const), account, id: person }),
  fc.record({ t: fc.constant('draft' as const), account, chat: person, text: fc.constantFrom('', 'p', 'q') }),
  fc.record({ t: fc.constant('group' as const), group: fc.constant({ id: 'g', name: 'g', members: ['wxid_phone1'] }) }),
  fc.record({ t: fc.constant('group-joined' as const), group: fc.constant('g'), members: fc.array(person) }),
  fc
    .record({ from: account, to: person })
    .map((ends): Change => ({ t: 'message', message: { id: 'm', ...ends, kind: 'TEXT', text: 'hi', at: '' } })),
)

test('a compacted log makes the same world', (t) => {
  const seed = Date.now() % 2 ** 31
  t.log(`seed ${seed}`)
  const dir = folder(t)
  const worldOf = (changes: readonly Change[]): unknown => {
    writeFileSync(join(dir, 'changes.jsonl'), changes.map((one) => `${JSON.stringify(one)}\n`).join(''))
    const accounts = ['wxid_phone1', 'wxid_phone2'].map((wechatId) => ({ wechatId, nickname: wechatId }))
    const world = new World(accounts, dir, () => 0)
    world.close()
    return [world.view(), [...world.accounts.values()].map(({ drafts, chats }) => [Object.fromEntries(drafts), chats])]
  }
  const same = fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
    const compacted = withoutSuperseded(changes)
    t.is(compacted.length, new Tally(changes).living)
    t.is(new Tally(compacted).superseded, 0)
    t.deepEqual(worldOf(compacted), worldOf(changes))
  })
  fc.assert(same, { seed, numRuns: 100 })
})

test('an emulator killed while it writes remembers everything it has answered', async (t) => {
  t.timeout(120_000)
  const seed = Date.now() % 2 ** 31
  t.log(`seed ${seed}`)
  const random = seeded(seed)
  const dataDir = folder(t)
  const port = await ownPort(t)
  const emulator = new TestProcess('emulator/src/main.ts', join(dataDir, 'log'))
  t.teardown(async () => await emulator.kill())
  const post = async (what: string, body: object): Promise<void> => {
    const url = `http://127.0.0.1:${port}/world/accounts/${OWNER}/${what}`
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(await answer.text())
    await answer.text()
  }
  const sent: string[] = []
  let remark = -1
  for (let round = 0; round < 3; round++) {
    const environment = { MUSTER_DATA_DIR: dataDir, MUSTER_EMULATOR_PORT: String(port), MUSTER_PHONES: '1' }
    t.is(await emulator.start(environment), 'ready')
    const until = sent.length + 10 + Math.floor(random() * 20)
    // New names for all contacts, over and over, so that the log is compacted while messages are written.
    const renaming = (async () => {
      for (let next = remark + 1; ; next++) {
        await post('contacts', { contacts: people(200).map((one) => ({ ...one, remark: String(next) })) })
        remark = next
      }
    })()
    const sending = (async () => {
      for (let next = sent.length; ; next = sent.length) {
        await post('messages', { from: 'wxid_p0', text: `${round}-${next}` })
        sent.push(`${round}-${next}`)
        if (sent.length === until) await emulator.kill()
      }
    })()
    await Promise.allSettled([renaming, sending])
    const survivor = await startEmulator({ phones: 1, dataDir })
    const { messages, accounts } = survivor.world()
    await survivor.close()
    const texts = messages.map(({ text }) => text ?? '')
    t.is(new Set(texts).size, texts.length)
    t.deepEqual(
      sent.filter((text) => !texts.includes(text)),
      [],
    )
    const remarks = accounts[0]?.contacts.map((contact) => Number(contact.remark)) ?? []
    t.is(remarks.length, 200)
    t.true(Math.min(...remarks) >= remark, `${remark}: ${remarks.join()}`)
    remark = Math.max(...remarks)
  }
})

test('a world of ten thousand messages is as quick to look at as an empty one', async (t) => {
  const emulator = await emulatorFor(t)
  emulator.addContacts(OWNER, people(1000))
  const send = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      const message = { from: `wxid_p${index % 1000}`, text: '你好' }
      await emulator.dispatch('POST', `/world/accounts/${OWNER}/messages`, message)
    }
  }
  const phone = await EmulatedPhone.open(emulator)
  const nodes = async (): Promise<number> => (await phone.source()).split('<').length
  const look = async (): Promise<number[]> => {
    const counts = [await nodes()]
    await phone.tap(words('通讯录'))
    counts.push(await nodes())
    await phone.tap(named('搜索'))
    await phone.type(INPUT, '朋友')
    counts.push(await nodes())
    await phone.back(2)
    await phone.tap(words('微信'))
    return counts
  }
  await send(1000)
  const before = await look()
  await send(9000)
  t.deepEqual(await look(), before, 'a screen shows as much as fits on it')
  const [one, other] = [emulator.world(), emulator.world()]
  t.is(one.messages.length, 10_000)
  t.true(
    one.messages.every((message, index) => message === other.messages[index]),
    'a look at the world copies no message',
  )
  await send(1)
  t.is(one.messages.length, 10_000, 'what happens later does not show in it')
})

test('no phones are a world too', async (t) => {
  const emulator = await emulatorFor(t, { phones: 0 })
  t.deepEqual(await emulator.dispatch('GET', '/phones'), [])
  t.deepEqual(emulator.world(), { accounts: [], moments: [], messages: [], groups: [], effects: [] })
  const error = await t.throwsAsync(EmulatedPhone.open(emulator))
  t.regex(error?.message ?? '', /"phone-1" is no phone here; phones are none/)
})

test('its settings come from the command line, then the environment, and name what is wrong', (t) => {
  const phones = (args: string[], env: Record<string, string>): unknown => {
    const options = optionsFrom(args, env)
    return options === 'help' ? options : options.phones
  }
  t.is(phones([], { MUSTER_PHONES: '0' }), 0)
  t.is(phones([], { MUSTER_PHONES: '' }), 5)
  t.is(phones(['--phones', '3'], { MUSTER_PHONES: '0' }), 3)
  t.is(phones(['--help'], {}), 'help')
  for (const wrong of ['', 'many', '-1', '10001', '2.5']) {
    t.throws(() => phones(['--phones', wrong], {}), { message: /phones/ }, wrong)
  }
  t.throws(() => phones([], { MUSTER_EMULATOR_PORT: '65536' }), { message: /port/ })
})
