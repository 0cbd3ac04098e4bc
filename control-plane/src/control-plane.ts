import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pino, type Logger } from 'pino'
import { accountRoutes } from './fleet/accounts/routes.ts'
import { PhoneAccounts } from './fleet/accounts/phone-accounts.ts'
import { Accounts } from './fleet/accounts/service.ts'
import { AuditReader } from './records/audit/reader.ts'
import { auditRoutes } from './records/audit/routes.ts'
import { Audit } from './records/audit/service.ts'
import { ensureAdmin } from './records/auth/admin.ts'
import { authRoutes } from './records/auth/routes.ts'
import { Authenticator } from './records/auth/service.ts'
import { tokenKey } from './records/auth/token-key.ts'
import { anyOf } from './records/in-use.ts'
import { userRoutes } from './records/auth/user-routes.ts'
import { Users } from './records/auth/users.ts'
import { systemClock, type Clock } from './infra/clock.ts'
import type { Config } from './config.ts'
import { contactRoutes } from './records/contacts/routes.ts'
import { Contacts } from './records/contacts/service.ts'
import { LastSent } from './records/contacts/last-sent.ts'
import { saveContacts } from './records/contacts/sync.ts'
import { tagRoutes } from './records/contacts/tag-routes.ts'
import { Tags } from './records/contacts/tags.ts'
import { openDatabase, type Database } from './infra/database/database.ts'
import { tablesOfRooms } from './rooms.ts'
import { Housekeeping } from './work/housekeeping.ts'
import { killSwitchRoutes } from './work/kill-switches/routes.ts'
import { KillSwitches } from './work/kill-switches/service.ts'
import { makeCodeForLauncher } from './fleet/devices/enrolment-codes.ts'
import { deviceRoutes } from './fleet/devices/routes.ts'
import { Devices } from './fleet/devices/service.ts'
import { OrderedEventLog } from './records/events/log.ts'
import { localLease } from './infra/lease.ts'
import { AgendaScheduler } from './infra/scheduler/scheduler.ts'
import { SqlJobBackend } from './infra/scheduler/sql-job-backend.ts'
import { noFaults, type FaultPoints } from './infra/fault-points.ts'
import { CertificateAuthority } from './edge/gateway/ca.ts'
import { Gateway } from './edge/gateway/gateway.ts'
import { Evidence } from './fleet/commands/evidence.ts'
import { createLedger, createWorkLedger } from './fleet/commands/ledger.ts'
import { evidenceRoutes } from './fleet/commands/routes.ts'
import { Enrolment } from './fleet/devices/enrolment.ts'
import { Handshake } from './fleet/devices/handshake.ts'
import { DevicePresence } from './fleet/devices/presence.ts'
import { LocalBus } from './infra/bus/local.ts'
import type { CancelRequest, SyncSink } from './ports.ts'
import { materialFile } from './records/materials/files.ts'
import { groupRoutes } from './records/groups/routes.ts'
import { Groups } from './records/groups/service.ts'
import { saveGroups } from './records/groups/sync.ts'
import { Mutations } from './edge/api/mutations.ts'
import { EventSocket } from './edge/api/event-socket.ts'
import { IdempotencyKeys } from './edge/api/idempotency-keys.ts'
import { AnonymousAuditLimit, callLimits } from './edge/api/limits.ts'
import { rootRoutes } from './edge/api/root.ts'
import type { Route } from './http/route.ts'
import { WorkspaceTime } from './infra/workspace-time.ts'
import { closeHttp, httpServer } from './edge/api/server.ts'
import { emptyUploads } from './edge/api/uploads.ts'
import { Categories } from './records/materials/categories.ts'
import { categoryRoutes } from './records/materials/category-routes.ts'
import { materialRoutes } from './records/materials/routes.ts'
import { Materials } from './records/materials/service.ts'
import { DirectoryMediaStore, type MediaStore } from './infra/media/store.ts'
import { Policy } from './fleet/policy/service.ts'
import { actionRules } from './work/tasks/kinds/action-rules.ts'
import { createTasks, type Tasks } from './work/tasks/tasks.ts'
import { templateRoutes } from './records/templates/routes.ts'
import { Templates } from './records/templates/service.ts'
import { TaskReferences } from './work/tasks/references.ts'

export interface ControlPlaneOptions {
  readonly config: Config
  readonly clock?: Clock
  readonly log?: Logger
  readonly faults?: FaultPoints
  /** How often an agent is to be heard, in milliseconds. @default 3000 */
  readonly heartbeatMs?: number
}

/** A control plane that runs. */
export interface ControlPlane {
  readonly httpPort: number
  readonly grpcPort: number
  /** A one-time enrolment code for whoever runs this process; over REST it takes an operator. */
  enrolmentCode(name: string): Promise<string>
  /** Lets agents go, finishes requests and writes, and closes everything. */
  stop(): Promise<void>
}

const HEARTBEAT_MS = 3000

