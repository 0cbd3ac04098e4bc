import { DataTypes } from 'sequelize'
import { addMissingColumn, type Migration } from './schema.ts'

/** When a task was deleted. */
export const deletedTasks: Migration = {
  name: '0007-deleted-tasks',
  up: async ({ context }) => {
    await addMissingColumn(context, 'tasks', 'deleted_at', DataTypes.BIGINT)
  },
}
