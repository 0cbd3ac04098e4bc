import test from 'ava'
import type { FaultOrder } from '@muster/emulator'
import { friendsWithTag, messageTask, type Friend } from '../support/customers.ts'
import { startProduct } from '../support/product.ts'
import { sampleOf } from '../support/sample.ts'

const FRIENDS = 5
type Fault = Partial<FaultOrder> & Pick<FaultOrder, 'kind'>

/** Sends to the friends of one phone for each fault, which is set once everything else is ready. */
async function sendUnder(t: Parameters<typeof startProduct>[0], faults: readonly Fault[]) {
  const product = await startProduct(t, { phones: faults.length })
  const phones = faults.map((_, index) => `phone-${index + 1}`)
  await Promise.all(phones.map(async (phone) => await product.startAgent(phone)))
  const devices = await product.devices(phones)
  const friends = new Map<string, Friend[]>()
  for (const { wechatId } of devices.values())
    friends.set(
      wechatId,
      Array.from({ length: FRIENDS }, (_, index) => ({ id: `${wechatId}_f${index}`, nickname: `朋友 ${index}` })),
    )
  const deviceIds = [...devices.values()].map(({ id }) => id)
  const { tagId } = await friendsWithTag(product, deviceIds, friends)
  for (const [index, fault] of faults.entries()) product.emulator.addFault(`phone-${index + 1}`, fault)
  const taskId = await messageTask(product, { text: '你好{nickname}', tagId, devices: deviceIds })
  await product.finished(taskId)
  const items = await product.items(taskId)
  return {
    product,
    taskId,
    of: (phone: number) => {
      const device = devices.get(`phone-${phone + 1}`)
      const mine = items.filter(({ deviceId }) => deviceId === device?.id)
      const sent = product.emulator.world().messages.filter(({ from }) => from === device?.wechatId)
      return { device, mine, sent, statuses: mine.map(({ status }) => status) }
    },
  }
}

const PASSING: readonly Fault[] = [
  { kind: 'SLOW_SCREEN', times: 20, ms: 300 },
  { kind: 'HTTP_ERROR', times: 3, after: 20 },
  { kind: 'STALE_ELEMENT', times: 4, after: 3 },
  { kind: 'LIST_REORDER', times: 10 },
  { kind: 'DIALOG', times: 3, after: 4 },
  { kind: 'INCOMING_CALL', times: 2, after: 6 },
  { kind: 'KEYBOARD_COVERS', times: 5 },
  { kind: 'APP_KILLED', times: 2, after: 12 },
  { kind: 'TREE_PARTIAL', times: 2, after: 5 },
  { kind: 'STREAM_CUT', times: 2, after: 10 },
]

test('what passes on a phone is passed over: everybody gets one message, and the right one', async (t) => {
  t.timeout(180_000)
  const faults = sampleOf(t, PASSING, 5)
  const { of } = await sendUnder(t, faults)
  for (const [phone, { kind }] of faults.entries()) {
    const { device, mine, sent, statuses } = of(phone)
    const what = `${kind}: ${mine.map(({ status, code, reason }) => `${status} ${code ?? ''} ${reason ?? ''}`).join('; ')}`
    t.deepEqual(new Set(statuses), new Set(['SUCCEEDED']), what)
    const wanted = Array.from({ length: FRIENDS }, (_, index) => `${device?.wechatId}_f${index}: 你好朋友 ${index}`)
    t.deepEqual(sent.map(({ to, text }) => `${to}: ${text}`).toSorted(), wanted, kind)
  }
})

const STOPPING: readonly (Fault & { readonly code: string })[] = [
  { kind: 'TOO_FREQUENT', after: 1, times: 100, code: 'RISK_CONTROL' },
  { kind: 'LOGGED_OUT', after: 1, times: 100, code: 'LOGIN_REQUIRED' },
  { kind: 'TREE_EMPTY', after: 30, times: 100_000, code: 'UI_TREE_EMPTY' },
  { kind: 'SCREEN_UNEXPECTED', after: 2, times: 1000, code: 'UI_CHANGED' },
]

test('what does not pass stops that account alone, with a reason and a picture of the screen', async (t) => {
  t.timeout(180_000)
  const { product, of } = await sendUnder(t, [
    ...STOPPING.map(({ code: _code, ...fault }) => fault),
    { kind: 'DIALOG' },
  ])
  for (const [phone, { kind, code }] of STOPPING.entries()) {
    const { mine, sent, statuses, device } = of(phone)
    const what = `${kind}: ${mine.map((item) => `${item.status} ${item.code ?? ''} ${item.reason ?? ''}`).join('; ')}`
    t.true(
      mine.some((item) => item.code === code),
      what,
    )
    t.true(
      statuses.every((status) => ['SUCCEEDED', 'FAILED', 'UNKNOWN_EFFECT'].includes(status)),
      what,
    )
    // What is said to have been sent was sent, nothing else was, and nobody got it twice.
    t.is(new Set(sent.map(({ to }) => to)).size, sent.length, what)
    const sure = statuses.filter((status) => status === 'SUCCEEDED').length
    const unsure = statuses.filter((status) => status === 'UNKNOWN_EFFECT').length
    t.true(sent.length >= sure && sent.length <= sure + unsure, what)
    const account = await product.ok('GET', `/accounts/${device?.accountId}`)
    t.not(account['status'], 'ACTIVE', what)
    const failed = mine.find((item) => item.code === code && item.evidenceUrl !== null)
    t.truthy(failed, `${what}: has evidence`)
  }
  const { statuses } = of(STOPPING.length)
  t.deepEqual(new Set(statuses), new Set(['SUCCEEDED']), 'the phone beside them is not held up')
})
