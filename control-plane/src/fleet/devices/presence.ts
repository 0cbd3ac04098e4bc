import type { Transaction } from 'sequelize'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { insert, rows } from '../../infra/database/table.ts'
import type { EventLog } from '../../ports.ts'
import type { SessionFacts } from '../commands/session-facts.ts'

/** A session, as far as the devices' rows know it. */
type Epoch = Pick<SessionFacts, 'deviceId' | 'epoch'>

export interface DevicePresenceDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'devices' | 'deviceEvents'>
  readonly clock: Clock
  readonly events: EventLog
}

/** Records in the devices' rows which of them have a live session. */
export class DevicePresence {
  readonly #deps: DevicePresenceDeps

  constructor(deps: DevicePresenceDeps) {
    this.#deps = deps
  }

  /**
   * The agent has the epoch on its disk: a Hello with an older one means from now on a journal put back from a backup.
   * Returns false for a session that is no longer its device's newest.
   */
  async ready({ deviceId, epoch }: Epoch): Promise<boolean> {
    const { db, tables } = this.#deps
    const where = { id: deviceId, epoch }
    const [current] = await db.write((tx) => tables.devices.update({ readyEpoch: epoch }, { where, transaction: tx }))
    return current > 0
  }

  /** Keeps what kind of UI tree the phone shows; nothing for a session that is no longer the newest. */
  async reportedState({ deviceId, epoch }: Epoch, uiTree: string): Promise<void> {
    const { db, tables } = this.#deps
    const where = { id: deviceId, epoch }
    await db.write((tx) => tables.devices.update({ uiTree }, { where, transaction: tx }))
  }

  /** The session has ended: the device is offline, unless a newer one took over. */
  async gone({ deviceId, epoch }: Epoch): Promise<void> {
    const { db, tables, clock, events } = this.#deps
    const at = clock.now().getTime()
    await db.write(async (tx) => {
      const offline = { online: false, lastSeenAt: at }
      const where = { id: deviceId, epoch, online: true }
      const [changed] = await tables.devices.update(offline, { where, transaction: tx })
      if (changed === 0) return
      await this.#note(tx, { deviceId, type: 'DISCONNECTED', data: { epoch }, at })
      await events.append(tx, [{ type: 'device.updated', refId: deviceId, status: 'OFFLINE' }])
    })
  }

  /** Two agents use the identity of one device: an operator has to look at it. */
  async cloneSuspected(deviceId: number): Promise<void> {
    const { db, clock } = this.#deps
    const at = clock.now().getTime()
    await db.write((tx) => this.#note(tx, { deviceId, type: 'CLONE_SUSPECTED', data: {}, at }))
  }

  /** Marks every device offline: the sessions of a process that is gone are not live, whatever the rows say. */
  async forgetOldSessions(): Promise<void> {
    const { db, tables, events } = this.#deps
    await db.write(async (tx) => {
      const online = await rows(db.models.devices, { where: { online: true }, transaction: tx })
      await tables.devices.update({ online: false }, { where: { online: true }, transaction: tx })
      await events.append(
        tx,
        online.map(({ id, disabled }) => ({
          type: 'device.updated',
          refId: id,
          status: disabled ? 'DISABLED' : 'OFFLINE',
        })),
      )
    })
  }

  async #note(tx: Transaction, event: { deviceId: number; type: string; data: object; at: number }): Promise<void> {
    await insert(this.#deps.tables.deviceEvents, event, tx)
  }
}
