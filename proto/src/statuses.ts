import { CommandStatus, ItemStatus, type Command } from '../generated/muster/v1/command.ts'

/** A payload as ts-proto's union. */
export type CommandPayload = NonNullable<Command['payload']>
/** Name of a payload case, such as `sendMessages`. */
export type CommandKind = CommandPayload['$case']

/** Ids of the items a command is about, in its order. */
export const itemIdsOf = ({ value }: CommandPayload): readonly string[] =>
  'items' in value ? value.items.map(({ itemId }) => itemId) : [value.itemId]

/** Takes the other items out of a command that is about several. */
export function keepItems({ value }: CommandPayload, itemIds: readonly string[]): void {
  if (!('items' in value)) return
  const kept = new Set(itemIds)
  value.items = value.items.filter(({ itemId }) => kept.has(itemId))
}

/** Whether a kind of command acts as the account that the phone shows. Any other needs none. */
export const usesAccount = (kind: string): boolean => kind !== 'custom'

export type FinalItemStatus = 'SUCCEEDED' | 'FAILED' | 'SKIPPED' | 'CANCELLED' | 'UNKNOWN_EFFECT' | 'EXPIRED'
export type FinalCommandStatus = 'SUCCEEDED' | 'FAILED' | 'PARTIAL' | 'CANCELLED' | 'EXPIRED' | 'UNKNOWN_EFFECT'

/** Wire enum to the bare word used in SQL and REST; undefined for unset and unknown values. */
export function itemStatusFromWire(status: ItemStatus): FinalItemStatus | 'RUNNING' | undefined {
  if (status === ItemStatus.UNSPECIFIED || status === ItemStatus.UNRECOGNIZED) return undefined
  return status.slice('ITEM_STATUS_'.length) as FinalItemStatus | 'RUNNING'
}
export const itemStatusToWire = (status: FinalItemStatus | 'RUNNING'): ItemStatus => ItemStatus[status]

/** Wire enum to the bare word used in SQL and REST; undefined for unset and unknown values. */
export function commandStatusFromWire(status: CommandStatus): FinalCommandStatus | undefined {
  if (status === CommandStatus.UNSPECIFIED || status === CommandStatus.UNRECOGNIZED) return undefined
  return status.slice('COMMAND_STATUS_'.length) as FinalCommandStatus
}
export const commandStatusToWire = (status: FinalCommandStatus): CommandStatus => CommandStatus[status]
