import test from 'ava'
import { pino } from 'pino'
import type { Lease } from '../../infra/lease.ts'
import { insert } from '../../infra/database/table.ts'
import { AgendaScheduler } from '../../infra/scheduler/scheduler.ts'
import { SqlJobBackend } from '../../infra/scheduler/sql-job-backend.ts'
import { TaskSweep } from './sweep.ts'
import { PlaneParts } from '../../../../test/support/plane-parts.ts'

const HOUR_MS = 60 * 60 * 1000

test('a task without an entry, or with one that comes after its time, gets one, and every other keeps its own', async (t) => {
  const parts = await PlaneParts.open()
  t.teardown(async () => await parts.close())
  const { db, clock } = parts
  const log = pino({ level: 'silent' })
  let owned = true
  const lease: Lease = { owns: async () => owned }
  // Not started: entries stay as they are.
  const scheduler = new AgendaScheduler({ backend: new SqlJobBackend({ db, tables: db.tables }), log })
  const sweep = new TaskSweep({ db, clock, scheduler, stops: { finish: async () => undefined }, lease, log })
  const due = clock.now().getTime() + HOUR_MS
  const task = async (): Promise<number> =>
    await db.write(
      async (tx) =>
        await insert(
          db.tables.tasks,
          {
            kind: 'MESSAGE',
            name: 'later',
            status: 'SCHEDULED',
            params: {},
            scheduledTime: due,
            deliverWithinSeconds: 60,
            createdBy: 1,
            createdAt: clock.now().getTime(),
          },
          tx,
        ),
    )
  const [lost, moved, kept, earlier] = [await task(), await task(), await task(), await task()]
  await scheduler.wakeTask(moved, due + HOUR_MS)
  await scheduler.wakeTask(kept, due)
  await scheduler.wakeTask(earlier, due - HOUR_MS)
  owned = false
  t.is(await sweep.sweep(), 0)
  owned = true
  t.is(await sweep.sweep(), 2)
  const after = [
    [lost, due],
    [moved, due],
    [kept, due],
    // It wakes too early, does nothing, and is made anew then.
    [earlier, due - HOUR_MS],
  ] as const
  t.deepEqual(
    [...(await scheduler.wokenTasks())].toSorted(([a], [b]) => a - b),
    after.map((entry) => [...entry]),
  )
  t.is(await sweep.sweep(), 0)
})
