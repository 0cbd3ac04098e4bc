import { pino } from 'pino'
import type { Database } from '../../control-plane/src/infra/database/database.ts'
import type { FaultPoints } from '../../control-plane/src/infra/fault-points.ts'
import { CommandWriter } from '../../control-plane/src/fleet/commands/writer.ts'
import { Dispatcher } from '../../control-plane/src/edge/gateway/dispatcher.ts'
import { Handshake } from '../../control-plane/src/edge/gateway/handshake.ts'
import { Reaper } from '../../control-plane/src/fleet/commands/reaper.ts'
import { Recorder } from '../../control-plane/src/fleet/commands/recorder.ts'
import { SessionRegistry } from '../../control-plane/src/edge/gateway/registry.ts'
import { Sessions } from '../../control-plane/src/edge/gateway/sessions.ts'
import { WorkspaceTime } from '../../control-plane/src/infra/workspace-time.ts'
import { approvalRule } from '../../control-plane/src/fleet/policy/policy-rules.ts'
import { Accounts } from '../../control-plane/src/fleet/accounts/service.ts'
import { Policy } from '../../control-plane/src/fleet/policy/service.ts'
import type { CancelRequest, DeviceSessions, EventLog, NewEvent } from '../../control-plane/src/ports.ts'
import { actionRules } from '../../control-plane/src/work/tasks/kinds/action-rules.ts'
import { Approval } from '../../control-plane/src/work/tasks/approval.ts'
import { TaskCreation } from '../../control-plane/src/work/tasks/creation.ts'
import { TaskOperations } from '../../control-plane/src/work/tasks/operations.ts'
import { TaskRollUp } from '../../control-plane/src/work/tasks/roll-up.ts'
import { TaskStops } from '../../control-plane/src/work/tasks/stops.ts'
import { TaskStore } from '../../control-plane/src/work/tasks/store.ts'
import { KillSwitches } from '../../control-plane/src/work/kill-switches/service.ts'
import type { FakeClock } from './fake-clock.ts'

class Killed extends Error {}

export function unlessKilled(error: unknown): void {
  if (!(error instanceof Killed)) throw error
}

/** Everything of a plane that dies with its process: its tasks and its gateway, without network. */
export class PlaneLife {
  dead = false
  readonly registry = new SessionRegistry()
  readonly faults: FaultPoints
  readonly events: EventLog
  readonly store: TaskStore
  readonly stops: TaskStops
  readonly operations: TaskOperations
  readonly creation: TaskCreation
  readonly dispatcher: Dispatcher
  readonly recorder: Recorder
  readonly reaper: Reaper
  readonly sessions: Sessions
  readonly deviceSessions: DeviceSessions
  readonly accounts: Accounts
  readonly killSwitches: KillSwitches

  constructor(db: Database, clock: FakeClock, heard: NewEvent[]) {
    const log = pino({ level: 'silent' })
    this.faults = {
      hit: (point) => {
        if (this.dead && point.endsWith('.after')) throw new Killed()
      },
    }
    this.events = {
      append: async (_tx, events) => void heard.push(...events),
      subscribe: () => ({ close: () => undefined }),
    }
    const bell = { ring: (deviceIds: readonly number[]) => this.dispatcher.ring(deviceIds) }
    const cancelSignal = {
      cancel: (request: CancelRequest) => (this.dead ? undefined : this.sessions.cancel(request)),
    }
    const base = {
      db,
      clock,
      log,
      faults: this.faults,
      events: this.events,
      registry: this.registry,
      bell,
      cancelSignal,
    }
    let abandon: DeviceSessions['abandon'] = async () => undefined
    this.deviceSessions = {
      online: 0,
      abandon: async (tx, deviceId) => await abandon(tx, deviceId),
      disconnect: (deviceId, reason) => {
        const session = this.registry.get(deviceId)
        if (session) this.sessions.drop(session, reason)
      },
      pushBudget: async () => undefined,
      heardAt: () => undefined,
    }
    const time = new WorkspaceTime('Asia/Shanghai')
    const rules = { ...base, time, actions: actionRules, wechatRulesAccepted: true }
    const policy = new Policy(rules)
    this.accounts = new Accounts({ ...rules, policy, sessions: this.deviceSessions })
    this.store = new TaskStore(base)
    const rollUp = new TaskRollUp({ ...base, store: this.store, minIntervalMs: async () => new Map() })
    this.stops = new TaskStops({ ...base, store: this.store, rollUp })
    this.killSwitches = new KillSwitches({ ...rules, stops: this.stops })
    const approval = new Approval({ db, approval: approvalRule(undefined) })
    this.operations = new TaskOperations({ ...base, store: this.store, rollUp, stops: this.stops, approval })
    const schedule = async (): Promise<void> => undefined
    this.creation = new TaskCreation({ ...rules, store: this.store, policy, approval, schedule })
    const sink = { page: async () => undefined }
    const ports = { ...base, progress: rollUp, admission: policy, budgets: policy, guard: this.accounts, sink }
    const writer = new CommandWriter(ports)
    this.dispatcher = new Dispatcher(ports)
    this.reaper = new Reaper({ ...ports, writer })
    this.recorder = new Recorder({ ...ports, writer })
    const handshake = new Handshake({ ...ports, writer, allowEmulated: true })
    abandon = async (tx, deviceId) => await handshake.abandon(tx, deviceId)
    const { dispatcher, recorder } = this
    const cut = (): void => undefined
    this.sessions = new Sessions({ ...ports, handshake, recorder, dispatcher, heartbeatMs: 3000, cut })
  }
}
