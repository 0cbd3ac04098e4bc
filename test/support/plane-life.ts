import { localLease } from '../../control-plane/src/infra/lease.ts'
import { pino } from 'pino'
import type { OpenDatabase } from '../../control-plane/src/infra/database/database.ts'
import type { FaultPoints } from '../../control-plane/src/infra/fault-points.ts'
import { LocalBus } from '../../control-plane/src/infra/bus/local.ts'
import type { ItemLedger } from '../../control-plane/src/fleet/commands/items.ts'
import { createLedger, createWorkLedger } from '../../control-plane/src/fleet/commands/ledger.ts'
import type { ResumeLedger } from '../../control-plane/src/fleet/commands/resume.ts'
import { Dispatcher } from '../../control-plane/src/edge/gateway/dispatcher.ts'
import { Handshake } from '../../control-plane/src/fleet/devices/handshake.ts'
import { DevicePresence } from '../../control-plane/src/fleet/devices/presence.ts'
import type { Reaper } from '../../control-plane/src/fleet/commands/reaper.ts'
import type { Recorder } from '../../control-plane/src/fleet/commands/recorder.ts'
import { SessionRegistry } from '../../control-plane/src/edge/gateway/registry.ts'
import { Sessions } from '../../control-plane/src/edge/gateway/sessions.ts'
import { WorkspaceTime } from '../../control-plane/src/infra/workspace-time.ts'
import { approvalRule } from '../../control-plane/src/fleet/policy/policy-rules.ts'
import { PhoneAccounts } from '../../control-plane/src/fleet/accounts/phone-accounts.ts'
import { Accounts } from '../../control-plane/src/fleet/accounts/service.ts'
import { Policy } from '../../control-plane/src/fleet/policy/service.ts'
import type { CancelRequest, CommandBus, EventLog, NewEvent } from '../../control-plane/src/ports.ts'
import { actionRules } from '../../control-plane/src/work/tasks/kinds/action-rules.ts'
import { Approval } from '../../control-plane/src/work/tasks/approval.ts'
import { TaskCreation } from '../../control-plane/src/work/tasks/creation.ts'
import { TaskOperations } from '../../control-plane/src/work/tasks/operations.ts'
import { TaskRollUp } from '../../control-plane/src/work/tasks/roll-up.ts'
import { TaskStops } from '../../control-plane/src/work/tasks/stops.ts'
import { LastSent } from '../../control-plane/src/records/contacts/last-sent.ts'
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
  readonly items: ItemLedger
  readonly stops: TaskStops
  readonly operations: TaskOperations
  readonly creation: TaskCreation
  readonly dispatcher: Dispatcher
  readonly recorder: Recorder
  readonly reaper: Reaper
  readonly sessions: Sessions
  readonly resume: ResumeLedger
  readonly bus: CommandBus
  readonly accounts: Accounts
  readonly phoneAccounts: PhoneAccounts
  readonly killSwitches: KillSwitches

  constructor(db: OpenDatabase, clock: FakeClock, heard: NewEvent[]) {
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
    const bus = new LocalBus<CancelRequest>()
    bus.register({
      online: 0,
      ring: (deviceIds) => this.dispatcher.ring(deviceIds),
      cancel: (request) => (this.dead ? undefined : this.sessions.cancel(request)),
      pushBudget: async () => undefined,
      disconnect: (deviceId, reason) => {
        const session = this.registry.get(deviceId)
        if (session) this.sessions.drop(session, reason)
      },
      heardAt: () => undefined,
      isOnline: (deviceId) => this.registry.get(deviceId) !== undefined,
    })
    this.bus = bus
    const { faults, events, registry } = this
    const { tables } = db
    const work = createWorkLedger({ db, tables, clock, log, events, bus })
    const base = { db, tables, clock, log, faults, events, registry, bus, directory: bus, ...work }
    this.items = work.items
    const time = new WorkspaceTime('Asia/Shanghai')
    const rules = { ...base, time, actions: actionRules, wechatRulesAccepted: true }
    const policy = new Policy(rules)
    this.accounts = new Accounts({ ...rules, policy })
    const store = new TaskStore(base)
    const rollUp = new TaskRollUp({ ...base, store, minIntervalMs: async () => new Map() })
    this.stops = new TaskStops({ ...base, store, rollUp })
    this.killSwitches = new KillSwitches({ ...rules, stops: this.stops })
    const approval = new Approval({ db, approval: approvalRule(undefined) })
    this.operations = new TaskOperations({ ...base, store, rollUp, stops: this.stops, approval })
    const schedule = async (): Promise<void> => undefined
    this.creation = new TaskCreation({ ...rules, policy, approval, schedule })
    const sink = { page: async () => undefined }
    const ports = {
      ...base,
      lease: localLease,
      progress: rollUp,
      admission: policy,
      budgets: policy,
      guard: this.accounts,
      lastSent: new LastSent({ tables }),
      sink,
    }
    const ledger = createLedger(ports)
    const { reaper, recorder, resume } = ledger
    this.reaper = reaper
    this.recorder = recorder
    this.resume = resume
    this.dispatcher = new Dispatcher({ ...ports, ...ledger })
    const { dispatcher } = this
    const phoneAccounts = new PhoneAccounts(ports)
    this.phoneAccounts = phoneAccounts
    const handshake = new Handshake({ ...ports, accounts: phoneAccounts, resume, allowEmulated: true })
    const presence = new DevicePresence(ports)
    const cut = (): void => undefined
    this.sessions = new Sessions({ ...ports, handshake, presence, recorder, dispatcher, heartbeatMs: 3000, cut })
  }
}
