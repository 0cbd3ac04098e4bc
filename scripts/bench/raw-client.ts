import type { ConnectRequest } from '@muster/proto'
import { CommandStatus, ItemStatus } from '@muster/proto'
import { clientFor, enrol } from '@muster/sdk/agent'
import { serve } from './child.ts'

// Streams that answer each message with one of the size of a result, and do nothing else.

const outcome = { itemId: '1', status: ItemStatus.SUCCEEDED, code: '', reason: '', evidenceId: '', atUnixMs: 1 }
const result: ConnectRequest = {
  sessionEpoch: 1,
  frames: [
    {
      frame: {
        $case: 'result',
        value: {
          commandId: '018f0000-0000-7000-8000-000000000000',
          status: CommandStatus.SUCCEEDED,
          code: '',
          reason: '',
          items: [outcome],
          evidenceId: '',
          shortForm: false,
        },
      },
    },
  ],
}

serve({
  connect: async ({ address, dir, code, count }: { address: string; dir: string; code: string; count: number }) => {
    const device = { name: 'raw', type: 'ANDROID', model: 'raw', osVersion: '14', emulated: true }
    const identity = await enrol({ directory: dir, code, address, device })
    for (let index = 0; index < count; index++) {
      const stream = clientFor(address, identity).connect()
      stream.on('error', () => undefined)
      stream.on('data', () => stream.write(result))
      // The server has the stream once the first message is there.
      stream.write({ sessionEpoch: 1, frames: [] })
    }
  },
})
