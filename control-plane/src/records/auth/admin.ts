import { randomBytes } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { insert, row } from '../../infra/database/table.ts'
import { hashPassword, verifyPassword } from './passwords.ts'
import type { Authenticator } from './service.ts'

/**
 * Makes `admin` at the first start. A given password replaces the stored one and ends its sign-ins; without one, the first start makes one
 * up and writes it to `file` for the operator, and later starts leave the password as it is.
 */
export async function ensureAdmin(
  { db, tables, auth }: { db: Database; tables: Pick<Tables, 'users'>; auth: Authenticator },
  given: string | undefined,
  file: string,
): Promise<void> {
  const { users } = tables
  const admin = await row(users, { where: { username: 'admin' } })
  if (!admin) {
    const password = given ?? madeUp(file)
    const user = {
      username: 'admin',
      role: 'admin' as const,
      passwordHash: await hashPassword(password),
      disabled: false,
    }
    await db.write((tx) => insert(users, user, tx))
  } else if (given !== undefined && !(await verifyPassword(given, admin.passwordHash))) {
    const passwordHash = await hashPassword(given)
    await db.write(async (tx) => {
      await users.update({ passwordHash }, { where: { id: admin.id }, transaction: tx })
      await auth.revoke(tx, { userId: admin.id })
    })
  }
  if (given !== undefined) rmSync(file, { force: true })
}

/** Written down before it counts: a kill in between must not leave a password that nobody knows. */
function madeUp(file: string): string {
  const password = randomBytes(12).toString('base64url')
  writeFileSync(`${file}.part`, `${password}\n`, { mode: 0o600 })
  renameSync(`${file}.part`, file)
  return password
}
