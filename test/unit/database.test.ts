import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { QueryTypes } from 'sequelize'
import { openDatabase, type Database } from '../../control-plane/src/database/database.ts'
import { rows } from '../../control-plane/src/database/table.ts'

function fileFor(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return join(dir, 'muster.sqlite')
}

async function database(t: ExecutionContext, file = fileFor(t)): Promise<Database> {
  const db = await openDatabase(file)
  t.teardown(async () => await db.close())
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

test('a database of the first release is brought up to date', async (t) => {
  const file = fileFor(t)
  const fresh = await openDatabase(file)
  const schema = async (db: Database): Promise<unknown[]> =>
    await db.sequelize.query("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name", {
      type: QueryTypes.SELECT,
    })
  const now = await schema(fresh)
  await fresh.close()
  const older = new DatabaseSync(file)
  older.exec(`
    DELETE FROM SequelizeMeta WHERE name LIKE '0003%';
    DROP INDEX commands_device_id_status_after_command_id_not_before;
    DROP INDEX commands_device_id_provisional;
    DROP INDEX items_account_id_status;
    DROP INDEX items_task_id;
    ALTER TABLE commands DROP COLUMN hold_reason;
    CREATE INDEX commands_device_id_status ON commands (device_id, status);
    CREATE TABLE device_sessions (device_id INTEGER PRIMARY KEY);
  `)
  older.close()
  const db = await database(t, file)
  t.deepEqual(await schema(db), now)
  t.deepEqual(await rows(db.models.commands), [])
})
