import test from 'ava'
import { reactions } from './reactions.ts'
import { draftItem } from '../item-draft.ts'
import type { ReceiverSnapshot } from '../snapshots.ts'

/** Counts how often somebody asks for an author. */
class Authors extends Map<number, ReceiverSnapshot> {
  asked = 0

  override get(accountId: number): ReceiverSnapshot | undefined {
    this.asked++
    return super.get(accountId)
  }
}

function posts(count: number) {
  const items = Array.from({ length: count }, (_, at) => ({
    ...draftItem({ deviceId: at + 1, accountId: at + 1, receiver: `d${at}`, payload: { action: 'PUBLISH' } }),
    id: at + 100,
  }))
  const friend = (id: number) => ({ wechatId: `w${id}`, nickname: '', remark: '', isGroup: false, memberCount: 0 })
  return { items, authors: new Authors(items.map(({ deviceId }) => [deviceId, friend(deviceId)])) }
}

test('a Moment that asks for no reactions is not looked at device by device', (t) => {
  const { items, authors } = posts(1000)
  const none = { autoLike: false, autoComment: false, commentTexts: ['nice'] }
  t.deepEqual(reactions(none, items, authors), [])
  t.is(authors.asked, 0)
})

test('every other device likes a Moment and comments on it, the texts in turn, its author never', (t) => {
  const { items, authors } = posts(3)
  const made = reactions({ autoLike: true, autoComment: true, commentTexts: ['one', 'two'] }, items, authors)
  t.deepEqual(
    made
      .filter(({ dependsOnItemId }) => dependsOnItemId === 100)
      .map(({ deviceId, action, receiver, payload }) => {
        const { author, text } = JSON.parse(payload) as { author: ReceiverSnapshot; text?: string }
        return [deviceId, action, receiver, author.wechatId, text]
      }),
    [
      [2, 'LIKE', 'd0', 'w1', undefined],
      [2, 'COMMENT', 'd0', 'w1', 'two'],
      [3, 'LIKE', 'd0', 'w1', undefined],
      [3, 'COMMENT', 'd0', 'w1', 'one'],
    ],
  )
  t.is(made.length, 3 * 2 * 2)
})