/** Starts everything of one node. Throws when a port is taken or the data directory cannot be written. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { config } = options
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  const parts = await assemble(options)
  const { db, events, tasks, gateway, mutations, housekeeping, socket, http } = parts
  const begin = async (): Promise<number> => {
    await mutations.recover()
    await events.start()
    const port = await gateway.start(config.grpcPort, config.host)
    await tasks.start()
    return port
  }
  // Password hashing is deliberately slow, so it runs beside start-up; only sign-in waits for it.
  const [grpcPort] = await Promise.all([begin(), parts.ensureAdmin()])
  housekeeping.start()
  http.listen(config.httpPort, config.host)
  await once(http, 'listening')
  return {
    httpPort: (http.address() as AddressInfo).port,
    grpcPort,
    enrolmentCode: parts.enrolmentCode,
    stop: async () => {
      socket.close()
      tasks.stopWaiting()
      await closeHttp(http)
      await housekeeping.stop()
      await tasks.stop()
      await gateway.stop()
      await events.stop()
      await db.close()
    },
  }
}

/** Every route of the API, without a server: for the OpenAPI document. */
export async function allRoutes(config: Config): Promise<readonly Route[]> {
  const parts = await assemble({ config, log: pino({ level: 'silent' }) }, ':memory:')
  parts.socket.close()
  await parts.db.close()
  return parts.routes
}

interface Parts {
  readonly db: Database
  readonly ensureAdmin: () => Promise<void>
  readonly enrolmentCode: ControlPlane['enrolmentCode']
  readonly events: OrderedEventLog
  readonly tasks: Tasks
  readonly gateway: Gateway
  readonly mutations: Mutations
  readonly housekeeping: Housekeeping
  readonly socket: EventSocket
  readonly http: Server
  readonly routes: readonly Route[]
}

/** What every floor stands on. */
async function openGround(options: ControlPlaneOptions, databaseFile: string | undefined) {
  const { config, clock = systemClock, log = pino({ level: config.logLevel }), faults = noFaults } = options
  const time = new WorkspaceTime(config.timeZone)
  const db = await openDatabase(databaseFile ?? join(config.dataDir, 'muster.sqlite'))
  const rooms = tablesOfRooms(db.tables)
  const ca = await CertificateAuthority.open(join(config.dataDir, 'ca'))
  const lease = localLease
  const events = new OrderedEventLog({ db, tables: rooms['records/events'], clock, time, faults, lease, log })
  const key = tokenKey(config.dataDir)
  const auth = new Authenticator({ db, tables: rooms['records/auth'], clock, key })
  const store: MediaStore = new DirectoryMediaStore(join(config.dataDir, 'media'))
  const base = { db, clock, time, faults, log, events, store, lease }
  return { base, rooms, config, ca, key, auth }
}
type Ground = Awaited<ReturnType<typeof openGround>>

/** The phones, what they are told, and the tasks. The ledger and the gateway meet over the bus. */
function makeWork({ base, rooms, config, ca }: Ground, heartbeatMs: number) {
  const { db, clock, faults, log, store } = base
  const bus = new LocalBus<CancelRequest>()
  const { wechatRulesAccepted, approvalAbove, allowEmulated, dataDir } = config
  const policy = new Policy({ ...base, tables: rooms['fleet/policy'], actions: actionRules, wechatRulesAccepted })
  const work = createWorkLedger({ ...base, tables: rooms['fleet/commands'], bus })
  const { queue } = work
  const accounts = new Accounts({ ...base, tables: rooms['fleet/accounts'], policy, queue, bus })
  const scheduler = new AgendaScheduler({ backend: new SqlJobBackend({ db, tables: rooms['infra/scheduler'] }), log })
  const tasks = createTasks({
    ...base,
    ...work,
    tables: rooms['work/tasks'],
    policy,
    bus,
    scheduler,
    wechatRulesAccepted,
    approvalAbove,
  })
  const sink: SyncSink = {
    page: async (tx, accountId, page) => {
      await saveContacts({ ...base, tables: rooms['records/contacts'] }, tx, accountId, page)
      await saveGroups({ ...base, tables: rooms['records/groups'] }, tx, accountId, page)
    },
  }
  const { progress } = tasks
  const ledger = createLedger({
    ...base,
    ...work,
    tables: rooms['fleet/commands'],
    bus,
    directory: bus,
    progress,
    admission: policy,
    guard: accounts,
    budgets: policy,
    lastSent: new LastSent({ tables: rooms['records/contacts'] }),
    sink,
  })
  const { resume } = ledger
  const phoneAccounts = new PhoneAccounts({ tables: rooms['fleet/accounts'] })
  const evidence = new Evidence({ db, tables: rooms['fleet/commands'], clock, directory: join(dataDir, 'evidence') })
  const gateway = new Gateway({
    clock,
    faults,
    log,
    store,
    bus,
    ledger,
    budgets: policy,
    evidence,
    ca,
    enrolment: new Enrolment({ ...base, tables: rooms['fleet/devices'], signer: ca }),
    handshake: new Handshake({
      ...base,
      tables: rooms['fleet/devices'],
      accounts: phoneAccounts,
      resume,
      allowEmulated,
    }),
    presence: new DevicePresence({ ...base, tables: rooms['fleet/devices'] }),
    materialFile: (id) => materialFile(db, id),
    heartbeatMs: heartbeatMs,
  })
  const devices = new Devices({
    ...base,
    tables: rooms['fleet/devices'],
    bus,
    directory: bus,
    accounts: phoneAccounts,
    resume,
    stops: tasks.stops,
    caFingerprint: ca.fingerprint,
  })
  return { bus, policy, accounts, tasks, ledger, evidence, gateway, devices }
}
type Work = ReturnType<typeof makeWork>

