import { join } from 'node:path'
import { startLightPhone } from '@muster/emulator'
import { enrol, type Identity, type RunningAgent } from '@muster/sdk/agent'
import { pino } from 'pino'
import { serve } from './child.ts'

// The fleet of the bench: light phones, all in one process.

const log = pino({ level: 'silent' })
const agents: RunningAgent[] = []
let connections = 0

const phoneName = (index: number): string => `light-${index}`

serve({
  /** Enrols phones one after the other, and connects them all. Resolves when each has a session. */
  add: async (options: { address: string; dir: string; from: number; codes: string[]; friends: number }) => {
    const { address, dir, from, codes, friends } = options
    const identities: Identity[] = []
    for (const [index, code] of codes.entries()) {
      const name = phoneName(from + index)
      const device = { name, type: 'ANDROID', model: 'light', osVersion: '14', emulated: true }
      identities.push(await enrol({ directory: join(dir, name), code, address, device }))
    }
    for (const [index, identity] of identities.entries()) {
      const wechatId = `wxid_${phoneName(from + index)}`
      const agent = await startLightPhone({
        identity,
        address,
        wechatId,
        log,
        friends,
        onMoment: (text) => {
          if (text.startsWith('latency')) process.send?.({ seen: text, at: performance.timeOrigin + performance.now() })
        },
        onConnected: () => {
          connections++
        },
      })
      agents.push(agent)
    }
    await Promise.all(agents.map(async ({ connected }) => await connected))
  },
  connections: () => connections,
})
