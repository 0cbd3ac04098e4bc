import type { Transaction } from 'sequelize'
import type { Database } from '../database/database.ts'
import { pick } from '../database/statements.ts'
import type { DispatchCandidate } from '../ports.ts'
import { OPEN_ITEM } from '../tasks/lifecycle.ts'
import type { Hold } from './admission-rules.ts'

/** How soon it is looked at again. */
const TURN_MS = 2000

/**
 * Holds Moments that look like one of the same account whose likes and comments are still to come: a phone finds a Moment
 * by what it shows, and would take the newer for it. Answers holds by command id.
 */
export async function lookAlikeHolds(
  db: Database,
  tx: Transaction,
  candidates: readonly DispatchCandidate[],
  now: number,
): Promise<ReadonlyMap<string, Hold>> {
  const posts = candidates.map(({ command }) => command).filter(({ kind }) => kind === 'publishMoment')
  const holds = new Map<string, Hold>()
  if (posts.length === 0) return holds
  const { tasks } = db.models
  const taskIds = [...new Set(posts.map(({ taskId }) => taskId))]
  const known = await pick(db, tasks, ['id', 'look'], { where: 'id IN (:taskIds)', taskIds }, tx)
  const lookOf = new Map(known.flatMap(({ id, look }) => (look === null ? [] : [[id, look] as const])))
  const expected = await reactedTo(db, tx, [...new Set(lookOf.values())])
  const going = new Map<string, number>()
  for (const { id, taskId, accountId } of posts) {
    const look = `${accountId} ${lookOf.get(taskId)}`
    if (accountId === null || !lookOf.has(taskId)) continue
    const other = going.get(look) ?? expected.get(look)?.find((one) => one !== taskId)
    if (other === undefined) going.set(look, taskId)
    else if (other !== taskId) {
      const reason = `the Moment of task ${other} looks the same; its likes and comments come first`
      holds.set(id, { code: 'QUEUE_FULL', reason, untilMs: now + TURN_MS, clockStands: false })
    }
  }
  return holds
}

/** Tasks with Moments that look like one of these and have likes or comments to come, by account and look. */
async function reactedTo(
  db: Database,
  tx: Transaction,
  looks: readonly string[],
): Promise<ReadonlyMap<string, number[]>> {
  const found = await db.statements.select<{ taskId: number; accountId: number; look: string }>(
    `SELECT DISTINCT t.id AS taskId, p.account_id AS accountId, t.look AS look
     FROM tasks t JOIN items p ON p.task_id = t.id JOIN items d ON d.depends_on_item_id = p.id
     WHERE t.look IN (:looks) AND t.status IN ('PROCESSING', 'PAUSED') AND p.account_id IS NOT NULL
       AND p.status IN ('DISPATCHED', 'RUNNING', 'SUCCEEDED') AND d.status IN (:open)
     ORDER BY t.id`,
    { looks, open: OPEN_ITEM },
    tx,
  )
  const tasks = new Map<string, number[]>()
  for (const { taskId, accountId, look } of found) {
    const key = `${accountId} ${look}`
    tasks.set(key, [...(tasks.get(key) ?? []), taskId])
  }
  return tasks
}
