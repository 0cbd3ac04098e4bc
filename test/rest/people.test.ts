import test, { type ExecutionContext } from 'ava'
import { startTestPlane, type TestPlane } from '../support/test-plane.ts'

interface Page<T> {
  readonly items: T[]
  readonly total: number
}

async function planeWithAccount(t: ExecutionContext): Promise<{ plane: TestPlane; accountId: number }> {
  const plane = await startTestPlane(t)
  const agent = await plane.enrol('a')
  await agent.connect()
  const device = await plane.ok('GET', `/devices/${agent.deviceId}`)
  return { plane, accountId: Number(device['accountId']) }
}

async function importCsv(plane: TestPlane, accountId: number, csv: string | Uint8Array<ArrayBuffer>) {
  const form = new FormData()
  form.append('accountId', String(accountId))
  form.append('file', new Blob([csv], { type: 'text/csv' }), 'people.csv')
  return await plane.call('POST', '/customers/import', form)
}

const names = async (plane: TestPlane, query = '') =>
  ((await plane.ok('GET', `/customers?size=100${query}`)) as unknown as Page<{ nickname: string }>).items.map(
    ({ nickname }) => nickname,
  )

test('an import takes the good rows, says which it refused and why, and adds nobody twice', async (t) => {
  const { plane, accountId } = await planeWithAccount(t)
  const first = await importCsv(
    plane,
    accountId,
    '\uFEFFwechatId,nickname,remark,optOut\nw1,甲,,TRUE\nw2,乙,老乙,0\n,丙,,\n,丙,,\nw5,戊,,maybe\nw6,己,,,too many\n,,,\n',
  )
  t.is(first.status, 200, first.msg)
  const report = first.data as { taken: number; refused: { line: number; reason: string }[] }
  t.is(report.taken, 3)
  t.deepEqual(
    report.refused.map(({ line }) => line),
    [5, 6, 7, 8],
  )
  t.regex(report.refused[0]?.reason ?? '', /line 4/)
  t.regex(report.refused[1]?.reason ?? '', /optOut/)
  t.regex(report.refused[2]?.reason ?? '', /5 fields/)
  const again = await importCsv(plane, accountId, 'wechatId,nickname,remark\nw1,another name,\n,乙,老乙\n,丙,\n')
  t.deepEqual((again.data as typeof report).refused.length, 3)
  t.deepEqual(await names(plane), ['甲', '乙', '丙'])
  const { items } = (await plane.ok('GET', '/customers')) as unknown as Page<{ nickname: string; optOut: boolean }>
  t.deepEqual(
    items.map(({ optOut }) => optOut),
    [true, false, false],
  )
})

test('an import reads what Excel in China writes, and refuses what is no text or no table', async (t) => {
  const { plane, accountId } = await planeWithAccount(t)
  // "nickname" and the two characters 张三 in GBK.
  const gbk = Uint8Array.from([...Buffer.from('nickname\n'), 0xd5, 0xc5, 0xc8, 0xfd, 0x0a])
  t.is((await importCsv(plane, accountId, gbk)).status, 200)
  t.is((await importCsv(plane, accountId, '微信号,昵称,备注\nw4,李四,老李\n')).status, 200)
  t.deepEqual(await names(plane), ['张三', '李四'])
  const cases: [string, string | Uint8Array<ArrayBuffer>, RegExp][] = [
    ['no text', Uint8Array.from([0xff, 0xff, 0x00, 0x81]), /UTF-8/],
    ['no nickname', 'wechatId\nw1\n', /nickname/],
    ['an unknown column', 'nickname,colour\nx,red\n', /colour/],
    ['nothing', '', /nickname/],
  ]
  for (const [what, csv, why] of cases) {
    const answer = await importCsv(plane, accountId, csv)
    t.deepEqual([answer.status, answer.code], [400, 'INVALID_REQUEST'], what)
    t.regex(answer.msg, why, what)
  }
  t.is((await importCsv(plane, 9999, 'nickname\n')).status, 404)
  t.deepEqual(await names(plane), ['张三', '李四'])
})

test('two customers of one account cannot get one WeChat id, by whichever way', async (t) => {
  const { plane, accountId } = await planeWithAccount(t)
  const [one, two] = await Promise.all(
    ['w1', 'w2'].map(async (wechatId) => await plane.ok('POST', '/customers', { accountId, nickname: 'x', wechatId })),
  )
  const twice = await plane.call('PATCH', `/customers/${Number(two?.['id'])}`, { wechatId: 'w1' })
  t.deepEqual([twice.status, twice.msg.includes(`customer ${Number(one?.['id'])}`)], [409, true])
  t.is((await plane.call('PATCH', `/customers/${Number(one?.['id'])}`, { wechatId: 'w1', remark: 'r' })).status, 200)
})

test('a keyword is text: its letters match in either case, and no character means another', async (t) => {
  const { plane, accountId } = await planeWithAccount(t)
  for (const nickname of ['100%', 'under_score', "it's", 'Anna', '小明'])
    await plane.ok('POST', '/customers', { accountId, nickname })
  const found = async (keyword: string) => await names(plane, `&keyword=${encodeURIComponent(keyword)}`)
  t.deepEqual(await found('%'), ['100%'])
  t.deepEqual(await found('_'), ['under_score'])
  t.deepEqual(await found("'"), ["it's"])
  t.deepEqual(await found('aNN'), ['Anna'])
  t.deepEqual(await found('明'), ['小明'])
  const devices = async (keyword: string) => (await plane.ok('GET', `/devices?keyword=${keyword}`))['total']
  t.deepEqual([await devices('wxid_a'), await devices('wxid_b')], [1, 0])
})

