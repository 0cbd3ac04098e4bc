import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as endOfTurn } from 'node:timers/promises'
import { openDatabase, type OpenDatabase } from '../../control-plane/src/infra/database/database.ts'
import { insert, row, rows } from '../../control-plane/src/infra/database/table.ts'
import { removeDevice } from '../../control-plane/src/fleet/devices/removal.ts'
import type { KillScope } from '../../control-plane/src/infra/database/tables/kill-switches.ts'
import type { NewEvent } from '../../control-plane/src/ports.ts'
import type { TaskCreation } from '../../control-plane/src/work/tasks/creation.ts'
import type { ItemRow, TaskRow, TaskStatus } from '../../control-plane/src/infra/database/tables/tasks.ts'
import type { TaskOperations } from '../../control-plane/src/work/tasks/operations.ts'
import type { TaskStops } from '../../control-plane/src/work/tasks/stops.ts'
import { draftItem } from '../../control-plane/src/work/tasks/kinds/item-draft.ts'
import { FakeClock } from './fake-clock.ts'
import { PlaneLife, unlessKilled } from './plane-life.ts'
import { PlayedPhone } from './played-phone.ts'

/** A turn in which nothing moved may only be a pause between two hops. */
const QUIET_TURNS = 3
export const DELIVER_WITHIN_MS = 30_000

export interface TaskOptions {
  readonly status?: TaskStatus
  readonly items?: number
  readonly batchSize?: number
}

/** The plane's tasks and gateway on one database, without network: a test plays the phones. It can be killed. */
export class PlaneParts {
  readonly clock = new FakeClock()
  readonly db: OpenDatabase
  readonly events: NewEvent[] = []
  /** How many the database was given so far. */
  statements = 0
  readonly #dir: string
  #life: PlaneLife
  #moves = 0
  #asking = 0

  private constructor(db: OpenDatabase, dir: string) {
    this.db = db
    this.#dir = dir
    this.#watch()
    this.#life = this.#begin()
  }

  static async open(): Promise<PlaneParts> {
    const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
    return new PlaneParts(await openDatabase(join(dir, 'muster.sqlite')), dir)
  }

