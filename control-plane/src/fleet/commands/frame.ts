import { Command } from '@muster/proto'
import type { CommandRow } from '../../infra/database/tables/commands.ts'

/** The command as it goes out this time: only the items that are still to be done. No I/O. */
export function commandFrame(
  stored: Pick<CommandRow, 'attempt' | 'deliverBy'>,
  payload: Uint8Array,
  going: { readonly itemIds: readonly string[]; readonly wechatId: string; readonly now: number },
): Command {
  const command = Command.decode(payload)
  const open = new Set(going.itemIds)
  if (command.payload?.$case === 'sendMessages') {
    command.payload.value.items = command.payload.value.items.filter((item) => open.has(item.itemId))
  }
  return {
    ...command,
    attempt: stored.attempt + 1,
    deliverWithinMs: Math.max(0, stored.deliverBy - going.now),
    accountWechatId: going.wechatId,
  }
}
