import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { QueryTypes } from 'sequelize'
import { openDatabase, type OpenDatabase } from '../database.ts'

const LATER_COLUMNS = [
  ['commands', 'hold_reason'],
  ['items', 'cancel_code'],
  ['items', 'cancel_reason'],
  ['audit_log', 'kind'],
  ['audit_log', 'intent_id'],
  ['audit_log', 'request'],
  ['idempotency_keys', 'effect_at'],
  ['users', 'deleted_at'],
  ['tasks', 'deleted_at'],
  ['tasks', 'changed_by'],
  ['tasks', 'look'],
] as const
const LATER_INDEXES = [
  'commands_account_id_finished_at',
  'items_account_id_status',
  'customers_wechat_id',
  'audit_log_intent_id',
  'idempotency_keys_created_at',
  'commands_device_id_status_after_command_id_not_before',
  'commands_device_id_provisional',
  'items_task_id',
  'customers_deleted_at',
  'kill_switches_lifted_at',
  'items_command_id_task_id',
  'tasks_look',
] as const

/** Of the tables that have grown. */
async function columns({ sequelize }: OpenDatabase): Promise<Record<string, string[]>> {
  const tables = [...new Set(LATER_COLUMNS.map(([table]) => table))]
  const schema = sequelize.getQueryInterface()
  const names = await Promise.all(
    tables.map(async (table) => Object.keys(await schema.describeTable(table)).toSorted()),
  )
  return Object.fromEntries(tables.map((table, at) => [table, names[at] ?? []]))
}

async function indexes({ sequelize }: OpenDatabase): Promise<unknown[]> {
  return await sequelize.query("SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY name", {
    type: QueryTypes.SELECT,
  })
}

test('a database of the first release gets what came later, and keeps its rows', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const file = join(dir, 'muster.sqlite')
  const first = await openDatabase(file)
  const fresh = { columns: await columns(first), indexes: await indexes(first) }
  await first.sequelize.query("INSERT INTO tags (name) VALUES ('kept')")
  for (const index of LATER_INDEXES) await first.sequelize.query(`DROP INDEX ${index}`)
  await first.sequelize.query('CREATE INDEX commands_device_id_status ON commands (device_id, status)')
  await first.sequelize.query('CREATE INDEX items_command_id ON items (command_id)')
  for (const [table, column] of LATER_COLUMNS) await first.sequelize.query(`ALTER TABLE ${table} DROP COLUMN ${column}`)
  await first.sequelize
    .query(`INSERT INTO idempotency_keys (user_id, method, path, key, body_hash, response, created_at)
    VALUES (1, 'POST', '/devices/enrolment-codes', 'k', 'h', '{"code":"in clear"}', 1)`)
  await first.sequelize.query("DELETE FROM SequelizeMeta WHERE name <> '0001-initial'")
  await first.close()

  const second = await openDatabase(file)
  t.teardown(async () => await second.close())
  t.deepEqual({ columns: await columns(second), indexes: await indexes(second) }, fresh)
  t.is(await second.models.tags.count({ where: { name: 'kept' } }), 1)
  t.is(await second.models.idempotencyKeys.count(), 0, 'answers that were kept in clear are gone')
})
