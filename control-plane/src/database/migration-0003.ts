import { DataTypes, type QueryInterface } from 'sequelize'

/** A new database has the column from its models, and never had the table. */
export async function hotPaths({ context }: { context: QueryInterface }): Promise<void> {
  const commands = await context.describeTable('commands')
  if (!('hold_reason' in commands)) await context.addColumn('commands', 'hold_reason', DataTypes.STRING(500))
  // Who owns a session is told by its device's row: the epoch, which every write of a session is checked against. The
  // table of leases was written and never read.
  await context.dropTable('device_sessions')
}
