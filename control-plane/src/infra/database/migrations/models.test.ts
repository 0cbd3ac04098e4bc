import test from 'ava'
import { QueryTypes, Sequelize, type ModelAttributes } from 'sequelize'
import { defineModels } from '../tables/index.ts'
import { sqliteDialectModule } from '../sqlite/dialect-module.ts'
import { migrate } from './index.ts'

const inMemory = () =>
  new Sequelize({
    dialect: 'sqlite',
    dialectModule: sqliteDialectModule().module,
    storage: ':memory:',
    logging: false,
  })

/** Creates the tables and indexes that the models declare. */
async function createFromModels(sequelize: Sequelize): Promise<void> {
  defineModels(sequelize)
  const schema = sequelize.getQueryInterface()
  for (const model of Object.values(sequelize.models)) {
    const attributes = model.getAttributes()
    await schema.createTable(model.tableName, attributes as ModelAttributes)
    for (const { fields = [], unique = false } of model.options.indexes ?? []) {
      const names = fields.filter((field) => typeof field === 'string')
      const columns = names.map((name) => attributes[name]?.field ?? name)
      await schema.addIndex(model.tableName, columns, { unique, name: `${model.tableName}_${columns.join('_')}` })
    }
  }
}

type Row = Readonly<Record<string, unknown>>

/** Columns and indexes of each table, whatever their order: a column that came later stands at a table's end. */
async function schemaOf(sequelize: Sequelize): Promise<ReadonlyMap<string, unknown>> {
  const read = (sql: string): Promise<Row[]> => sequelize.query<Row>(sql, { type: QueryTypes.SELECT })
  const byName = (rows: readonly Row[]) => rows.toSorted((a, b) => (String(a['name']) < String(b['name']) ? -1 : 1))
  const schema = new Map<string, unknown>()
  for (const { name } of byName(await read("SELECT name FROM sqlite_master WHERE type = 'table'"))) {
    if (name === 'SequelizeMeta' || name === 'sqlite_sequence') continue
    const columns = (await read(`PRAGMA table_info(${String(name)})`)).map((column) => ({ ...column, cid: 'any' }))
    const indexes: Row[] = []
    for (const index of await read(`PRAGMA index_list(${String(name)})`)) {
      const fields = await read(`PRAGMA index_info(${String(index['name'])})`)
      indexes.push({ ...index, seq: 'any', fields: fields.map((field) => field['name']) })
    }
    schema.set(String(name), { columns: byName(columns), indexes: byName(indexes) })
  }
  return schema
}

test('the migrations make the tables that the models declare', async (t) => {
  const [migrated, declared] = [inMemory(), inMemory()]
  t.teardown(() => Promise.all([migrated.close(), declared.close()]))
  await migrate(migrated)
  await createFromModels(declared)
  const [made, wanted] = [await schemaOf(migrated), await schemaOf(declared)]
  t.true(wanted.size > 20)
  t.deepEqual([...made.keys()], [...wanted.keys()])
  for (const [table, schema] of wanted) t.deepEqual(made.get(table), schema, table)
})
