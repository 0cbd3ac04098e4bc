import { DataTypes, type QueryInterface } from 'sequelize'

/** A new database has the columns from its models. */
export async function itemCancels({ context }: { context: QueryInterface }): Promise<void> {
  const items = await context.describeTable('items')
  if (!('cancel_code' in items)) await context.addColumn('items', 'cancel_code', DataTypes.STRING(32))
  if (!('cancel_reason' in items)) await context.addColumn('items', 'cancel_reason', DataTypes.STRING(500))
}
