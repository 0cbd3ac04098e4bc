import type { QueryInterface, Sequelize } from 'sequelize'
import { SequelizeStorage, Umzug } from 'umzug'
import { initial } from './0001-initial.ts'
import { policyHolds } from './0002-policy-holds.ts'
import { hotPaths } from './0003-hot-paths.ts'
import { recordsOfCalls } from './0004-records-of-calls.ts'
import { itemCancels } from './0005-item-cancels.ts'
import { quickWays } from './0006-quick-ways.ts'
import { deletedTasks } from './0007-deleted-tasks.ts'
import { changedTasks } from './0008-changed-tasks.ts'
import { itemsWithoutCommand } from './0009-items-without-command.ts'
import { identicalMoments } from './0010-identical-moments.ts'
import { customCommands } from './0011-custom-commands.ts'
import type { Migration } from './schema.ts'

/** In the order they run; a new one goes to the end. */
const MIGRATIONS: readonly Migration[] = [
  initial,
  policyHolds,
  hotPaths,
  recordsOfCalls,
  itemCancels,
  quickWays,
  deletedTasks,
  changedTasks,
  itemsWithoutCommand,
  identicalMoments,
  customCommands,
]

/** Brings the schema up to date; each migration runs once in a database. */
export async function migrate(sequelize: Sequelize): Promise<void> {
  const umzug = new Umzug<QueryInterface>({
    migrations: [...MIGRATIONS],
    context: sequelize.getQueryInterface(),
    storage: new SequelizeStorage({ sequelize }),
    logger: undefined,
  })
  await umzug.up()
}
