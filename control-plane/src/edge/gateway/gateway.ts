import { AgentServiceService } from '@muster/proto'
import type { HealthImplementation } from 'grpc-health-check'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Transaction } from 'sequelize'
import type { Clock, Timer } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { dropOld, type Chore } from '../../work/housekeeping.ts'
import { rows } from '../../infra/database/table.ts'
import type { FaultPoints } from '../../infra/fault-points.ts'
import type { Route } from '../../http/route.ts'
import type { MediaStore } from '../../infra/media/store.ts'
import type {
  AccountBudgets,
  AccountGuard,
  CancelRequest,
  CancelSignal,
  CommandAdmission,
  DeviceSessions,
  DispatchBell,
  EventLog,
  SyncSink,
  TaskProgress,
} from '../../ports.ts'
import { agentService } from './agent-service.ts'
import type { CertificateAuthority } from './ca.ts'
import { CommandWriter } from '../../fleet/commands/writer.ts'
import { Dispatcher } from './dispatcher.ts'
import { Handshake } from './handshake.ts'
import { dropHalfEvidence, dropOldEvidence, evidenceRoute, type MediaDeps } from './media.ts'
import { Reaper } from '../../fleet/commands/reaper.ts'
import { Recorder } from '../../fleet/commands/recorder.ts'
import { addStandardServices } from './reflection.ts'
import { SessionRegistry } from './registry.ts'
import { Sessions } from './sessions.ts'
import { GatewayServer } from './tls-server.ts'

const SWEEP_MS = 1000
const DRAIN_RETRY_MS = 500
const RECORDS_KEPT_MS = 90 * 24 * 60 * 60 * 1000

export interface GatewayDeps {
  readonly db: Database
  readonly clock: Clock
  readonly faults: FaultPoints
  readonly log: Logger
  readonly events: EventLog
  readonly progress: TaskProgress
  readonly admission: CommandAdmission
  readonly guard: AccountGuard
  readonly budgets: AccountBudgets
  readonly sink: SyncSink
  readonly store: MediaStore
  readonly ca: CertificateAuthority
  readonly dataDir: string
  readonly allowEmulated: boolean
  readonly heartbeatMs: number
}

/** The role that holds the agents' sessions. */
export class Gateway implements DispatchBell, CancelSignal, DeviceSessions {
  readonly #deps: GatewayDeps
  readonly #server: GatewayServer
  readonly #health: HealthImplementation
  readonly #registry = new SessionRegistry()
  readonly #handshake: Handshake
  readonly #sessions: Sessions
  readonly #dispatcher: Dispatcher
  readonly #recorder: Recorder
  readonly #reaper: Reaper
  readonly #media: MediaDeps
  #timer: Timer | undefined
  #sweeping: Promise<void> = Promise.resolve()
  #stopped = false
  #listening = false

