import { AgentError } from '@muster/sdk/agent'
import type { Receiver } from '@muster/proto'
import type { AppScreen } from '../screen/app-screen.ts'
import { below, type Snapshot, type UiElement } from '../screen/snapshot.ts'
import type { Locators } from './locators.ts'
import { readRow } from './search.ts'

const PUBLISH = '发表'
const WHO_MAY_SEE = '谁可以看'
const DONE = '完成'

export type Audience =
  | { readonly type: 'ALL' | 'PRIVATE' }
  | { readonly type: 'INCLUDE' | 'EXCLUDE'; readonly people: readonly Receiver[] }

const LABELS = { ALL: '公开', PRIVATE: '私密', INCLUDE: '部分可见', EXCLUDE: '不给谁看' } as const

/** What the composer says about the audience. */
export const audienceLabel = (audience: Audience): string =>
  'people' in audience ? `${LABELS[audience.type]}(${audience.people.length})` : LABELS[audience.type]

const inputOf = (screen: Snapshot): UiElement | undefined => (screen.button(PUBLISH) ? screen.input : undefined)

/** Writes the text in place of whatever was kept from another time. */
export async function writeMoment(screen: AppScreen, text: string): Promise<void> {
  await screen.fill('the composer', inputOf, text)
}

/** Chooses who may see it. Throws CONTACT_NOT_FOUND and CONTACT_AMBIGUOUS for somebody of the audience. */
export async function chooseAudience(screen: AppScreen, locators: Locators, audience: Audience): Promise<void> {
  await screen.tap(WHO_MAY_SEE, (seen) => (inputOf(seen) ? seen.text(WHO_MAY_SEE) : undefined))
  const label = LABELS[audience.type]
  await screen.tap(label, (seen) => (inputOf(seen) ? undefined : seen.text(label)))
  if ('people' in audience) {
    for (const [index, person] of audience.people.entries()) await tick(screen, locators, person, index + 1)
    await screen.tap(DONE, (seen) => seen.button(`${DONE}(${audience.people.length})`))
  }
  await screen.tap(DONE, (seen) => (seen.text(LABELS.PRIVATE) ? seen.button(DONE) : undefined))
  await screen.waitFor('the audience on the composer', (seen) => audienceOn(seen, audience))
}

async function tick(
  screen: AppScreen,
  { rowName, rowDetail }: Locators,
  person: Receiver,
  count: number,
): Promise<void> {
  const query = person.wechatId || person.remark || person.nickname
  const input = (seen: Snapshot): UiElement | undefined =>
    seen.find(({ text, cls }) => cls === 'Button' && text.startsWith(DONE)) ? seen.input : undefined
  await screen.fill('the search of people', input, query)
  const seen = await screen.look()
  const rows = (seen.list?.children ?? [])
    .map((row) => readRow(row, rowName, rowDetail))
    .filter((row) => (person.wechatId === '' ? row.name === query : row.detail === `微信号：${query}`))
  const [row, ...others] = rows
  if (!row) throw new AgentError('CONTACT_NOT_FOUND', `the audience: the phone has no contact "${query}"`)
  if (others.length > 0)
    throw new AgentError('CONTACT_AMBIGUOUS', `the audience: several contacts are called "${query}"`)
  if (!below(row.element).some(({ checked }) => checked)) await screen.tapSeen(row.element)
  await screen.waitFor(`${count} people`, (now) => now.button(`${DONE}(${count})`))
}

const audienceOn = (screen: Snapshot, audience: Audience): true | undefined =>
  inputOf(screen) && screen.find(({ text }) => text === audienceLabel(audience)) ? true : undefined

/** The last button, only while everything above it is as it was asked for. */
export function readyToPublish(
  screen: Snapshot,
  wanted: { text: string; pictures: number; audience: Audience },
): UiElement | undefined {
  const input = inputOf(screen)
  if (!input || !audienceOn(screen, wanted.audience)) return undefined
  const written = input.text === input.hint ? '' : input.text
  const pictures = screen.all(({ cls, desc }) => cls === 'ImageView' && /^图片 \d+$/.test(desc)).length
  const button = screen.button(PUBLISH)
  return written === wanted.text && pictures === wanted.pictures && button?.enabled ? button : undefined
}

export const isComposer = (screen: Snapshot): boolean => inputOf(screen) !== undefined
