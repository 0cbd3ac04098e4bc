import type { QueryInterface, Sequelize } from 'sequelize'
import { SequelizeStorage, Umzug } from 'umzug'
import { itemCancels } from './migration-0004.ts'

/** Brings the schema up to date; each migration runs once. */
export async function migrate(sequelize: Sequelize): Promise<void> {
  const umzug = new Umzug<QueryInterface>({
    migrations: [
      { name: '0001-initial', up: initial },
      { name: '0004-item-cancels', up: itemCancels },
    ],
    context: sequelize.getQueryInterface(),
    storage: new SequelizeStorage({ sequelize }),
    logger: undefined,
  })
  await umzug.up()
}

/**
 * The first schema is the models of the first release: no older database exists. A later change states its own columns
 * here and never touches this one again.
 */
async function initial({ context }: { context: QueryInterface }): Promise<void> {
  for (const model of Object.values(context.sequelize.models)) {
    if (model.name === 'SequelizeMeta') continue
    const table = model.getTableName()
    await context.createTable(table, model.getAttributes())
    for (const index of model.options.indexes ?? []) {
      const fields = (index.fields ?? []).map((field) => columnOf(model.getAttributes(), nameOf(field)))
      await context.addIndex(table, fields, {
        unique: index.unique ?? false,
        name: `${nameOf(table)}_${fields.join('_')}`,
      })
    }
  }
}

/** Sequelize also knows names with a schema or a sort order, which no model here uses. */
function nameOf(name: unknown): string {
  if (typeof name === 'string') return name
  throw new TypeError(`not a plain name: ${JSON.stringify(name)}`)
}

const columnOf = (attributes: Record<string, { field?: string }>, name: string): string =>
  attributes[name]?.field ?? name
