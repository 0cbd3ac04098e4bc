import { Command, keepItems } from '@muster/proto'
import type { CommandRow } from '../../infra/database/tables/commands.ts'

/** The command as it goes out this time: only the items that are still to be done. No I/O. */
export function commandFrame(
  stored: Pick<CommandRow, 'attempt' | 'deliverBy'>,
  payload: Uint8Array,
  going: { readonly itemIds: readonly string[]; readonly wechatId: string; readonly nowMs: number },
): Command {
  const command = Command.decode(payload)
  if (command.payload) keepItems(command.payload, going.itemIds)
  return {
    ...command,
    attempt: stored.attempt + 1,
    deliverWithinMs: Math.max(0, stored.deliverBy - going.nowMs),
    accountWechatId: going.wechatId,
  }
}
