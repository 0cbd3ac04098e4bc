import { DataTypes, type QueryInterface, type Sequelize } from 'sequelize'
import { SequelizeStorage, Umzug } from 'umzug'
import { itemCancels } from './migration-0004.ts'

/** Brings the schema up to date; each migration runs once. */
export async function migrate(sequelize: Sequelize): Promise<void> {
  const umzug = new Umzug<QueryInterface>({
    migrations: [
      { name: '0001-initial', up: initial },
      { name: '0002-policy-holds', up: policyHolds },
      { name: '0004-item-cancels', up: itemCancels },
    ],
    context: sequelize.getQueryInterface(),
    storage: new SequelizeStorage({ sequelize }),
    logger: undefined,
  })
  await umzug.up()
}

/**
 * Makes a new database as the models are now. A database that is older comes here through the later migrations, each of
 * which states its own columns and finds them there already in a new one.
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

/** Why a rule holds a command, and quick ways to what an account and a person have got lately. */
async function policyHolds({ context }: { context: QueryInterface }): Promise<void> {
  await addMissingColumn(context, 'commands', 'hold_reason', DataTypes.STRING(500))
  await addMissingIndex(context, 'commands', ['account_id', 'finished_at'])
  await addMissingIndex(context, 'items', ['account_id', 'status'])
  await addMissingIndex(context, 'customers', ['wechat_id'])
}

async function addMissingColumn(
  context: QueryInterface,
  table: string,
  column: string,
  type: DataTypes.DataType,
): Promise<void> {
  if (!(column in (await context.describeTable(table)))) await context.addColumn(table, column, { type })
}

async function addMissingIndex(context: QueryInterface, table: string, columns: string[]): Promise<void> {
  const name = `${table}_${columns.join('_')}`
  const known = (await context.showIndex(table)) as readonly { name: string }[]
  if (!known.some((index) => index.name === name)) await context.addIndex(table, columns, { name })
}

/** Sequelize also knows names with a schema or a sort order, which no model here uses. */
function nameOf(name: unknown): string {
  if (typeof name === 'string') return name
  throw new TypeError(`not a plain name: ${JSON.stringify(name)}`)
}

const columnOf = (attributes: Record<string, { field?: string }>, name: string): string =>
  attributes[name]?.field ?? name
