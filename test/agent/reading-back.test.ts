import test, { type ExecutionContext } from 'ava'
import { comment, messages, publish } from '../support/commands.ts'
import { effectsOf } from '../support/effects.ts'
import { PhoneRig, wordsOf } from '../support/phone-rig.ts'

const FRIEND = 'wxid_phone2'
const TEXT = '七夕限时7折'
const ADVERTISED = { author: { wechatId: FRIEND }, text: '新品' }
const afterTap = (point: string) => point === 'item.commit.after:1'
const beforeTap = (point: string) => point === 'item.commit.before:1'

/** Accounts that all know each other. */
async function friends(t: ExecutionContext, phones = 2): Promise<PhoneRig> {
  const bench = await PhoneRig.start(t, 'phone-1', { phones, guarded: false })
  const ids = bench.emulator.phones().map(({ wechatId }) => wechatId)
  for (const id of ids)
    bench.emulator.addContacts(
      id,
      ids.filter((other) => other !== id).map((other) => ({ id: other, nickname: other })),
    )
  await bench.world('moments', { author: FRIEND, text: ADVERTISED.text })
  return bench
}

async function said(bench: PhoneRig, texts: readonly string[]): Promise<void> {
  for (const text of texts) await bench.world('messages', { from: FRIEND, text })
}

const numbered = (word: string, count: number): string[] => Array.from({ length: count }, (_, index) => word + index)

test('a message is sent once though ten answers came before the agent could look', async (t) => {
  const bench = await friends(t)
  await said(bench, [...numbered('早', 9), '好的'])
  const command = messages([{ to: { wechatId: FRIEND }, parts: [TEXT] }])
  await bench.life(command, afterTap)
  await said(bench, ['好的', ...numbered('晚', 9)])
  t.deepEqual(wordsOf(await bench.run(command)), ['SUCCEEDED'])
  t.deepEqual(effectsOf(bench), [`to ${FRIEND}: ${TEXT}`])
})

test('a message that was not sent is sent though ten answers came before the agent could look', async (t) => {
  const bench = await friends(t)
  await said(bench, [...numbered('早', 9), '好的'])
  const command = messages([{ to: { wechatId: FRIEND }, parts: [bench.picture(7)] }])
  await bench.life(command, beforeTap)
  await said(bench, ['好的', ...numbered('晚', 9)])
  t.deepEqual(wordsOf(await bench.run(command)), ['SUCCEEDED'])
  t.is(effectsOf(bench).length, 1)
})

