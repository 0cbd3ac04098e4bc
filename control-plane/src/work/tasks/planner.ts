import type { ItemRow } from '../../infra/database/tables/tasks.ts'
import { kindOf, type TaskParams } from './kinds/index.ts'
import type { PlannableItem, PlannedCommand, SkipReason } from './kinds/kind.ts'

// From what a task is to do to commands: data in, data out. What a command says is the task's kind to know.

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
