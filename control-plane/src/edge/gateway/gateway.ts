import { AgentServiceService } from '@muster/proto'
import type { HealthImplementation } from 'grpc-health-check'
import type { Logger } from 'pino'
import type { GatewayEnd } from '../../infra/bus/local.ts'
import type { Clock, Timer } from '../../infra/clock.ts'
import type { FaultPoints } from '../../infra/fault-points.ts'
import type { Evidence } from '../../fleet/commands/evidence.ts'
import type { Ledger } from '../../fleet/commands/ledger.ts'
import type { Enrolment } from '../../fleet/devices/enrolment.ts'
import type { Handshake } from '../../fleet/devices/handshake.ts'
import type { DevicePresence } from '../../fleet/devices/presence.ts'
import type { AccountBudgets, CancelRequest } from '../../ports.ts'
import { agentService } from './agent-service.ts'
import type { CertificateAuthority } from './ca.ts'
import { Dispatcher } from './dispatcher.ts'
import type { MediaDeps } from './media.ts'
import { addStandardServices } from './reflection.ts'
import { SessionRegistry } from './registry.ts'
import { Sessions } from './sessions.ts'
import { GatewayServer } from './tls-server.ts'

const SWEEP_MS = 1000
const DRAIN_RETRY_MS = 500

export interface GatewayDeps extends MediaDeps {
  readonly clock: Clock
  readonly faults: FaultPoints
  readonly log: Logger
  readonly bus: { register(gateway: GatewayEnd<CancelRequest>): void }
  readonly ledger: Pick<Ledger, 'claims' | 'queue' | 'recorder' | 'reaper'>
  readonly budgets: Pick<AccountBudgets, 'budget'>
  readonly enrolment: Enrolment
  readonly handshake: Handshake
  readonly presence: DevicePresence
  readonly evidence: Evidence
  readonly ca: CertificateAuthority
  /** How often an agent is to be heard. */
  readonly heartbeatMs: number
}

/** The role that holds the agents' sessions. It registers itself with the bus. */
export class Gateway implements GatewayEnd<CancelRequest> {
  readonly #deps: GatewayDeps
  readonly #server: GatewayServer
  readonly #health: HealthImplementation
  readonly #registry = new SessionRegistry()
  readonly #sessions: Sessions
  readonly #dispatcher: Dispatcher
  #timer: Timer | undefined
  #sweeping: Promise<void> = Promise.resolve()
  #stopped = false
  #listening = false
  #budgetDay = ''

  constructor(deps: GatewayDeps) {
    this.#deps = deps
    const registry = this.#registry
    this.#dispatcher = new Dispatcher({ ...deps, ...deps.ledger, registry })
    this.#sessions = new Sessions({
      ...deps,
      registry,
      recorder: deps.ledger.recorder,
      dispatcher: this.#dispatcher,
      cut: (peer) => this.#server.cutPeer(peer),
    })
    this.#server = new GatewayServer(deps)
    const service = agentService({
      ...deps,
      serve: (stream, identity) => this.#sessions.serve(stream, identity),
    })
    this.#server.grpc.addService(AgentServiceService, service)
    this.#health = addStandardServices(this.#server.grpc)
    deps.bus.register(this)
  }

  get online(): number {
    return this.#registry.size
  }

  /** Starts listening; returns the port. */
  async start(port: number, host: string): Promise<number> {
    const { evidence, presence, ledger } = this.#deps
    await evidence.dropHalfReceived()
    await presence.forgetOldSessions()
    await ledger.reaper.grantGrace()
    const actual = await this.#server.listen(port, host)
    this.#listening = true
    this.#schedule()
    return actual
  }

  /** Lets the agents go, writes their last frames, and closes. */
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

  /** Throws while the gateway does not listen. */
  async check(): Promise<void> {
    if (!this.#listening) throw new Error('the gateway does not listen')
  }

  ring(deviceIds: readonly number[]): void {
    this.#dispatcher.ring(deviceIds)
  }

  cancel(request: CancelRequest): void {
    this.#sessions.cancel(request)
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

  isOnline(deviceId: number): boolean {
    return this.#registry.get(deviceId) !== undefined
  }

  async pushBudget(accountId: number): Promise<void> {
    const session = this.#registry.ofAccount(accountId)
    const budget = session && (await this.#deps.budgets.budget(accountId))
    if (budget) session.send({ $case: 'budget', value: budget })
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
    await this.#deps.ledger.reaper.sweep()
    await this.#dispatcher.sweep()
    await this.#newDay()
  }

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