/** What the API answers, from the services of every floor. */
function makeRoutes({ base, rooms, auth }: Ground, { bus, accounts, tasks, evidence, devices }: Work): Route[] {
  const { db, clock, time } = base
  const inUse = new TaskReferences({ db })
  const templates = new Templates({ ...base, tables: rooms['records/templates'], inUse })
  const categories = new Categories({ db, tables: rooms['records/materials'] })
  const materials = new Materials({
    ...base,
    tables: rooms['records/materials'],
    categories,
    inUse: anyOf([inUse, templates]),
  })

  return [
    ...authRoutes({ auth }),
    ...userRoutes(new Users({ db, tables: rooms['records/auth'], clock, auth })),
    ...deviceRoutes(devices),
    ...accountRoutes(accounts),
    ...tagRoutes(new Tags({ db, tables: rooms['records/contacts'], inUse })),
    ...contactRoutes(new Contacts({ db, tables: rooms['records/contacts'], clock, inUse, stops: tasks.stops })),
    ...groupRoutes(new Groups(base)),
    ...materialRoutes(materials),
    ...categoryRoutes(categories),
    ...templateRoutes(templates),
    ...tasks.routes,
    ...evidenceRoutes(evidence),
    ...killSwitchRoutes(new KillSwitches({ ...base, tables: rooms['work/kill-switches'], bus, stops: tasks.stops })),
    ...auditRoutes({ reader: new AuditReader(base), time }),
  ]
}

/** Drops what has been kept long enough, room by room. */
function makeHousekeeping(
  { base: { events, clock, log, lease }, auth }: Ground,
  { evidence, devices, ledger, policy }: Work,
  idempotencyKeys: IdempotencyKeys,
): Housekeeping {
  return new Housekeeping({
    clock,
    log,
    lease,
    chores: [
      () => events.trim(),
      () => evidence.trim(),
      () => devices.trim(),
      () => ledger.recorder.trim(),
      () => policy.trim(),
      () => idempotencyKeys.trim(),
      () => auth.trim(),
    ],
  })
}

/** Puts the parts together, floor by floor. */
async function assemble(options: ControlPlaneOptions, databaseFile?: string): Promise<Parts> {
  const ground = await openGround(options, databaseFile)
  const { base, rooms, config, ca, key, auth } = ground
  const { db, clock, events, log } = base
  const work = makeWork(ground, options.heartbeatMs ?? HEARTBEAT_MS)
  const { tasks, gateway } = work
  const routes = makeRoutes(ground, work)
  const audit = new Audit({ db, tables: rooms['records/audit'], clock })
  const checks = [
    { name: 'database', check: async () => await db.ping() },
    { name: 'scheduler', check: async () => await tasks.check() },
    { name: 'gateway', check: async () => await gateway.check() },
  ]
  const idempotencyKeys = new IdempotencyKeys({ db, tables: rooms['edge/api'], clock, secret: key })
  const mutations = new Mutations({
    db,
    auth,
    audit,
    idempotencyKeys,
    anonymousAuditLimit: new AnonymousAuditLimit(clock),
    limits: callLimits({ clock, tasksPerMinute: config.tasksPerMinute }),
    routes,
  })
  const http = httpServer({
    routes,
    root: rootRoutes({ checks, online: () => gateway.online }),
    auth,
    mutations,
    uploadDir: emptyUploads(config.dataDir),
    log,
  })
  const housekeeping = makeHousekeeping(ground, work, idempotencyKeys)
  const socket = new EventSocket({ auth, events, log })
  socket.attach(http)
  const password = [config.adminPassword, join(config.dataDir, 'admin-password')] as const
  return {
    db,
    ensureAdmin: () => ensureAdmin({ db, tables: rooms['records/auth'], auth }, ...password),
    enrolmentCode: (name) =>
      makeCodeForLauncher({ db, tables: rooms['fleet/devices'], clock, caFingerprint: ca.fingerprint, audit }, name),
    events,
    tasks,
    gateway,
    mutations,
    housekeeping,
    socket,
    http,
    routes,
  }
}
