import type { Transaction } from 'sequelize'
import type { Logger } from 'pino'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { rows } from '../../infra/database/table.ts'
import type { FaultPoints } from '../../infra/fault-points.ts'
import type { Route } from '../../http/route.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'
import { approvalRule, rulesOf } from '../../fleet/policy/policy-rules.ts'
import type { Policy } from '../../fleet/policy/service.ts'
import type { WorkLedger } from '../../fleet/commands/ledger.ts'
import type { DispatchBell, EventLog } from '../../ports.ts'
import type { Lease } from '../../infra/lease.ts'
import type { Scheduler } from '../../infra/scheduler/scheduler.ts'
import { Approval } from './approval.ts'
import { TaskChanges } from './changes.ts'
import { TaskCopies } from './copies.ts'
import { TaskCreation } from './creation.ts'
import { TaskOperations } from './operations.ts'
import { TaskRollUp } from './roll-up.ts'
import { deviceCommandRoutes } from './device-command-routes.ts'
import { DeviceCommands } from './device-commands.ts'
import { taskRoutes } from './routes.ts'
import { TaskStops } from './stops.ts'
import { TaskStore } from './store.ts'
import { TaskSweep } from './sweep.ts'

export interface TasksDeps extends WorkLedger {
  readonly db: Database
  readonly tables: Pick<Tables, 'tasks' | 'taskDevices'>
  readonly clock: Clock
  readonly time: WorkspaceTime
  readonly faults: FaultPoints
  readonly log: Logger
  readonly events: EventLog
  readonly policy: Policy
  readonly bus: DispatchBell
  readonly scheduler: Scheduler
  readonly lease: Lease
  readonly wechatRulesAccepted: boolean
  /** As it was set; see `approvalRule`. */
  readonly approvalAbove: number | undefined
}

/** Everything about tasks, put together. */
export interface Tasks {
  readonly routes: readonly Route[]
  readonly progress: TaskRollUp
  readonly operations: TaskOperations
  readonly stops: TaskStops
  start(): Promise<void>
  /** Answers those who wait for a command with its state so far. */
  stopWaiting(): void
  stop(): Promise<void>
  /** Throws when the scheduler's store does not answer. */
  check(): Promise<void>
}

export function createTasks(deps: TasksDeps): Tasks {
  const { db, tables, clock, scheduler } = deps
  const store = new TaskStore(deps)
  const minIntervalMs = async (
    tx: Transaction,
    accountIds: readonly number[],
  ): Promise<ReadonlyMap<number, number>> => {
    const found = await rows(db.models.accounts, { where: { id: [...accountIds] }, transaction: tx })
    return new Map(found.map((account) => [account.id, rulesOf(account).minIntervalMs]))
  }
  const progress = new TaskRollUp({ ...deps, store, minIntervalMs })
  const stops = new TaskStops({ ...deps, store, rollUp: progress })
  const approval = new Approval({ db, approval: approvalRule(deps.approvalAbove) })
  const operations = new TaskOperations({ ...deps, store, rollUp: progress, stops, approval })
  const sweep = new TaskSweep({ ...deps, stops })
  const now = (): number => clock.now().getTime()
  const schedule = async (taskId: number, at: number): Promise<void> => {
    try {
      await scheduler.wakeTask(taskId, at)
    } catch (error) {
      // The task is committed, and the sweep gives it the entry it lacks.
      deps.log.warn({ taskId, err: error }, 'a task got no alarm yet')
    }
  }
  const creation = new TaskCreation({ ...deps, approval, schedule })
  const deviceCommands = new DeviceCommands({ ...deps, creation })
  const changes = new TaskChanges({ db, tables, store, items: deps.items, creation, approval, now, schedule })
  return {
    routes: [
      ...taskRoutes({ ...deps, store, operations, creation, changes, copies: new TaskCopies(deps) }),
      ...deviceCommandRoutes(deviceCommands),
    ],
    progress,
    operations,
    stops,
    start: async () => {
      await scheduler.start(async (taskId) => await operations.startIfDue(taskId))
      sweep.start()
    },
    stopWaiting: () => deviceCommands.stopWaiting(),
    stop: async () => {
      await sweep.stop()
      await scheduler.stop()
    },
    check: async () => {
      await scheduler.wokenTasks()
    },
  }
}
