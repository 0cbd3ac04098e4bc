import { Command, EffectClass as WireEffectClass, type CommandPayload } from '@muster/proto'
import type { EffectClass } from '../../infra/database/tables/commands.ts'

/** How long a phone may be silent about a command it has. */
export const LEASE_MS = 60_000

/** A command before it has a row. */
export interface NewCommand {
  readonly deviceId: number
  readonly accountId: number | null
  readonly kind: CommandPayload['$case']
  readonly effectClass: EffectClass
  readonly itemIds: readonly number[]
  readonly payload: CommandPayload
  readonly maxRunMs: number
  /** Place in the device's chain; 0 begins at once, each later one when the one before has ended. */
  readonly position: number
  /** Pause after the one before it. */
  readonly pauseMs: number
}

/** Returns the bytes kept in the command's row; what belongs to one delivery is added when it is claimed. */
export function encodeCommand(commandId: string, taskId: number, command: NewCommand): Uint8Array {
  return Command.encode({
    commandId,
    taskId,
    attempt: 0,
    deliverWithinMs: 0,
    leaseMs: LEASE_MS,
    maxRunMs: command.maxRunMs,
    effectClass: WireEffectClass[command.effectClass],
    traceparent: '',
    accountWechatId: '',
    payload: command.payload,
  }).finish()
}