test('blank names are refused, and a renamed device is told of', async (t) => {
  const { plane, accountId } = await planeWithAccount(t)
  t.is((await plane.call('POST', '/customers', { accountId, nickname: '   ' })).status, 400)
  t.is((await plane.call('PATCH', '/devices/1', { name: '  ' })).status, 400)
  await plane.ok('PATCH', '/devices/1', { name: ' renamed ' })
  t.is((await plane.ok('GET', '/devices/1'))['name'], 'renamed')
  const online = new Set<number>()
  await plane.events.find('the second ONLINE', ({ type, id, status, seq }) => {
    if (type === 'device.updated' && id === 1 && status === 'ONLINE') online.add(seq)
    return online.size === 2
  })
  t.pass()
})

test('a brace in a template is a declared variable or written twice', async (t) => {
  const { plane } = await planeWithAccount(t)
  const create = async (content: string) =>
    await plane.call('POST', '/message/templates', {
      name: 't',
      type: 'TEXT',
      content,
      variables: ['nickname'],
      materialIds: [],
    })
  for (const content of ['{first name}', '{1}', '{a-b}', '{ nickname }', 'a { b', 'a } b', '{}']) {
    const answer = await create(content)
    t.deepEqual([answer.status, answer.msg.startsWith('content')], [400, true], content)
  }
  for (const content of ['{nickname}', '{{first name}}', '{{{nickname}}}', '{{}}'])
    t.is((await create(content)).status, 200, content)
})

test('a customer and a tag stay as long as an unfinished task needs them', async (t) => {
  const { plane, accountId } = await planeWithAccount(t)
  const scheduledTime = new Date(Date.now() + 24 * 3_600_000).toISOString()
  const one = Number((await plane.ok('POST', '/customers', { accountId, nickname: 'x', wechatId: 'w1' }))['id'])
  const two = Number((await plane.ok('POST', '/customers', { accountId, nickname: 'y', wechatId: 'w2' }))['id'])
  const tag = Number((await plane.ok('POST', '/tags', { name: 'vip' }))['id'])
  await plane.ok('POST', '/customers/tags', { customerIds: [one], add: [tag], remove: [] })
  const template = { name: 't', type: 'TEXT', content: 'hi', variables: [], materialIds: [] }
  const { id: templateId } = await plane.ok('POST', '/message/templates', template)
  const receivers = { type: 'TAG', tagIds: [tag], groupIds: [], customerIds: [] }
  const message = { templateId, name: 'm', receivers, devices: [1], scheduledTime }
  const moment = { content: 'a', devices: [1], visibleTo: 'INCLUDE', customerIds: [two], scheduledTime }
  const tasks = [
    Number((await plane.ok('POST', '/message/tasks', message))['taskId']),
    Number((await plane.ok('POST', '/wechat/moments/tasks', moment))['taskId']),
  ]
  for (const [path, task] of [
    [`/customers/${one}`, tasks[0]],
    [`/tags/${tag}`, tasks[0]],
    [`/customers/${two}`, tasks[1]],
  ] as const) {
    const refused = await plane.call('DELETE', path)
    t.deepEqual([refused.status, refused.code], [409, 'CONFLICT'], path)
    t.regex(refused.msg, new RegExp(`task ${task};`), path)
  }
  t.deepEqual(await names(plane), ['x', 'y'])
  for (const task of tasks) await plane.ok('POST', `/tasks/${task}/cancel`)
  for (const path of [`/customers/${one}`, `/customers/${two}`, `/tags/${tag}`]) await plane.ok('DELETE', path)
  t.deepEqual(await names(plane), [])
})

test('the last day of a span is in it', async (t) => {
  const { plane } = await planeWithAccount(t)
  await plane.ok('POST', '/wechat/friends/sync', { devices: [1] })
  const { items } = (await plane.ok('GET', '/tasks')) as unknown as Page<{ createTime: string }>
  const day = items[0]?.createTime.slice(0, 10)
  const total = async (query: string) => (await plane.ok('GET', `/tasks?${query}`))['total']
  t.is(await total(`startTime=${day}&endTime=${day}`), 1)
  t.is(await total(`endTime=${day}T00:00:00`), 0)
})

test('kill switches can be listed by whether they are lifted', async (t) => {
  const { plane } = await planeWithAccount(t)
  const { id } = await plane.ok('POST', '/kill-switches', { scope: 'FLEET', reason: 'first' })
  await plane.ok('DELETE', `/kill-switches/${Number(id)}`)
  await plane.ok('POST', '/kill-switches', { scope: 'FLEET', reason: 'second' })
  const reasons = async (query: string) =>
    ((await plane.ok('GET', `/kill-switches?${query}`)) as unknown as Page<{ reason: string }>).items.map(
      ({ reason }) => reason,
    )
  t.deepEqual(await reasons('active=true'), ['second'])
  t.deepEqual(await reasons('active=false'), ['first'])
  t.deepEqual(await reasons(''), ['second', 'first'])
})
