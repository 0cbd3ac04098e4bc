import { createHash } from 'node:crypto'
import { DeviceInfo, type EnrollRequest, type EnrollResponse } from '@muster/proto'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { insert, row } from '../../infra/database/table.ts'
import { MusterError } from '../../infra/errors.ts'
import type { CertificateSigner, EventLog } from '../../ports.ts'
import { checkedDevice } from '../commands/frame-check.ts'

export interface EnrolmentDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'devices' | 'deviceEvents' | 'enrolmentCodes'>
  readonly clock: Clock
  readonly events: EventLog
  readonly signer: CertificateSigner
}

/** Makes devices of agents, and knows which certificates speak for them. */
export class Enrolment {
  readonly #deps: EnrolmentDeps

  constructor(deps: EnrolmentDeps) {
    this.#deps = deps
  }

  /** Trades a one-time code and a CSR for a device. Throws UNAUTHENTICATED for a code that is wrong, used or too old. */
  async enrol(request: EnrollRequest): Promise<EnrollResponse> {
    const { db, tables, clock, events, signer } = this.#deps
    const { devices, enrolmentCodes, deviceEvents } = tables
    const [secret = ''] = request.code.split('.')
    const codeHash = createHash('sha256').update(secret).digest('hex')
    return await db.write(async (tx) => {
      const nowMs = clock.now().getTime()
      const code = await row(enrolmentCodes, { where: { codeHash }, transaction: tx })
      if (!code || code.usedAt !== null || code.expiresAt <= nowMs) {
        throw new MusterError(
          'UNAUTHENTICATED',
          'code: is wrong, used or expired; make a new one with POST /devices/enrolment-codes',
        )
      }
      const { name, type, model, osVersion } = checkedDevice(DeviceInfo.fromPartial(request.device ?? {}))
      if (type !== '' && type !== 'ANDROID')
        throw new MusterError('INVALID_REQUEST', `device.type: ${type} cannot be managed; only ANDROID can`)
      const fresh = { name: code.name || name || 'device', type: 'ANDROID', model, osVersion, createdAt: nowMs }
      const deviceId = await insert(devices, fresh, tx)
      const { certificatePem, serial } = await signer.signDevice(request.csrPem, deviceId)
      await devices.update({ certificateSerial: serial }, { where: { id: deviceId }, transaction: tx })
      await enrolmentCodes.update({ usedAt: nowMs, deviceId }, { where: { id: code.id }, transaction: tx })
      await insert(deviceEvents, { deviceId, type: 'ENROLLED', data: { serial }, at: nowMs }, tx)
      await events.append(tx, [{ type: 'device.updated', refId: deviceId, status: 'OFFLINE' }])
      return { deviceId, certificatePem, caPem: signer.certificatePem }
    })
  }

  /** Whether the certificate speaks for the device, and the device may be used. */
  async isEnrolled(deviceId: number, serial: string): Promise<boolean> {
    const where = { id: deviceId, certificateSerial: serial, disabled: false, deletedAt: null }
    return (await this.#deps.db.models.devices.count({ where })) === 1
  }
}
