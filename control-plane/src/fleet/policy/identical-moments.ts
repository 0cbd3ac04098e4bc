import type { Transaction } from 'sequelize'
import type { Database } from '../../infra/database/database.ts'
import { pick } from '../../infra/database/statements.ts'
import type { ActionRules, DispatchCandidate } from '../../ports.ts'
import { OPEN_ITEM } from '../../infra/database/tables/tasks.ts'
import type { Hold } from './admission-rules.ts'

const GOES_ON = "status IN ('PROCESSING', 'PAUSED')"
/** How soon it is looked at again. */
const TURN_MS = 2000

/**
 * Holds Moments that look like one of the same account whose likes and comments are still to come: a phone finds a Moment
 * by what it shows, and would take the newer for it. Returns holds by command id.
 */
export async function identicalMomentHolds(
  { db, actions, tx, now }: { db: Database; actions: ActionRules; tx: Transaction; now: number },
  candidates: readonly DispatchCandidate[],
): Promise<ReadonlyMap<string, Hold>> {
  const posts = candidates
    .filter(({ open }) => open.some(({ action }) => actions.of(action).showsLook))
    .map(({ command }) => command)
  const holds = new Map<string, Hold>()
  if (posts.length === 0) return holds
  const taskIds = [...new Set(posts.map(({ taskId }) => taskId))]
  const where = `look IN (SELECT look FROM tasks WHERE id IN (:taskIds)) AND ${GOES_ON}`
  const found = await pick(db, db.models.tasks, ['id', 'look'], { where, taskIds }, tx)
  // Most Moments look like no other.
  const alike = [...Map.groupBy(found, ({ look }) => look).values()].filter((tasks) => tasks.length > 1).flat()
  if (alike.length === 0) return holds
  const lookOf = new Map(alike.map(({ id, look }) => [id, look]))
  const expected = await reactedTo(db, tx, [...lookOf.keys()])
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

/** Those of the tasks whose Moments have likes or comments to come, by account and look. */
async function reactedTo(
  db: Database,
  tx: Transaction,
  taskIds: readonly number[],
): Promise<ReadonlyMap<string, number[]>> {
  const found = await db.select<{ taskId: number; accountId: number; look: string }>(
    `SELECT DISTINCT t.id AS taskId, p.account_id AS accountId, t.look AS look
     FROM tasks t JOIN items p ON p.task_id = t.id JOIN items d ON d.depends_on_item_id = p.id
     WHERE t.id IN (:taskIds) AND p.account_id IS NOT NULL
       AND p.status IN ('DISPATCHED', 'RUNNING', 'SUCCEEDED') AND d.status IN (:open)
     ORDER BY t.id`,
    { taskIds, open: OPEN_ITEM },
    tx,
  )
  const tasks = new Map<string, number[]>()
  for (const { taskId, accountId, look } of found) {
    const key = `${accountId} ${look}`
    tasks.set(key, [...(tasks.get(key) ?? []), taskId])
  }
  return tasks
}
