import { DataTypes } from 'sequelize'
import { addMissingColumn, type Migration } from './schema.ts'

/** Why one item of a command must not be done any more. */
export const itemCancels: Migration = {
  name: '0005-item-cancels',
  up: async ({ context }) => {
    await addMissingColumn(context, 'items', 'cancel_code', DataTypes.STRING(32))
    await addMissingColumn(context, 'items', 'cancel_reason', DataTypes.STRING(500))
  },
}
