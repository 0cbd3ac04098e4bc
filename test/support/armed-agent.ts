import { CrashPoint, noFaults, type RunningAgent } from '@muster/sdk/agent'

// Runs an agent author's file, unchanged, as a process that can be killed at the kit's fault points.

const faults = new CrashPoint()
faults.arm(process.env['MUSTER_FAULT_POINT'] ?? '')
// What an agent takes that names no fault points.
noFaults.hit = (point) => faults.hit(point)
process.on('message', (message: { id: string; point: string }) => {
  faults.arm(message.point)
  process.send?.({ id: message.id })
})
process.on('disconnect', () => process.exit())
const { agent } = (await import('../../scripts/label-agent.ts')) as { agent: RunningAgent }
await agent.connected
process.send?.({ type: 'ready' })
