import { DataTypes, type QueryInterface } from 'sequelize'

/** What has to be found quickly among many thousands, by table. */
const INDEXES: readonly (readonly [string, readonly string[]])[] = [
  // What is due for a device, without what waits behind another command or for its time.
  ['commands', ['device_id', 'status', 'after_command_id', 'not_before']],
  // What a Hello may confirm or open again.
  ['commands', ['device_id', 'provisional']],
  // What is on its way for an account.
  ['items', ['account_id', 'status']],
  // A task's items in their order.
  ['items', ['task_id']],
  ['customers', ['deleted_at']],
  ['kill_switches', ['lifted_at']],
]

/** A new database has the column and some of the indexes from its models, and never had the table. */
export async function hotPaths({ context }: { context: QueryInterface }): Promise<void> {
  const columns = await context.describeTable('commands')
  if (!('hold_reason' in columns)) await context.addColumn('commands', 'hold_reason', DataTypes.STRING(500))
  for (const [table, fields] of INDEXES) {
    const name = `${table}_${fields.join('_')}`
    if (!(await hasIndex(context, table, name))) await context.addIndex(table, [...fields], { name })
  }
  // The first of them begins like it.
  if (await hasIndex(context, 'commands', 'commands_device_id_status'))
    await context.removeIndex('commands', 'commands_device_id_status')
  // Who owns a session is told by its device's row: the epoch, which every write of a session is checked against. The
  // table of leases was written and never read.
  await context.dropTable('device_sessions')
}

async function hasIndex(context: QueryInterface, table: string, name: string): Promise<boolean> {
  const known = (await context.showIndex(table)) as readonly { readonly name: string }[]
  return known.some((index) => index.name === name)
}
