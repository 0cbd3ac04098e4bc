import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { insert, row, rows } from '../../infra/database/table.ts'
import { notFound } from '../../infra/errors.ts'
import type { EventLog } from '../../ports.ts'
import { allDeleted, deletedDevices } from './deleted-devices.ts'
import type { ItemRow } from '../../infra/database/tables/tasks.ts'
import type { NewItem } from '../../fleet/commands/items.ts'
import { kindOf, type TaskParams } from './kinds/index.ts'
import { draftItem, skippedFor } from './kinds/item-draft.ts'
import type { ItemLedger } from '../../fleet/commands/items.ts'
import { DEVICE_DELETED } from '../../fleet/commands/stop-rules.ts'

/** Makes drafts of tasks that were. */
export class TaskCopies {
  readonly #db: Database
  readonly #tables: Pick<Tables, 'tasks' | 'taskDevices'>
  readonly #clock: Clock
  readonly #items: ItemLedger
  readonly #events: EventLog

  constructor(deps: {
    db: Database
    tables: Pick<Tables, 'tasks' | 'taskDevices'>
    clock: Clock
    items: ItemLedger
    events: EventLog
  }) {
    this.#db = deps.db
    this.#tables = deps.tables
    this.#clock = deps.clock
    this.#items = deps.items
    this.#events = deps.events
  }

  /**
   * A draft with the same content and receivers; `resume` starts it. What a deleted device would do is cancelled in it, as
   * in a draft that was there before; throws CONFLICT when nothing is left. Answers the draft's id.
   */
  async copy(taskId: number, userId: number): Promise<number> {
    const { tasks, taskDevices } = this.#tables
    return await this.#db.write(async (tx) => {
      // Read in the write: a change in between would leave the words of one version with the receivers of another.
      const task = await row(tasks, { where: { id: taskId, deletedAt: null }, transaction: tx })
      if (!task) throw notFound('task', taskId)
      const old = await rows(this.#db.models.items, { where: { taskId }, order: [['id', 'ASC']], transaction: tx })
      const devices = await rows(taskDevices, { where: { taskId }, transaction: tx })
      const deviceIds = devices.map(({ deviceId }) => deviceId)
      const gone = await deletedDevices(this.#db, tx, deviceIds)
      if (deviceIds.length > 0 && gone.size === deviceIds.length)
        throw allDeleted(`task ${taskId} cannot be copied`, gone, 'create a new task with devices there are')
      const { kind, params, look, deliverWithinSeconds } = task
      const values = {
        kind,
        params,
        look,
        deliverWithinSeconds,
        name: `${task.name} (copy)`.slice(0, 200),
        status: 'DRAFT' as const,
        createdBy: userId,
      }
      const id = await insert(tasks, { ...values, createdAt: this.#clock.now().getTime() }, tx)
      await taskDevices.bulkCreate(
        deviceIds.map((deviceId) => ({ taskId: id, deviceId })),
        {
          transaction: tx,
        },
      )
      const first = old.filter((item) => item.dependsOnItemId === null)
      const target = { params: task.params as TaskParams, taskId: id, now: this.#clock.now().getTime(), gone }
      await this.#items.insert(
        tx,
        first.map((item) => fresh(item, target, null)),
      )
      const made = await rows(this.#db.models.items, { where: { taskId: id }, order: [['id', 'ASC']], transaction: tx })
      const newIdOf = new Map(first.map((item, at) => [item.id, made[at]?.id ?? null]))
      const others = old.filter((item) => item.dependsOnItemId !== null)
      await this.#items.insert(
        tx,
        others.map((item) => fresh(item, target, newIdOf.get(item.dependsOnItemId ?? 0) ?? null)),
      )
      await this.#events.append(tx, [{ type: 'task.updated', refId: id, taskId: id, status: 'DRAFT' }])
      return id
    })
  }
}

interface CopyTarget {
  readonly params: TaskParams
  readonly taskId: number
  readonly now: number
  /** Deleted devices. */
  readonly gone: ReadonlyMap<number, string>
}

/** As before anything was done: the rules of the day it starts decide again. What cannot be sent at all is skipped. */
function fresh(item: ItemRow, { params, taskId, now, gone }: CopyTarget, dependsOnItemId: number | null): NewItem {
  const { deviceId, accountId, customerId, groupId, receiver } = item
  const kind = kindOf(params)
  const { payload, skip } = kind.renewed(params, JSON.parse(item.payload) as { readonly action: string })
  const why = skip ?? kind.unplannable(params, { accountId, payload })
  const draft = draftItem({
    deviceId,
    accountId,
    customerId,
    groupId,
    receiver,
    payload,
    dependsOnItemId,
    ...skippedFor(why, now),
    ...(gone.has(deviceId) ? { status: 'CANCELLED' as const, ...DEVICE_DELETED, finishedAt: now } : {}),
  })
  return { ...draft, taskId }
}
