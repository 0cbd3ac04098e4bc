import { DataTypes } from 'sequelize'
import { addMissingColumn, createTables, key, required, type Migration } from './schema.ts'

/** What agents have registered, and what their handlers answered. */
export const customCommands: Migration = {
  name: '0011-custom-commands',
  up: async ({ context }) => {
    await createTables(context, {
      device_commands: {
        columns: {
          device_id: key(DataTypes.INTEGER),
          name: key(DataTypes.STRING(100)),
          version: key(DataTypes.BIGINT),
          effect_class: required(DataTypes.STRING(16)),
          description: required(DataTypes.STRING(500)),
          schema: required(DataTypes.TEXT),
        },
      },
    })
    await addMissingColumn(context, 'devices', 'commands_digest', DataTypes.STRING(43))
    await addMissingColumn(context, 'items', 'result', DataTypes.TEXT)
  },
}
