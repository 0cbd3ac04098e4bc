import type { Logger } from 'pino'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Lease } from '../../infra/lease.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import type { FaultPoints } from '../../infra/fault-points.ts'
import type {
  AccountBudgets,
  AccountGuard,
  CommandAdmission,
  CommandBus,
  DeviceDirectory,
  EventLog,
  SyncSink,
  TaskProgress,
} from '../../ports.ts'
import type { LastSent } from '../../records/contacts/last-sent.ts'
import { CommandClaims } from './claim.ts'
import { ItemLedger } from './items.ts'
import { CommandQueue } from './queue.ts'
import { Reaper } from './reaper.ts'
import { Recorder } from './recorder.ts'
import { ResumeLedger } from './resume.ts'
import { CommandStops } from './stops.ts'
import { CommandWriter } from './writer.ts'

export interface WorkLedgerDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'commands' | 'items' | 'orphanResults'>
  readonly clock: Clock
  readonly log: Logger
  readonly events: EventLog
  readonly bus: CommandBus
}

/** The part of the ledger that the tasks write: it needs nothing of them. */
export interface WorkLedger {
  readonly items: ItemLedger
  readonly queue: CommandQueue
  readonly commandStops: CommandStops
}

export interface LedgerDeps extends WorkLedgerDeps, WorkLedger {
  readonly faults: FaultPoints
  readonly lease: Lease
  readonly directory: DeviceDirectory
  readonly admission: CommandAdmission
  readonly guard: AccountGuard
  readonly budgets: AccountBudgets
  readonly lastSent: LastSent
  readonly sink: SyncSink
  readonly progress: TaskProgress
}

/** The whole ledger: everything that reads and writes commands and items. */
export interface Ledger extends WorkLedger {
  readonly claims: CommandClaims
  readonly recorder: Recorder
  readonly reaper: Reaper
  readonly resume: ResumeLedger
}

export function createWorkLedger(deps: WorkLedgerDeps): WorkLedger {
  const items = new ItemLedger(deps)
  const queue = new CommandQueue({ ...deps, items })
  return { items, queue, commandStops: new CommandStops({ ...deps, items, queue }) }
}

export function createLedger(deps: LedgerDeps): Ledger {
  const { items, queue, commandStops } = deps
  const parts = { ...deps, writer: new CommandWriter(deps) }
  return {
    items,
    queue,
    commandStops,
    claims: new CommandClaims(parts),
    recorder: new Recorder(parts),
    reaper: new Reaper(parts),
    resume: new ResumeLedger(parts),
  }
}