  async close(): Promise<void> {
    await this.settled()
    await this.db.close()
    rmSync(this.#dir, { recursive: true, force: true })
  }

  get operations(): TaskOperations {
    return this.#life.operations
  }

  get creation(): TaskCreation {
    return this.#life.creation
  }

  get stops(): TaskStops {
    return this.#life.stops
  }

  async phone(): Promise<PlayedPhone> {
    const { devices, accounts } = this.db.tables
    const ids = await this.db.write(async (tx) => {
      const deviceId = await insert(
        devices,
        { name: 'played', createdAt: 0, certificateSerial: 's', emulated: true },
        tx,
      )
      const wechatId = `wxid_${deviceId}`
      const accountId = await insert(accounts, { wechatId, deviceId, policy: 'demo', status: 'ACTIVE' }, tx)
      await devices.update({ accountId }, { where: { id: deviceId }, transaction: tx })
      return { deviceId, accountId, wechatId }
    })
    return new PlayedPhone({
      ...ids,
      serve: (stream, deviceId) => this.#life.sessions.serve(stream, { deviceId, serial: 's' }),
      moved: () => this.#moves++,
    })
  }

  /** A message task for customers of its own; answers its id. */
  async task(phone: PlayedPhone, options: TaskOptions = {}): Promise<number> {
    const { status = 'SCHEDULED', items = 2, batchSize = 50 } = options
    const { deviceId, accountId } = phone
    const now = this.clock.now().getTime()
    const { customers, tasks } = this.db.tables
    const pace = { intervalSeconds: 0, batchSize, batchPauseSeconds: 0 }
    const receivers = { type: 'CUSTOMERS', tagIds: [], groupIds: [], customerIds: [] }
    const params = { kind: 'MESSAGE', template: { materials: [] }, receivers, ...pace }
    const receiver = { wechatId: '', nickname: '', remark: '', isGroup: false, memberCount: 0 }
    const payload = { action: 'SEND', text: 'hi', receiver }
    return await this.db.write(async (tx) => {
      const values = {
        kind: 'MESSAGE',
        name: '',
        status,
        params,
        scheduledTime: now,
        createdBy: 1,
        createdAt: now,
      } as const
      const taskId = await insert(tasks, { ...values, deliverWithinSeconds: DELIVER_WITHIN_MS / 1000 }, tx)
      const fresh: Omit<ItemRow, 'id' | 'result'>[] = []
      for (let count = 0; count < items; count++) {
        const customerId = await insert(customers, { accountId, nickname: '', source: 'MANUAL', createdAt: now }, tx)
        fresh.push({ ...draftItem({ deviceId, accountId, customerId, receiver: '', payload }), taskId })
      }
      await this.#life.items.insert(tx, fresh)
      return taskId
    })
  }

  async killSwitch(scope: KillScope, id?: number): Promise<number> {
    return await this.#life.killSwitches.pull({ scope, id, reason: 'stop it', createdBy: 1 })
  }

  async optOut(customerId: number): Promise<void> {
    await this.db.write(async (tx) => {
      await this.db.tables.customers.update({ optOut: true }, { where: { id: customerId }, transaction: tx })
      await this.stops.customerUnwanted(tx, customerId, 'the customer opted out')
    })
  }

  async removeDevice(id: number): Promise<void> {
    const { events, stops, bus, resume, phoneAccounts: accounts } = this.#life
    await removeDevice(
      { db: this.db, tables: this.db.tables, clock: this.clock, events, stops, bus, resume, accounts },
      id,
    )
  }

  async taskRow(id: number): Promise<TaskRow> {
    const found = await row(this.db.models.tasks, { where: { id } })
    if (!found) throw new Error(`no task ${id}`)
    return found
  }

  async items(taskId: number): Promise<ItemRow[]> {
    return await rows(this.db.models.items, { where: { taskId }, order: [['id', 'ASC']] })
  }

  /** Lets time pass and every sweep have a turn. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms)
    await this.#life.reaper.sweep()
    await this.stops.finish()
    await this.#life.dispatcher.sweep()
    await this.settled()
  }

  /** Resolves when neither the plane nor a phone has anything to do any more. */
  async settled(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS;) {
      const before = this.#moves
      await endOfTurn()
      quiet = before === this.#moves && this.#asking === 0 ? quiet + 1 : 0
    }
  }

  /** Kills the plane, each of the works at its first commit and before anybody is told of it, and starts it again. */
  async killedAfterCommit(works: readonly (() => Promise<unknown>)[]): Promise<void> {
    const dying = this.#life
    dying.dead = true
    for (const work of works) await work().catch(unlessKilled)
    this.#life = this.#begin()
    for (const session of dying.registry.all()) session.end()
    await this.stops.finish()
    await this.settled()
  }

  /** The plane ends, and is started again after a time. */
  async down(ms: number): Promise<void> {
    const dying = this.#life
    dying.dead = true
    this.#life = this.#begin()
    for (const session of dying.registry.all()) session.end()
    await this.settled()
    this.clock.advance(ms)
    await this.#life.reaper.grantGrace()
  }

  /** Every statement and every write is a move, and nothing is quiet while one runs. */
  #watch(): void {
    const { db } = this
    const { sequelize } = db
    const query = sequelize.query.bind(sequelize) as (...args: unknown[]) => Promise<unknown>
    const write = db.write.bind(db) as (work: unknown) => Promise<unknown>
    const watched = async (asked: Promise<unknown>): Promise<unknown> => {
      this.#moves++
      this.#asking++
      return await asked.finally(() => this.#asking--)
    }
    Object.assign(sequelize, {
      query: async (...args: unknown[]) => {
        this.statements++
        return await watched(query(...args))
      },
    })
    Object.assign(db, { write: async (work: unknown) => await watched(write(work)) })
  }

  #begin(): PlaneLife {
    return new PlaneLife(this.db, this.clock, this.events)
  }
}
