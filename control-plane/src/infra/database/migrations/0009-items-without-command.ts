import { addMissingIndex, removeIndexIfThere, type Migration } from './schema.ts'

/** An index for the items without a command, which every write of a task looks for among all the task's items. */
export const itemsWithoutCommand: Migration = {
  name: '0009-items-without-command',
  up: async ({ context }) => {
    await addMissingIndex(context, 'items', ['command_id', 'task_id'])
    await removeIndexIfThere(context, 'items', 'items_command_id')
  },
}
