import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { openDatabase } from '../../control-plane/src/database/database.ts'

test('a database of the first release gets what came later, and keeps its rows', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const file = join(dir, 'muster.sqlite')
  const first = await openDatabase(file)
  const fresh = await first.sequelize.getQueryInterface().describeTable('commands')
  await first.sequelize.query("INSERT INTO tags (name) VALUES ('kept')")
  await first.sequelize.query('ALTER TABLE commands DROP COLUMN hold_reason')
  for (const index of ['commands_account_id_finished_at', 'items_account_id_status', 'customers_wechat_id'])
    await first.sequelize.query(`DROP INDEX ${index}`)
  await first.sequelize.query("DELETE FROM SequelizeMeta WHERE name <> '0001-initial'")
  await first.close()

  const second = await openDatabase(file)
  t.teardown(async () => await second.close())
  const schema = second.sequelize.getQueryInterface()
  t.deepEqual(Object.keys(await schema.describeTable('commands')).toSorted(), Object.keys(fresh).toSorted())
  const indexes = (await schema.showIndex('items')) as { name: string }[]
  t.true(indexes.some(({ name }) => name === 'items_account_id_status'))
  t.is(await second.models.tags.count({ where: { name: 'kept' } }), 1)
})
