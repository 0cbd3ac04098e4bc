import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Audit } from '../../control-plane/src/audit/service.ts'
import { ensureAdmin } from '../../control-plane/src/auth/admin.ts'
import { verifyPassword } from '../../control-plane/src/auth/passwords.ts'
import { systemClock } from '../../control-plane/src/clock.ts'
import { openDatabase, type Database } from '../../control-plane/src/database/database.ts'
import { rows } from '../../control-plane/src/database/table.ts'
import { makeCodeForLauncher } from '../../control-plane/src/devices/enrolment-codes.ts'

/** Not a hash of anything: whoever compares passwords with it finds none that fits. */
const CHANGED = `scrypt$${'A'.repeat(22)}$${'A'.repeat(43)}`
const GIVEN = 'given at the start'

async function database(t: ExecutionContext): Promise<Database> {
  const db = await openDatabase(':memory:')
  t.teardown(async () => await db.close())
  return db
}

test('a changed password stays over restarts; only one that is given at a start replaces it', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const file = join(dir, 'admin-password')
  const db = await database(t)
  const hash = async (): Promise<string> => (await rows(db.models.users, {}))[0]?.passwordHash ?? ''

  await ensureAdmin(db, undefined, file)
  t.is(statSync(file).mode & 0o777, 0o600)
  t.true(await verifyPassword(readFileSync(file, 'utf8').trim(), await hash()))

  await db.write(async (tx) => await db.models.users.update({ passwordHash: CHANGED }, { where: {}, transaction: tx }))
  await ensureAdmin(db, undefined, file)
  t.is(await hash(), CHANGED)

  await ensureAdmin(db, GIVEN, file)
  const given = await hash()
  t.true(await verifyPassword(GIVEN, given))
  t.false(existsSync(file), 'a password that no longer counts is not kept')

  await ensureAdmin(db, undefined, file)
  t.is(await hash(), given)
  t.false(existsSync(file))
})

test('whoever runs the plane gets enrolment codes without a password, and the audit log says so', async (t) => {
  const db = await database(t)
  await ensureAdmin(db, GIVEN, '/nowhere/admin-password')
  const deps = { db, clock: systemClock, caFingerprint: 'F', audit: new Audit({ db, clock: systemClock }) }
  t.regex(await makeCodeForLauncher(deps, 'phone-1'), /^[\w-]{22}\.F$/)
  t.like(await rows(db.models.enrolmentCodes, {}), [{ name: 'phone-1', createdBy: 1, usedAt: null }])
  const entry = { username: 'admin', ip: 'launcher', action: 'POST /devices/enrolment-codes', after: { code: '***' } }
  t.like(await rows(db.models.auditLog, {}), [entry])
})
