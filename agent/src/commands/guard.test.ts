import test from 'ava'
import { EffectClass } from '@muster/proto'
import type { DeviceHealth } from '../device-health.ts'
import { guarded } from './guard.ts'

const healthy = { check: async () => undefined } as unknown as DeviceHealth
const { likeMoment, syncGroups } = guarded(
  { likeMoment: { run: async () => undefined }, syncGroups: { run: async () => undefined } },
  healthy,
)
const headOf = (effectClass: EffectClass) => ({ commandId: 'c', accountWechatId: '', effectClass })

test('what takes effect once is refused from a plane that would send it again', async (t) => {
  const like = { itemId: 'i1', moment: undefined }
  for (const weaker of [EffectClass.READ, EffectClass.IDEMPOTENT, EffectClass.UNSPECIFIED])
    t.like(await likeMoment?.check?.(like, headOf(weaker)), { kind: 'rejected', code: 'UNSUPPORTED' })
  t.is(await likeMoment?.check?.(like, headOf(EffectClass.ONCE)), undefined)
  t.is(await syncGroups?.check?.({ itemId: 'i1', withMembers: true }, headOf(EffectClass.READ)), undefined)
})
