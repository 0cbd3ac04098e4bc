import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { QueryTypes } from 'sequelize'
import { openDatabase, type OpenDatabase } from './database.ts'

async function database(t: ExecutionContext): Promise<OpenDatabase> {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  const db = await openDatabase(join(dir, 'muster.sqlite'))
  t.teardown(async () => {
    await db.close()
    rmSync(dir, { recursive: true, force: true })
  })
  return db
}

test('what waits for a commit does not happen when the commit fails, and the next write works', async (t) => {
  const db = await database(t)
  await db.sequelize.query('CREATE TABLE parents (id INTEGER PRIMARY KEY)')
  // Checked at the COMMIT, which is what a full disk fails too.
  await db.sequelize.query(
    'CREATE TABLE children (parent INTEGER REFERENCES parents(id) DEFERRABLE INITIALLY DEFERRED)',
  )
  const told: string[] = []
  const write = async (sql: string) =>
    await db.write(async (tx) => {
      tx.afterCommit(() => void told.push(sql))
      await db.sequelize.query(sql, { transaction: tx })
    })
  await t.throwsAsync(async () => await write('INSERT INTO children VALUES (7)'), { message: /FOREIGN KEY/ })
  t.deepEqual(told, [])
  await write('INSERT INTO parents VALUES (7)')
  t.deepEqual(told, ['INSERT INTO parents VALUES (7)'])
  t.deepEqual(await db.sequelize.query('SELECT COUNT(*) AS n FROM children', { type: QueryTypes.SELECT }), [{ n: 0 }])
})
