import { Command, EffectClass as WireEffectClass } from '@muster/proto'
import type { ItemRow } from '../../infra/database/tables/tasks.ts'
import { kindOf, type TaskParams } from './kinds/index.ts'
import type { PlannableItem, PlannedCommand, SkipReason } from './kinds/kind.ts'

// From what a task is to do to commands: data in, data out. What a command says is the task's kind to know.

export const LEASE_MS = 60_000

/** An item there is nothing to build a command from, and why. */
export interface UnplannedItem extends SkipReason {
  readonly itemId: number
}

export interface Plan {
  readonly commands: readonly PlannedCommand[]
  readonly unplanned: readonly UnplannedItem[]
}

/** The item of a row, with its payload read. */
export const plannable = <Row extends Omit<PlannableItem, 'payload'> & Pick<ItemRow, 'payload'>>(
  row: Row,
): Omit<Row, 'payload'> & PlannableItem => ({ ...row, payload: JSON.parse(row.payload) as unknown })

/**
 * Cuts the items of a task into commands, device by device.
 * @param minIntervalMs least pause between two effects of an account
 */
export function planCommands(
  params: TaskParams,
  items: readonly PlannableItem[],
  minIntervalMs: (accountId: number | null) => number,
): Plan {
  const kind = kindOf(params)
  const own = items as readonly PlannableItem<{ readonly action: string }>[]
  const unplanned = own.flatMap((item) => {
    const why = kind.unplannable(params, item)
    return why ? [{ itemId: item.id, ...why }] : []
  })
  const left = new Set(unplanned.map(({ itemId }) => itemId))
  const byDevice = Map.groupBy(
    own.filter((item) => !left.has(item.id)),
    (item) => item.deviceId,
  )
  const commands = [...byDevice.values()].flatMap((mine) =>
    kind.plan(params, mine, minIntervalMs(mine[0]?.accountId ?? null)),
  )
  return { commands, unplanned }
}

/** The bytes kept in the command's row; the gateway adds what belongs to one delivery. */
export function encodeCommand(commandId: string, taskId: number, planned: PlannedCommand): Uint8Array {
  return Command.encode({
    commandId,
    taskId,
    attempt: 0,
    deliverWithinMs: 0,
    leaseMs: LEASE_MS,
    maxRunMs: planned.maxRunMs,
    effectClass: WireEffectClass[planned.effectClass],
    traceparent: '',
    accountWechatId: '',
    payload: planned.payload,
  }).finish()
}
