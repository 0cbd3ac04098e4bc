import test from 'ava'
import { sharedTestPlane } from '../support/test-plane.ts'

// What would not fit into one message to a phone is refused before it is a task.

const shared = sharedTestPlane(test)

test.serial('a text that variables make too long is refused with its length', async (t) => {
  const plane = shared()
  const agent = await plane.enrol('talker')
  await agent.connect()
  const accountId = Number((await plane.ok('GET', `/devices/${agent.deviceId}`))['accountId'])
  await plane.ok('POST', '/customers', { accountId, nickname: 'listener', wechatId: 'wxid_listener' })
  const template = { name: 't', type: 'TEXT', content: '{word}'.repeat(800), variables: ['word'], materialIds: [] }
  const { id: templateId } = await plane.ok('POST', '/message/templates', template)
  const receivers = { type: 'ALL', tagIds: [], groupIds: [], customerIds: [] }
  const body = (word: string) => ({ templateId, receivers, variables: { word }, devices: [agent.deviceId] })
  const refused = await plane.call('POST', '/message/tasks', body('x'.repeat(21)))
  t.deepEqual([refused.status, refused.code], [400, 'INVALID_REQUEST'])
  t.regex(refused.msg, /variables: .*16800 characters.*at most 16000/)
  t.not((await plane.call('POST', '/message/tasks', body('x'.repeat(20)))).code, 'INVALID_REQUEST')
})

test.serial('an audience larger than one command can name is refused with its size', async (t) => {
  const plane = shared()
  const agent = await plane.enrol('poster')
  await agent.connect()
  const accountId = Number((await plane.ok('GET', `/devices/${agent.deviceId}`))['accountId'])
  const { id: tagId } = await plane.ok('POST', '/tags', { name: 'many' })
  await plane.sql(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2001)
     INSERT INTO customers (account_id, wechat_id, nickname, created_at) SELECT ${accountId}, 'crowd' || i, 'crowd', 0 FROM n;
     INSERT INTO customer_tags (customer_id, tag_id) SELECT id, ${Number(tagId)} FROM customers WHERE nickname = 'crowd'`,
  )
  const body = { content: 'hi', devices: [agent.deviceId], visibleTo: 'INCLUDE', tagIds: [tagId] }
  const refused = await plane.call('POST', '/wechat/moments/tasks', body)
  t.deepEqual([refused.status, refused.code], [400, 'INVALID_REQUEST'])
  t.regex(refused.msg, /tagIds: .*2001 customers.*at most 2000/)
})
