import type { ExecutionContext } from 'ava'
import type { CommandPayload } from '@muster/proto'
import { comment, like, messages, note, publish } from './commands.ts'
import { PhoneRig, type RigOptions } from './phone-rig.ts'

/** A command with an effect, and all that it may do to the world. */
export interface EffectCase {
  readonly name: string
  payload(bench: EffectBench): CommandPayload
  /** As `effectsOf` tells it. */
  expected(bench: EffectBench): readonly string[]
}

/** An agent between a friend, somebody of the same name, and a group of the same name as another. */
export interface EffectBench extends PhoneRig {
  readonly friend: string
}

const TEXT = '七夕限时7折'
const POST = '新品'

export const EFFECTS: readonly EffectCase[] = [
  {
    name: 'a text',
    payload: ({ friend }) => messages([{ to: { wechatId: friend }, parts: [TEXT] }]),
    expected: ({ friend }) => [`to ${friend}: ${TEXT}`],
  },
  {
    name: 'a text with a picture',
    payload: (bench) => messages([{ to: { wechatId: bench.friend }, parts: [TEXT, bench.picture(5)] }]),
    expected: (bench) => [`to ${bench.friend}: ${TEXT}`, `to ${bench.friend}: ${bench.picture(5).sha256}`],
  },
  {
    name: 'a text to a group',
    payload: () => messages([{ to: { nickname: '客户群', isGroup: true, memberCount: 3 }, parts: [TEXT] }]),
    expected: () => [`to group-1: ${TEXT}`],
  },
  {
    name: 'a Moment with two pictures',
    payload: (bench) =>
      publish({
        text: TEXT,
        images: [bench.picture(1), bench.picture(2)],
        visibility: 'VISIBILITY_INCLUDE',
        audience: [{ wechatId: bench.friend, nickname: '', remark: '', isGroup: false, memberCount: 0 }],
      }),
    expected: (bench) => [
      `Moment ${TEXT} of ${bench.picture(1).sha256},${bench.picture(2).sha256} for INCLUDE ${bench.friend}`,
    ],
  },
  {
    name: 'a like',
    payload: ({ friend }) => like({ author: { wechatId: friend }, text: POST }),
    expected: ({ friend }) => [`like of ${friend}: ${POST}`],
  },
  {
    name: 'a comment',
    payload: ({ friend }) => comment({ author: { wechatId: friend }, text: POST }, '真不错'),
    expected: ({ friend }) => [`comment on ${friend}: ${POST}: 真不错`],
  },
  { name: 'a note to oneself', payload: () => note(TEXT), expected: () => [`to filehelper: ${TEXT}`] },
]

/**
 * A world in which things are easily mistaken: the same has been said before, further up than the screen shows, and
 * names are somebody else's too.
 */
export async function effectBench(
  t: ExecutionContext,
  number: 1 | 2,
  options: Pick<RigOptions, 'dispatch'> = {},
): Promise<EffectBench> {
  const bench = await PhoneRig.start(t, `phone-${number}`, { ...options, phones: 3, guarded: false })
  const friend = `wxid_phone${3 - number}`
  const twin = 'wxid_phone3'
  for (const [owner, other] of [friend, twin].map((id) => [id, bench.owner] as const))
    bench.emulator.addContacts(owner, [{ id: other, nickname: '老板' }])
  bench.emulator.addContacts(bench.owner, [
    { id: twin, nickname: '小王' },
    { id: friend, nickname: '小王' },
    ...Array.from({ length: 3 }, (_, index) => ({ id: `wxid_c${index}`, nickname: `客户${index}` })),
  ])
  await bench.world('groups', { name: '客户群', members: ['wxid_c0', 'wxid_c1'] })
  await bench.world('groups', { name: '客户群', members: ['wxid_c0', 'wxid_c1', 'wxid_c2'] })
  for (let index = 0; index < 12; index++)
    await bench.world('messages', { from: friend, text: index % 4 === 3 ? '好的' : `第${index}句` })
  for (const author of [friend, twin]) {
    for (const text of ['旧货', POST]) await bench.world('moments', { author, text })
  }
  return Object.assign(bench, { friend })
}

/** All that the agent's account did to anybody, in words. */
export function effectsOf({ emulator, owner }: PhoneRig): string[] {
  const world = emulator.world()
  const sent = world.messages.filter(({ from }) => from === owner)
  const posted = world.moments.filter(({ author }) => author === owner)
  return [
    ...sent.map(({ to, group, text, image }) => `to ${to ?? group}: ${text ?? image}`),
    ...posted.map(({ text, images, visibility }) => {
      const who = typeof visibility === 'string' ? visibility : `${visibility.type} ${visibility.contacts.join()}`
      return `Moment ${text} of ${images.join()} for ${who}`
    }),
    ...world.moments.flatMap(({ author, text, likes, comments }) => [
      ...likes.filter((by) => by === owner).map(() => `like of ${author}: ${text}`),
      ...comments.filter(({ by }) => by === owner).map((one) => `comment on ${author}: ${text}: ${one.text}`),
    ]),
  ]
}
