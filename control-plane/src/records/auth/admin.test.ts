import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Audit } from '../audit/service.ts'
import { ensureAdmin } from './admin.ts'
import { verifyPassword } from './passwords.ts'
import { Authenticator } from './service.ts'
import { systemClock } from '../../infra/clock.ts'
import { openDatabase, type OpenDatabase } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { rows } from '../../infra/database/table.ts'
import { makeCodeForLauncher } from '../../fleet/devices/enrolment-codes.ts'

/** Not a hash of anything: whoever compares passwords with it finds none that fits. */
const CHANGED = `scrypt$${'A'.repeat(22)}$${'A'.repeat(43)}`
const GIVEN = 'given at the start'

async function start(t: ExecutionContext): Promise<{ db: OpenDatabase; tables: Tables; auth: Authenticator }> {
  const db = await openDatabase(':memory:')
  t.teardown(async () => await db.close())
  return {
    db,
    tables: db.tables,
    auth: new Authenticator({ db, tables: db.tables, clock: systemClock, key: new Uint8Array(32) }),
  }
}

test('a changed password stays over restarts; only one that is given at a start replaces it', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const file = join(dir, 'admin-password')
  const parts = await start(t)
  const { db, auth } = parts
  const hash = async (): Promise<string> => (await rows(db.models.users, {}))[0]?.passwordHash ?? ''

  await ensureAdmin(parts, undefined, file)
  t.is(statSync(file).mode & 0o777, 0o600)
  t.true(await verifyPassword(readFileSync(file, 'utf8').trim(), await hash()))

  await db.write(async (tx) => await db.tables.users.update({ passwordHash: CHANGED }, { where: {}, transaction: tx }))
  await ensureAdmin(parts, undefined, file)
  t.is(await hash(), CHANGED)

  await ensureAdmin(parts, GIVEN, file)
  const given = await hash()
  t.true(await verifyPassword(GIVEN, given))
  t.false(existsSync(file), 'a password that no longer counts is not kept')

  await ensureAdmin(parts, undefined, file)
  t.is(await hash(), given)
  t.false(existsSync(file))

  const { accessToken } = await auth.login('admin', GIVEN)
  await ensureAdmin(parts, `${GIVEN} again`, file)
  await t.throwsAsync(async () => await auth.verify(`Bearer ${accessToken}`), { message: /signed out/ })
})

test('whoever runs the plane gets enrolment codes without a password, and the audit log says so', async (t) => {
  const parts = await start(t)
  const { db } = parts
  await ensureAdmin(parts, GIVEN, '/nowhere/admin-password')
  const audit = new Audit({ db, tables: db.tables, clock: systemClock })
  const deps = { db, tables: db.tables, clock: systemClock, caFingerprint: 'F', audit }
  t.regex(await makeCodeForLauncher(deps, 'phone-1'), /^[\w-]{22}\.F$/)
  t.like(await rows(db.models.enrolmentCodes, {}), [{ name: 'phone-1', createdBy: 1, usedAt: null }])
  const entry = { username: 'admin', ip: 'launcher', action: 'POST /devices/enrolment-codes', after: { code: '***' } }
  t.like(await rows(db.models.auditLog, {}), [entry])
})
