import { DataTypes } from 'sequelize'
import { addMissingColumn, addMissingIndex, type Migration } from './schema.ts'

/** A digest by which Moments that nobody can tell apart are found. */
export const identicalMoments: Migration = {
  name: '0010-look-alikes',
  up: async ({ context }) => {
    await addMissingColumn(context, 'tasks', 'look', DataTypes.STRING(43))
    await addMissingIndex(context, 'tasks', ['look'])
  },
}
