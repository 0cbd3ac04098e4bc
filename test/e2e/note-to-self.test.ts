import test from 'ava'
import { startProduct } from '../support/product.ts'

test('a note is written into the own chat of each account, within its cap', async (t) => {
  const product = await startProduct(t, { phones: 2 })
  const phones = ['phone-1', 'phone-2']
  await Promise.all(phones.map(async (phone) => await product.startAgent(phone)))
  const found = [...(await product.devices(phones)).values()]
  const devices = found.map(({ id }) => id)
  const text = '备忘：下午发货'
  const path = '/wechat/note-to-self'

  const dryRun = await product.ok('POST', `${path}?dryRun=true`, { text, devices })
  t.like(dryRun, { wouldSend: 2, skipped: [] })
  const scheduledTime = new Date(Date.now() + 3_600_000).toISOString()
  const draft = Number((await product.ok('POST', path, { text: 'draft', devices, scheduledTime }))['taskId'])
  const changed = await product.ok('PATCH', `/tasks/${draft}`, { params: { text: 'changed' } })
  t.deepEqual(changed['params'], { kind: 'NOTE_TO_SELF', text: 'changed' })
  await product.ok('DELETE', `/tasks/${draft}`)
  for (const wrong of [{ devices }, { text: ' ', devices }])
    t.is((await product.call('POST', path, wrong)).status, 400, JSON.stringify(wrong))

  const [capped] = found
  await product.ok('PATCH', `/accounts/${capped?.accountId}`, { caps: { messages: 1 } })
  const send = async () => {
    const taskId = Number((await product.ok('POST', path, { text, devices }))['taskId'])
    return { taskId, status: await product.finished(taskId) }
  }
  const first = await send()
  t.is(first.status, 'COMPLETED')
  const second = await send()
  t.is(second.status, 'PARTIAL')
  const skipped = (await product.items(second.taskId)).find(({ status }) => status !== 'SUCCEEDED')
  t.deepEqual([skipped?.deviceId, skipped?.code], [capped?.id, 'BUDGET_SPENT'])

  const listed = await product.ok('GET', path)
  t.deepEqual(
    (listed['items'] as { id: number; kind: string }[]).map(({ id, kind }) => [id, kind]),
    [second.taskId, first.taskId].map((id) => [id, 'NOTE_TO_SELF']),
  )
  t.deepEqual((await product.ok('GET', `${path}/${first.taskId}`))['params'], { kind: 'NOTE_TO_SELF', text })
  const written = product.emulator.world().messages.map(({ from, to, text: words }) => `${from} to ${to}: ${words}`)
  const [one, two] = found.map(({ wechatId }) => wechatId)
  const noteOf = (from: string | undefined) => `${from} to filehelper: ${text}`
  t.deepEqual(written.toSorted(), [noteOf(one), noteOf(two), noteOf(two)].toSorted())
})
