import type { Migration } from './schema.ts'

/** Drops the table of session leases, which was never read: the epoch in a device's row says which session owns it. */
export const hotPaths: Migration = {
  name: '0003-hot-paths',
  up: async ({ context }) => {
    await context.dropTable('device_sessions')
  },
}
