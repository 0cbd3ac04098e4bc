import { createHash } from 'node:crypto'
import { DeviceInfo, type EnrollRequest, type EnrollResponse } from '@muster/proto'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { insert, row } from '../../infra/database/table.ts'
import { MusterError } from '../../infra/errors.ts'
import type { EventLog } from '../../ports.ts'
import type { CertificateAuthority } from './ca.ts'
import { checkedDevice } from '../../fleet/commands/frame-check.ts'

export interface EnrolmentDeps {
  readonly db: Database
  readonly clock: Clock
  readonly events: EventLog
  readonly ca: CertificateAuthority
}

/** Trades a one-time code and a CSR for a device. Throws UNAUTHENTICATED for a code that is wrong, used or too old. */
export async function enrol(deps: EnrolmentDeps, request: EnrollRequest): Promise<EnrollResponse> {
  const { db, clock, events, ca } = deps
  const { devices, enrolmentCodes } = db.models
  const [secret = ''] = request.code.split('.')
  const codeHash = createHash('sha256').update(secret).digest('hex')
  return await db.write(async (tx) => {
    const now = clock.now().getTime()
    const code = await row(enrolmentCodes, { where: { codeHash }, transaction: tx })
    if (!code || code.usedAt !== null || code.expiresAt <= now) {
      throw new MusterError(
        'UNAUTHENTICATED',
        'code: is wrong, used or expired; make a new one with POST /devices/enrolment-codes',
      )
    }
    const { name, type, model, osVersion } = checkedDevice(DeviceInfo.fromPartial(request.device ?? {}))
    if (type !== '' && type !== 'ANDROID')
      throw new MusterError('INVALID_REQUEST', `device.type: ${type} cannot be managed; only ANDROID can`)
    const fresh = { name: code.name || name || 'device', type: 'ANDROID', model, osVersion, createdAt: now }
    const deviceId = await insert(devices, fresh, tx)
    const { certificatePem, serial } = await ca.signDevice(request.csrPem, deviceId)
    await devices.update({ certificateSerial: serial }, { where: { id: deviceId }, transaction: tx })
    await enrolmentCodes.update({ usedAt: now, deviceId }, { where: { id: code.id }, transaction: tx })
    await insert(db.models.deviceEvents, { deviceId, type: 'ENROLLED', data: { serial }, at: now }, tx)
    await events.append(tx, [{ type: 'device.updated', refId: deviceId, status: 'OFFLINE' }])
    return { deviceId, certificatePem, caPem: ca.certificatePem }
  })
}
