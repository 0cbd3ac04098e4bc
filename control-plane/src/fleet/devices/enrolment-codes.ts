import { createHash, randomBytes } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import type { Audit } from '../../records/audit/service.ts'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { insert, row } from '../../infra/database/table.ts'

const HOUR_SECONDS = 3600

export interface EnrolmentCodesDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'enrolmentCodes'>
  readonly clock: Clock
  /** Base64url SHA-256 of the plane's CA; part of every enrolment code. */
  readonly caFingerprint: string
}

export interface EnrolmentOrder {
  /** The device's; null is for the agent to say. */
  readonly name: string | null
  readonly expiresInSeconds: number
  /** Id of a user. */
  readonly createdBy: number
}

/** Makes a one-time code with which an agent becomes a device; it expires at `expiresAt`, in milliseconds since 1970. */
export async function makeEnrolmentCode(
  { db, tables, clock, caFingerprint }: EnrolmentCodesDeps,
  order: EnrolmentOrder,
): Promise<{ code: string; expiresAt: number }> {
  const secret = randomBytes(16).toString('base64url')
  const expiresAt = clock.now().getTime() + order.expiresInSeconds * 1000
  const codeHash = createHash('sha256').update(secret).digest('hex')
  const code = { codeHash, name: order.name, expiresAt, createdBy: order.createdBy }
  await db.write((tx) => insert(tables.enrolmentCodes, code, tx))
  return { code: `${secret}.${caFingerprint}`, expiresAt }
}

/** Makes a code for the program that started the plane: it is trusted as `admin` is, without a password. */
export async function makeCodeForLauncher(
  deps: EnrolmentCodesDeps & { readonly audit: Audit },
  name: string,
): Promise<string> {
  const admin = await row(deps.db.models.users, { where: { username: 'admin' } })
  if (!admin) throw new Error('the plane has not started yet')
  const order = { name, expiresInSeconds: HOUR_SECONDS, createdBy: admin.id }
  const { code } = await makeEnrolmentCode(deps, order)
  const { id: userId, username, role } = admin
  const caller = { userId, username, role, ip: 'launcher', authorization: '', requestId: uuidv7() }
  const target = '/devices/enrolment-codes'
  const entry = { action: `POST ${target}`, target, request: order, before: null, after: { code }, outcome: 200 }
  await deps.audit.write({ caller, ...entry })
  return code
}
