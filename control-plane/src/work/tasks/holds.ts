import { Op } from 'sequelize'
import { errorInfo, isErrorCode } from '@muster/proto'
import type { Database } from '../../infra/database/database.ts'
import { rows } from '../../infra/database/table.ts'

/** A hold is looked at again at its end; until that has surely happened it still stands. */
const LOOKED_AT_WITHIN_MS = 5000
const LONGEST_REASON = 500

export interface HeldCommand {
  /** Null under a kill switch: what it holds goes on when it is lifted, so that CANCELLED would be wrong. */
  readonly code: string | null
  readonly reason: string
}

/** The holds on the commands of a task, by command id. A command that follows a held one has the same hold. */
export async function holdsOf(db: Database, taskId: number, now: number): Promise<Map<string, HeldCommand>> {
  const { commands } = db.models
  const held = await rows(commands, {
    where: {
      taskId,
      status: 'QUEUED',
      afterCommandId: null,
      holdCode: { [Op.ne]: null },
      notBefore: { [Op.gt]: now - LOOKED_AT_WITHIN_MS },
    },
    attributes: ['id', 'holdCode', 'holdReason'],
  })
  const holds = new Map<string, HeldCommand>()
  for (const { id, holdCode, holdReason } of held) {
    const code = holdCode ?? ''
    const reason = holdReason ?? (isErrorCode(code) ? errorInfo(code).meaning : '')
    holds.set(id, { code: code === 'CANCELLED' ? null : code, reason })
  }
  if (holds.size === 0) return holds
  const followers = await rows(commands, {
    where: { taskId, status: 'QUEUED', afterCommandId: { [Op.ne]: null } },
    attributes: ['id', 'afterCommandId'],
    order: [['id', 'ASC']],
  })
  for (const { id, afterCommandId } of followers) {
    const hold = holds.get(afterCommandId ?? '')
    if (hold) holds.set(id, hold)
  }
  return holds
}

/** Why a task as a whole waits: everything of it that is open is held. Null when something goes on. */
export async function taskHold(db: Database, taskId: number, onPhones: number, now: number): Promise<string | null> {
  if (onPhones > 0) return null
  const holds = await holdsOf(db, taskId, now)
  if (holds.size === 0 || (await db.models.commands.count({ where: { taskId, status: 'QUEUED' } })) > holds.size)
    return null
  const reasons = [...new Set([...holds.values()].map(({ reason }) => reason))]
  return `held: ${reasons.join('; ')}`.slice(0, LONGEST_REASON)
}
