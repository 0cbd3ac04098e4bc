import { addMissingIndex, removeIndexIfThere, type Migration } from './schema.ts'

/** Indexes for what a phone's connection, a page of items and every send look for among many thousands of rows. */
export const quickWays: Migration = {
  name: '0006-quick-ways',
  up: async ({ context }) => {
    await addMissingIndex(context, 'commands', ['device_id', 'status', 'after_command_id', 'not_before'])
    await addMissingIndex(context, 'commands', ['device_id', 'provisional'])
    await addMissingIndex(context, 'items', ['task_id'])
    await addMissingIndex(context, 'customers', ['deleted_at'])
    await addMissingIndex(context, 'kill_switches', ['lifted_at'])
    // The first index above begins with the same columns.
    await removeIndexIfThere(context, 'commands', 'commands_device_id_status')
  },
}
