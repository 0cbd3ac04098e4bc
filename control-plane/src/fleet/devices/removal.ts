import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import type { EventLog, LiveSession, WorkStops } from '../../ports.ts'
import type { PhoneAccounts } from '../accounts/phone-accounts.ts'
import type { ResumeLedger } from '../commands/resume.ts'
import { saveCommands } from './custom-commands.ts'

export interface RemovalDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'devices' | 'deviceCommands'>
  readonly clock: Clock
  readonly events: EventLog
  readonly accounts: Pick<PhoneAccounts, 'leaveDevice'>
  readonly bus: Pick<LiveSession, 'disconnect'>
  readonly resume: Pick<ResumeLedger, 'abandon'>
  readonly stops: Pick<WorkStops, 'deviceDeleted' | 'finish'>
}

/** Revokes a device for good. Nobody will hear from it again, so everything it had to do ends with it. */
export async function removeDevice(deps: RemovalDeps, id: number): Promise<void> {
  const { db, tables, clock, events, accounts, bus, resume, stops } = deps
  await db.write(async (tx) => {
    const gone = { deletedAt: clock.now().getTime(), certificateSerial: null, online: false, accountId: null }
    await tables.devices.update(gone, { where: { id }, transaction: tx })
    await accounts.leaveDevice(tx, id)
    await saveCommands(tables, tx, id, [])
    await events.append(tx, [{ type: 'device.updated', refId: id, status: 'DISABLED' }])
    await stops.deviceDeleted(tx, id)
    await resume.abandon(tx, id)
  })
  await bus.disconnect(id, 'deleted by an operator')
  await stops.finish()
}
