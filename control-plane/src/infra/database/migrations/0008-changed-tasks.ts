import { DataTypes } from 'sequelize'
import { addMissingColumn, type Migration } from './schema.ts'

/** Which users have changed a task, and so may not approve it. */
export const changedTasks: Migration = {
  name: '0008-changed-tasks',
  up: async ({ context }) => {
    await addMissingColumn(context, 'tasks', 'changed_by', DataTypes.JSON)
  },
}
