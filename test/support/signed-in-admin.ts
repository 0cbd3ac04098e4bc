import { createHash, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { openDatabase } from '../../control-plane/src/infra/database/database.ts'
import { insert } from '../../control-plane/src/infra/database/table.ts'

export const PASSWORD = 'correct horse battery staple'
/** What the plane keeps of it. */
const PASSWORD_HASH = 'scrypt$bIywgurFDrj_lT7mZYrtJA$Tc9fHjgwwHDPLfaLwRP3VXH8HLGZ2Qp_BBaS8u7PX6E'
/** Good once, for each plane. */
export const REFRESH_TOKEN = 'the first of a sign-in that a test begins with'
const FAR_AWAY = Date.UTC(2100, 0)

/**
 * Makes a plane's database with an admin who has signed in. To make and to check the hash of a password is dear, on
 * purpose, and most tests are not about that. @param dataDir of a plane that has never run
 */
export async function signedInAdmin(dataDir: string): Promise<void> {
  const db = await openDatabase(join(dataDir, 'muster.sqlite'))
  const { users, refreshTokens } = db.tables
  await db.write(async (tx) => {
    const admin = { username: 'admin', role: 'admin', passwordHash: PASSWORD_HASH, disabled: false } as const
    const userId = await insert(users, admin, tx)
    const tokenHash = createHash('sha256').update(REFRESH_TOKEN).digest('hex')
    await insert(refreshTokens, { userId, familyId: randomUUID(), tokenHash, expiresAt: FAR_AWAY }, tx)
  })
  await db.close()
}