test('a message is not sent again when nothing but pictures came after it', async (t) => {
  const bench = await friends(t)
  await said(bench, numbered('早', 10))
  const other = await bench.beside('phone-2')
  const pictures = async (greys: readonly number[]): Promise<void> => {
    const parts = greys.map((grey) => other.picture(grey))
    t.deepEqual(wordsOf(await other.run(messages([{ to: { wechatId: bench.owner }, parts }]))), ['SUCCEEDED'])
  }
  await pictures([1])
  const command = messages([{ to: { wechatId: FRIEND }, parts: [TEXT] }])
  await bench.life(command, afterTap)
  await pictures([2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  t.deepEqual(wordsOf(await bench.run(command)), ['UNKNOWN_EFFECT UNKNOWN_EFFECT'])
  t.deepEqual(effectsOf(bench), [`to ${FRIEND}: ${TEXT}`])
})

test('a text that still stands in the field was not sent, whatever the rows look like', async (t) => {
  const bench = await friends(t)
  await said(
    bench,
    Array.from({ length: 12 }, () => '好的'),
  )
  const command = messages([{ to: { wechatId: FRIEND }, parts: [TEXT] }])
  await bench.life(command, beforeTap)
  t.deepEqual(wordsOf(await bench.run(command)), ['SUCCEEDED'])
  t.deepEqual(effectsOf(bench), [`to ${FRIEND}: ${TEXT}`])
})

test('a comment is made once though others comment meanwhile', async (t) => {
  const bench = await friends(t, 6)
  const command = comment(ADVERTISED, '真不错')
  await bench.life(command, afterTap)
  for (const number of [3, 4, 5, 6]) {
    const other = await bench.beside(`phone-${number}`)
    t.deepEqual(wordsOf(await other.run(comment(ADVERTISED, '真不错'))), ['SUCCEEDED'])
  }
  t.deepEqual(wordsOf(await bench.run(command)), ['UNKNOWN_EFFECT UNKNOWN_EFFECT'])
  t.is(effectsOf(bench).length, 1)
})

test('a comment is made once though the screen lies while it is read back', async (t) => {
  for (const kind of ['TREE_PARTIAL', 'SCREEN_UNEXPECTED'] as const) {
    for (let after = 14; after < 21; after++) {
      const bench = await friends(t)
      const command = comment(ADVERTISED, '真不错')
      await bench.life(command, afterTap)
      bench.fault({ kind, after })
      const [word] = wordsOf(await bench.run(command))
      // Whether a person is found while that happens is another question.
      t.regex(word ?? '', /^SUCCEEDED$|^UNKNOWN_EFFECT/, `${kind} + ${after}`)
      t.is(effectsOf(bench).length, 1, `${kind} + ${after}: ${word}`)
    }
  }
})

test('a Moment is posted once and said to be so though one tree was cut short', async (t) => {
  for (let after = 2; after < 10; after++) {
    for (const [dies, had] of [
      [undefined, 4],
      [beforeTap, 4],
      [afterTap, 3],
      [afterTap, 0],
    ] as const) {
      const bench = await friends(t)
      for (let index = 0; index < had; index++) await bench.world('moments', { author: bench.owner, text: '早安' })
      const command = publish({ text: '早安' })
      const what = `cut short at look ${after}, ${had} before`
      // Before the first life, so that the baseline can be what is cut short; else while it is read back.
      if (dies !== afterTap) bench.fault({ kind: 'TREE_PARTIAL', after })
      if (dies) await bench.life(command, dies)
      if (dies === afterTap) bench.fault({ kind: 'TREE_PARTIAL', after })
      t.deepEqual(wordsOf(await bench.run(command)), ['SUCCEEDED'], what)
      t.is(effectsOf(bench).length, had + 1, what)
    }
  }
})

test('the same again and again is confirmed each time', async (t) => {
  const bench = await friends(t)
  for (let time = 1; time <= 13; time++) {
    const itemId = `item ${time}`
    const all = [
      messages([{ to: { wechatId: FRIEND }, parts: ['早安'], itemId }]),
      publish({ text: '早安', itemId: `${itemId}, posted` }),
      comment({ ...ADVERTISED, itemId: `${itemId}, said` }, '早安'),
    ]
    for (const command of all) t.deepEqual(wordsOf(await bench.run(command)), ['SUCCEEDED'], `time ${time}`)
  }
  t.is(effectsOf(bench).length, 39)
})

test('a message is told to have been sent though WeChat warns right after it, and the account stops', async (t) => {
  const bench = await friends(t, 3)
  const command = messages([
    { to: { wechatId: FRIEND }, parts: [TEXT] },
    { to: { wechatId: 'wxid_phone3' }, parts: [TEXT] },
  ])
  const ended = await bench.life(command, (point) => {
    if (point === 'item.commit.after:1') bench.fault({ kind: 'DIALOG', text: '操作过于频繁，请稍后再试' })
    return false
  })
  t.deepEqual(wordsOf(ended), ['SUCCEEDED RISK_CONTROL', 'FAILED RISK_CONTROL'])
  t.truthy(ended?.result.items[0]?.evidenceId)
  t.deepEqual([ended?.result.status, ended?.result.code], ['COMMAND_STATUS_PARTIAL', 'RISK_CONTROL'])
  t.deepEqual(effectsOf(bench), [`to ${FRIEND}: ${TEXT}`])
})

test('a message of which only the text was sent is neither failed nor repeated, and says what was sent', async (t) => {
  const bench = await friends(t)
  const command = messages([{ to: { wechatId: FRIEND }, parts: [TEXT, bench.picture(1), bench.picture(2)] }])
  const ended = await bench.life(command, (point) => {
    if (point === 'item.done.after:1') bench.fault({ kind: 'HTTP_ERROR', times: 1000 })
    return false
  })
  t.deepEqual(wordsOf(ended), ['UNKNOWN_EFFECT DEVICE_UNREACHABLE'])
  t.regex(ended?.reasons ?? '', /^the text was sent, picture 1 of 2 was not: .*; look before repeating it$/)
  t.deepEqual(effectsOf(bench), [`to ${FRIEND}: ${TEXT}`])
})
