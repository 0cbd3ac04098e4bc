import test from 'ava'
import { LocalBus, type GatewayEnd } from './local.ts'

function gateway(heard: string[]): GatewayEnd<string> {
  return {
    online: 1,
    ring: (deviceIds) => void heard.push(`ring ${deviceIds.join()}`),
    cancel: (request) => void heard.push(`cancel ${request}`),
    pushBudget: async (accountId) => void heard.push(`budget ${accountId}`),
    disconnect: (deviceId, reason) => void heard.push(`disconnect ${deviceId}: ${reason}`),
    heardAt: (deviceId) => (deviceId === 1 ? 7 : undefined),
    isOnline: (deviceId) => deviceId === 1,
  }
}

test('every message reaches the gateway, and it answers for its sessions', async (t) => {
  const heard: string[] = []
  const bus = new LocalBus<string>()
  bus.register(gateway(heard))
  await bus.ring([1, 2])
  await bus.cancel('c')
  await bus.pushBudget(3)
  await bus.disconnect(1, 'disabled')
  t.deepEqual(heard, ['ring 1,2', 'cancel c', 'budget 3', 'disconnect 1: disabled'])
  t.deepEqual(
    [await bus.heardAt(1), await bus.heardAt(2), await bus.isOnline(2), await bus.onlineCount()],
    [7, undefined, false, 1],
  )
})

test('before a gateway is there a ring is lost, and everything else is refused', async (t) => {
  const bus = new LocalBus<string>()
  await t.notThrowsAsync(() => bus.ring([1]))
  await t.throwsAsync(() => bus.cancel('c'), { message: /no gateway yet/ })
  await t.throwsAsync(() => bus.isOnline(1), { message: /no gateway yet/ })
})
