import test from 'ava'
import type { CommandPayload } from '@muster/proto'
import { comment, like, messages, publish } from '../support/commands.ts'
import { effectsOf } from '../support/effects.ts'
import { PhoneRig, wordsOf } from '../support/phone-rig.ts'

const LABELS = ['赞', '取消', '评论', '朋友圈', '发现', '查找聊天记录', '从相册选择']

for (const number of [1, 2]) {
  const author = `wxid_phone${3 - number}`

  const reactTo = async (bench: PhoneRig, text: string): Promise<void> => {
    const about = { author: { wechatId: author }, text }
    const commands: CommandPayload[] = [
      like({ ...about, itemId: 'liked' }),
      comment({ ...about, itemId: 'said' }, '真不错'),
    ]
    for (const command of commands) await bench.run(command)
  }

  test(`people and Moments called like labels of the app are liked and commented, phone ${number}`, async (t) => {
    for (const [nickname, text] of [
      ...LABELS.map((label) => [label, '新品'] as const),
      ...LABELS.map((label) => ['二号', label] as const),
      ['取消', '评论'] as const,
    ]) {
      const bench = await PhoneRig.start(t, `phone-${number}`, { guarded: false })
      bench.emulator.addContacts(bench.owner, [{ id: author, nickname }])
      bench.emulator.addContacts(author, [{ id: bench.owner, nickname: '老板' }])
      await bench.world('moments', { author, text })
      await reactTo(bench, text)
      t.deepEqual(
        effectsOf(bench),
        [`like of ${author}: ${text}`, `comment on ${author}: ${text}: 真不错`],
        `${nickname}: ${text}`,
      )
    }
  })

  test(`a Moment of pictures alone is liked and commented, phone ${number}`, async (t) => {
    const bench = await PhoneRig.start(t, `phone-${number}`, { guarded: false })
    const other = await bench.beside(`phone-${3 - number}`)
    bench.emulator.addContacts(bench.owner, [{ id: author, nickname: '二号' }])
    bench.emulator.addContacts(author, [{ id: bench.owner, nickname: '老板' }])
    t.deepEqual(wordsOf(await other.run(publish({ images: [other.picture(1)] }))), ['SUCCEEDED'])
    await bench.world('moments', { author, text: '新品' })
    await reactTo(bench, '')
    t.deepEqual(effectsOf(bench), [`like of ${author}: `, `comment on ${author}: : 真不错`])
  })

  test(`of two Moments with the same words the one with as many pictures is liked, phone ${number}`, async (t) => {
    const bench = await PhoneRig.start(t, `phone-${number}`, { guarded: false })
    const other = await bench.beside(`phone-${3 - number}`)
    bench.emulator.addContacts(bench.owner, [{ id: author, nickname: '二号' }])
    bench.emulator.addContacts(author, [{ id: bench.owner, nickname: '老板' }])
    for (const images of [[other.picture(1), other.picture(2)], [other.picture(3)], []])
      t.deepEqual(wordsOf(await other.run(publish({ text: '早安', images }))), ['SUCCEEDED'])
    for (const pictures of [1, 2]) {
      const moment = { author: { wechatId: author }, text: '早安', pictures }
      t.deepEqual(wordsOf(await bench.run(like({ ...moment, itemId: `liked ${pictures}` }))), ['SUCCEEDED'])
    }
    t.deepEqual(
      bench.emulator.world().moments.map(({ images, likes }) => [images.length, likes.length]),
      [
        [2, 1],
        [1, 1],
        [0, 0],
      ],
    )
  })

  test(`a picture goes to somebody called 相册 who says 相册, phone ${number}`, async (t) => {
    const bench = await PhoneRig.start(t, `phone-${number}`, { guarded: false })
    bench.emulator.addContacts(bench.owner, [{ id: 'wxid_album', nickname: '相册' }])
    await bench.world('messages', { from: 'wxid_album', text: '相册' })
    const picture = bench.picture(3)
    const command = messages([{ to: { wechatId: 'wxid_album' }, parts: [picture] }])
    t.deepEqual(wordsOf(await bench.run(command)), ['SUCCEEDED'])
    t.deepEqual(effectsOf(bench), [`to wxid_album: ${picture.sha256}`])
  })
}
