import { DataTypes, type ModelAttributeColumnOptions, type QueryInterface, type Sequelize } from 'sequelize'
import { SequelizeStorage, Umzug } from 'umzug'
import { hotPaths } from './0003-hot-paths.ts'
import { itemCancels } from './0005-item-cancels.ts'

/** Brings the schema up to date; each migration runs once. */
export async function migrate(sequelize: Sequelize): Promise<void> {
  const umzug = new Umzug<QueryInterface>({
    migrations: [
      { name: '0001-initial', up: initial },
      { name: '0002-policy-holds', up: policyHolds },
      { name: '0003-hot-paths', up: hotPaths },
      { name: '0004-records-of-calls', up: recordsOfCalls },
      { name: '0005-item-cancels', up: itemCancels },
      { name: '0006-quick-ways', up: quickWays },
      { name: '0007-deleted-tasks', up: deletedTasks },
      { name: '0008-changed-tasks', up: changedTasks },
      { name: '0009-items-without-command', up: itemsWithoutCommand },
      { name: '0010-look-alikes', up: lookAlikes },
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

/** An audit row for the intent and one for the outcome, keys that know whether their call took effect, deleted users. */
async function recordsOfCalls({ context }: { context: QueryInterface }): Promise<void> {
  const kind = { type: DataTypes.STRING(8), allowNull: false, defaultValue: 'OUTCOME' }
  await addMissingColumn(context, 'audit_log', 'kind', kind)
  await addMissingColumn(context, 'audit_log', 'intent_id', DataTypes.INTEGER)
  await addMissingColumn(context, 'audit_log', 'request', DataTypes.JSON)
  await addMissingIndex(context, 'audit_log', ['intent_id'])
  await addMissingColumn(context, 'idempotency_keys', 'effect_at', DataTypes.BIGINT)
  await addMissingIndex(context, 'idempotency_keys', ['created_at'])
  await addMissingColumn(context, 'users', 'deleted_at', DataTypes.BIGINT)
  // Answers of earlier versions lie there in clear.
  await context.bulkDelete('idempotency_keys', {})
}

/** What a phone's connection, a page of items and every send look for among many thousands. */
async function quickWays({ context }: { context: QueryInterface }): Promise<void> {
  await addMissingIndex(context, 'commands', ['device_id', 'status', 'after_command_id', 'not_before'])
  await addMissingIndex(context, 'commands', ['device_id', 'provisional'])
  await addMissingIndex(context, 'items', ['task_id'])
  await addMissingIndex(context, 'customers', ['deleted_at'])
  await addMissingIndex(context, 'kill_switches', ['lifted_at'])
  // The first of them begins like it.
  await removeIndexIfThere(context, 'commands', 'commands_device_id_status')
}

/** Tasks that are out of sight. */
async function deletedTasks({ context }: { context: QueryInterface }): Promise<void> {
  await addMissingColumn(context, 'tasks', 'deleted_at', DataTypes.BIGINT)
}

/** Who has changed a task, and so may not approve it. */
async function changedTasks({ context }: { context: QueryInterface }): Promise<void> {
  await addMissingColumn(context, 'tasks', 'changed_by', DataTypes.JSON)
}

/** What each write of a task looks for among all its items. */
async function itemsWithoutCommand({ context }: { context: QueryInterface }): Promise<void> {
  await addMissingIndex(context, 'items', ['command_id', 'task_id'])
  await removeIndexIfThere(context, 'items', 'items_command_id')
}

/** Moments that nobody can tell apart. */
async function lookAlikes({ context }: { context: QueryInterface }): Promise<void> {
  await addMissingColumn(context, 'tasks', 'look', DataTypes.STRING(43))
  await addMissingIndex(context, 'tasks', ['look'])
}

async function addMissingColumn(
  context: QueryInterface,
  table: string,
  column: string,
  attribute: DataTypes.DataType | ModelAttributeColumnOptions,
): Promise<void> {
  if (!(column in (await context.describeTable(table)))) await context.addColumn(table, column, attribute)
}

async function addMissingIndex(context: QueryInterface, table: string, columns: string[]): Promise<void> {
  const name = `${table}_${columns.join('_')}`
  if (!(await hasIndex(context, table, name))) await context.addIndex(table, columns, { name })
}

async function removeIndexIfThere(context: QueryInterface, table: string, name: string): Promise<void> {
  if (await hasIndex(context, table, name)) await context.removeIndex(table, name)
}

async function hasIndex(context: QueryInterface, table: string, name: string): Promise<boolean> {
  const known = (await context.showIndex(table)) as readonly { readonly name: string }[]
  return known.some((index) => index.name === name)
}

/** Sequelize also knows names with a schema or a sort order, which no model here uses. */
function nameOf(name: unknown): string {
  if (typeof name === 'string') return name
  throw new TypeError(`not a plain name: ${JSON.stringify(name)}`)
}

const columnOf = (attributes: Record<string, { field?: string }>, name: string): string =>
  attributes[name]?.field ?? name
