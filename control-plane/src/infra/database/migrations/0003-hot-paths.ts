import type { QueryInterface } from 'sequelize'

/**
 * Who owns a session is told by its device's row: the epoch, which every write of a session is checked against. The
 * table of leases was written and never read; a new database never had it.
 */
export async function hotPaths({ context }: { context: QueryInterface }): Promise<void> {
  await context.dropTable('device_sessions')
}