  constructor(deps: GatewayDeps) {
    this.#deps = deps
    const registry = this.#registry
    const writer = new CommandWriter(deps)
    this.#dispatcher = new Dispatcher({ ...deps, registry })
    this.#reaper = new Reaper({ ...deps, registry, writer })
    this.#recorder = new Recorder({ ...deps, writer })
    this.#handshake = new Handshake({ ...deps, writer })
    const { db, clock, store } = deps
    this.#media = { db, clock, store, evidenceDir: join(deps.dataDir, 'evidence') }
    this.#sessions = new Sessions({
      ...deps,
      handshake: this.#handshake,
      registry,
      recorder: this.#recorder,
      dispatcher: this.#dispatcher,
      cut: (peer) => this.#server.cutPeer(peer),
    })
    this.#server = new GatewayServer(deps)
    const service = agentService({
      ...deps,
      ...this.#media,
      serve: (stream, identity) => this.#sessions.serve(stream, identity),
    })
    this.#server.grpc.addService(AgentServiceService, service)
    this.#health = addStandardServices(this.#server.grpc)
  }

  get routes(): readonly Route[] {
    return [evidenceRoute(this.#media)]
  }

  /** Drops what agents have said and sent once it is of no use any more. */
  get chores(): readonly Chore[] {
    const { deviceEvents, orphanResults } = this.#deps.db.models
    return [
      dropOldEvidence(this.#media),
      dropOld(this.#deps, deviceEvents, { column: 'at', keptMs: RECORDS_KEPT_MS }),
      dropOld(this.#deps, orphanResults, { column: 'at', keptMs: RECORDS_KEPT_MS }),
    ]
  }

  get online(): number {
    return this.#registry.size
  }

  /** Starts listening; answers the port. */
  async start(port: number, host: string): Promise<number> {
    await dropHalfEvidence(this.#media)
    await this.#forgetOldSessions()
    await this.#reaper.grantGrace()
    const actual = await this.#server.listen(port, host)
    this.#listening = true
    this.#schedule()
    return actual
  }

  /** Lets the agents go, writes what they said, and closes. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#listening = false
    this.#timer?.cancel()
    this.#health.setStatus('', 'NOT_SERVING')
    await this.#sweeping
    await this.#dispatcher.stop()
    await this.#sessions.drain(DRAIN_RETRY_MS)
    await this.#server.close()
    await this.#sessions.drain(DRAIN_RETRY_MS)
  }

  async check(): Promise<void> {
    if (!this.#listening) throw new Error('the gateway does not listen')
  }

  ring(deviceIds: readonly number[]): void {
    this.#dispatcher.ring(deviceIds)
  }

  cancel(request: CancelRequest): void {
    this.#sessions.cancel(request)
  }

  async abandon(tx: Transaction, deviceId: number): Promise<void> {
    await this.#handshake.abandon(tx, deviceId)
  }

  disconnect(deviceId: number, reason: string): void {
    const session = this.#registry.get(deviceId)
    if (!session) return
    this.#sessions.drop(session, reason)
    this.#server.cut(session.facts.serial)
  }

  /** The session's own time does not jump with the system's clock; what is told to people does. */
  heardAt(deviceId: number): number | undefined {
    const { clock } = this.#deps
    const session = this.#registry.get(deviceId)
    return session && clock.now().getTime() - Math.round(clock.monotonicMs() - session.heardAt)
  }

  async pushBudget(accountId: number): Promise<void> {
    const session = this.#registry.ofAccount(accountId)
    const budget = session && (await this.#deps.budgets.budget(accountId))
    if (budget) session.send({ $case: 'budget', value: budget })
  }

  /** Sessions of a process that is gone: none of them is live, whatever the rows say. */
  async #forgetOldSessions(): Promise<void> {
    const { db, events } = this.#deps
    await db.write(async (tx) => {
      const online = await rows(db.models.devices, { where: { online: true }, transaction: tx })
      await db.models.devices.update({ online: false }, { where: { online: true }, transaction: tx })
      await events.append(
        tx,
        online.map((device) => ({
          type: 'device.updated',
          refId: device.id,
          status: device.disabled ? 'DISABLED' : 'OFFLINE',
        })),
      )
    })
  }

  #schedule(): void {
    if (this.#stopped) return
    this.#timer = this.#deps.clock.setTimeout(() => {
      this.#sweeping = this.#sweep()
        .catch((error: unknown) => this.#deps.log.error({ err: error }, 'gateway sweep failed'))
        .finally(() => this.#schedule())
    }, SWEEP_MS)
  }

  async #sweep(): Promise<void> {
    this.#sessions.sweep()
    await this.#reaper.sweep()
    await this.#dispatcher.sweep()
    await this.#newDay()
  }

  #budgetDay = ''

  /** A budget is for one day of the workspace; each phone gets the next one's when it begins. */
  async #newDay(): Promise<void> {
    const [session] = this.#registry.all()
    const accountId = session?.facts.accountId
    if (accountId === null || accountId === undefined) return
    const budget = await this.#deps.budgets.budget(accountId)
    if (!budget || budget.day === this.#budgetDay) return
    const first = this.#budgetDay === ''
    this.#budgetDay = budget.day
    if (first) return
    for (const one of this.#registry.all()) if (one.facts.accountId !== null) await this.pushBudget(one.facts.accountId)
  }
}
